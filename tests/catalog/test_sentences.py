from __future__ import annotations

import pytest

from trending.catalog.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. No met Mrs. Peel. They left.", ["Dr. No met Mrs. Peel.", "They left."]),
        ("J. R. Ewing is back. Good.", ["J. R. Ewing is back.", "Good."]),
        ("It got 7.5 of 10. Fair.", ["It got 7.5 of 10.", "Fair."]),
        ('"Great!" he said. So it is.', ['"Great!', "he said.", "So it is."]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    found = split_sentences(text)
    assert [s.replace('"', "") for s in found] == [s.replace('"', "") for s in expected]
