"""Tokens to text as they come: whole characters only, and nothing of a stop string or of what may become one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Decode = Callable[[list[int]], str]
BROKEN = "�"
"""What a decoder gives for a part of a character."""


class TextPieces:
    """The text of a growing list of tokens, in pieces that are never taken back."""

    def __init__(self, decode: Decode, stop: Sequence[str] = ()) -> None:
        self._decode = decode
        self._stop = tuple(s for s in stop if s)
        self._tokens: list[int] = []
        self._context = self._read = 0
        self._held = ""
        self.stopped = False
        """A stop string has come: there is no more text."""

    def push(self, tokens: Sequence[int]) -> str:
        """The text that these tokens add, as far as it is final."""
        if self.stopped:
            return ""
        self._tokens += tokens
        # Decoded with the tokens before them: some tokenizers drop the space of what they take for a beginning.
        before = self._decode(self._tokens[self._context : self._read])
        now = self._decode(self._tokens[self._context :])
        if now.endswith(BROKEN) or len(now) <= len(before):
            return ""
        self._context, self._read = self._read, len(self._tokens)
        return self._release(self._held + now[len(before) :])

    def finish(self) -> str:
        """What was held back, now that no more tokens come."""
        if self.stopped:
            return ""
        before = self._decode(self._tokens[self._context : self._read])
        rest = self._decode(self._tokens[self._context :])[len(before) :]
        text = self._release(self._held + rest)
        last, self._held = self._held, ""
        return text if self.stopped else text + last

    def _release(self, text: str) -> str:
        found = [at for at in (text.find(s) for s in self._stop) if at >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((_overlap(text, s) for s in self._stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: str, stop: str) -> int:
    """Characters at the end of the text that are a beginning of the stop string."""
    most = min(len(text), len(stop) - 1)
    return next((n for n in range(most, 0, -1) if text.endswith(stop[:n])), 0)
