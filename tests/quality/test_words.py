from __future__ import annotations

from trending.quality.words import distinctive_words

TEXTS = [
    "The sheriff's horse",
    "A sheriff and a deputy",
    "sheriff, sheriff!",
    "a cake in the oven",
    "the cake",
    "Cake again",
]
GROUPS = [["Western"]] * 3 + [["Cookery"]] * 3


def words(**more: int) -> dict[str, list[str]]:
    found = distinctive_words(TEXTS, GROUPS, **more)
    return {name: [word.text for word in row] for name, row in found.items()}


def test_each_group_gets_the_words_that_the_others_lack() -> None:
    assert words(min_texts=2) == {"Western": ["sheriff"], "Cookery": ["cake"]}


def test_a_word_counts_once_a_text_in_any_case_and_without_its_possessive() -> None:
    assert distinctive_words(TEXTS, GROUPS)["Western"][0].texts == 3


def test_function_words_and_masks_tell_nothing() -> None:
    found = words(min_texts=1)
    assert not {"the", "and", "again"} & {word for row in found.values() for word in row}
    assert distinctive_words(["[genre] moon", "sun"], [["a"], ["b"]], min_texts=1)["a"][0].text == "moon"


def test_at_most_so_many_words_strongest_first() -> None:
    found = distinctive_words(TEXTS, GROUPS, top=2, min_texts=1)["Western"]
    assert len(found) == 2
    assert found[0].text == "sheriff"
    assert found[0].score > found[1].score


def test_where_all_texts_are_of_one_group_nothing_sets_it_apart() -> None:
    assert distinctive_words(TEXTS, [["all"]] * 6) == {"all": []}


def test_a_text_of_two_groups_counts_in_both() -> None:
    found = distinctive_words(["moon", "sun"], [["a", "b"], []], min_texts=1)
    assert found["a"] == found["b"]
