from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trending.llm.pieces import TextPieces

BYTES = st.text().map(lambda text: (text, list(text.encode())))


def decode(ids: list[int]) -> str:
    """A tokenizer whose tokens are bytes."""
    return bytes(ids).decode("utf-8", errors="replace")


@given(st.text(alphabet=st.characters(exclude_characters="�", exclude_categories=["Cs"])))
def test_pieces_make_the_text_and_no_piece_breaks_a_character(text: str) -> None:
    pieces = TextPieces(decode)
    parts = [pieces.push([token]) for token in text.encode()]
    assert all("�" not in part for part in parts)
    assert "".join(parts) + pieces.finish() == text


@given(
    st.text(alphabet="abc", max_size=30),
    st.lists(st.text(alphabet="abc", min_size=1, max_size=4), max_size=3),
)
def test_nothing_from_a_stop_string_on_is_ever_given(text: str, stop: list[str]) -> None:
    pieces = TextPieces(decode, stop)
    got = "".join(pieces.push([token]) for token in text.encode()) + pieces.finish()
    # The first stop string to be complete ends the text.
    ends = [end for end in range(len(text) + 1) if any(text[:end].endswith(s) for s in stop)]
    if not ends:
        assert got == text
        assert not pieces.stopped
    else:
        first = text[: ends[0]]
        assert got == first[: min(first.find(s) for s in stop if s in first)]
        assert pieces.stopped


def test_a_half_character_at_the_end_is_not_lost() -> None:
    pieces = TextPieces(decode)
    assert pieces.push(list("é".encode())[:1]) == ""
    assert pieces.finish() == "�"


def test_a_tokenizer_that_drops_the_first_space_keeps_the_others() -> None:
    words = ["▁Hello", "▁big", "▁world"]

    def sentencepiece(ids: list[int]) -> str:
        return "".join(words[i] for i in ids).replace("▁", " ").removeprefix(" ")

    pieces = TextPieces(sentencepiece)
    assert [pieces.push([i]) for i in range(3)] == ["Hello", " big", " world"]
