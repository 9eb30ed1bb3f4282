"""Chats to tokens, and tokens to text, with a model's own tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trending.errors import PromptError
from trending.llm.openvino_model import last_line
from trending.llm.protocol import Message

PROBE = "Hello, it's  a\n\ttest: Zoë 日本 🎬 <b>[1]</b> 42 don't"
"""A text whose tokens must give the same by both ways of decoding."""
MARKS = (b"<", b"[")
"""What special tokens begin with."""
MAX_CLEANINGS = 8


class ModelText:
    """The tokenizer of one model. Safe to use from several threads."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        by_id = {number: token for token, number in tokenizer.get_vocab().items()}
        self._special = self._find_special(by_id)
        self._bytes = [b"" if i in self._special else by_id.get(i, b"") for i in range(max(by_id) + 1)]
        ids = self._ids(PROBE)
        # Joining bytes costs a hundredth of a call to the tokenizer, but not every tokenizer is that simple.
        self._plain = self._join(ids) == tokenizer.decode(ids)

    @property
    def eos(self) -> int:
        """The token that ends an answer."""
        return self._tokenizer.get_eos_token_id()

    def chat(self, messages: Sequence[Message]) -> list[int]:
        """Tokens of a chat up to where the answer begins."""
        turns = [{"role": m.role, "content": self.without_special(m.content)} for m in messages]
        try:
            return self._ids(self._tokenizer.apply_chat_template(turns, True))
        except RuntimeError as error:
            raise PromptError(
                f"The model's chat template cannot take these messages: {last_line(error)}"
            ) from error

    def tokens(self, text: str) -> list[int]:
        """Tokens of a plain text."""
        return self._ids(self.without_special(text))

    def continuation(self, prompt: str, ids: list[int], text: str) -> list[int]:
        """Tokens of a text that goes on from a prompt whose tokens are `ids`."""
        whole = self._ids(self.without_special(prompt) + self.without_special(text))
        if whole[: len(ids)] == ids and len(whole) > len(ids):
            return whole[len(ids) :]
        # The end of the prompt and the begin of the text would be one token: they are kept apart.
        return self.tokens(text)

    def decode(self, ids: list[int]) -> str:
        """The text of tokens, special ones left out; a part of a character is the replacement character."""
        return self._join(ids) if self._plain else self._tokenizer.decode(ids)

    def without_special(self, text: str) -> str:
        """The text without what the tokenizer would read as the end of a turn or the begin of another."""
        for _ in range(MAX_CLEANINGS):
            ids = self._ids(text)
            if not self._special.intersection(ids):
                return text
            # What is left may form a special token again: once more.
            text = self.decode(ids)
        raise PromptError("The text is made of special tokens of the model, nested in each other.")

    def _ids(self, text: str) -> list[int]:
        # A model that wants a first token of its own has it in its chat template.
        encoded = self._tokenizer.encode(text, add_special_tokens=False).input_ids.data
        return np.asarray(encoded).ravel().tolist()

    def _join(self, ids: list[int]) -> str:
        return b"".join([self._bytes[i] for i in ids]).decode("utf-8", errors="replace")

    def _find_special(self, by_id: dict[int, bytes]) -> frozenset[int]:
        candidates = [i for i, token in by_id.items() if token.startswith(MARKS)]
        if not candidates:
            return frozenset()
        texts = self._tokenizer.decode([[i] for i in candidates])
        return frozenset(i for i, text in zip(candidates, texts, strict=True) if not text)
