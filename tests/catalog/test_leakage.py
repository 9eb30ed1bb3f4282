from __future__ import annotations

import pytest

from trending.catalog.leakage import keyword_f1, keyword_predictions, mask_genre_statements, micro_f1


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "Glass Harbour is a 2018 mystery thriller film set in Oslo.",
            "Glass Harbour is a 2018 [genre] set in Oslo.",
        ),
        (
            "This honest, uncompromising comedy chronicles a tour.",
            "This honest, uncompromising [genre] chronicles a tour.",
        ),
        ("A murder-mystery thriller. A cellist is found dead.", "A [genre]. A cellist is found dead."),
        ("In this animated series, a fox keeps bees.", "In this [genre], a fox keeps bees."),
        ("Two rivals meet in this gritty crime drama.", "Two rivals meet in this gritty [genre]."),
        ("A documentary about the last ferry.", "A [genre] about the last ferry."),
        ("Documentary following three welders.", "[genre] following three welders."),
        ("The docuseries follows three welders.", "The [genre] follows three welders."),
        (
            "In her second stand-up comedy special, she moves house.",
            "In her second [genre], she moves house.",
        ),
        ("A drama about two sisters.", "A [genre] about two sisters."),
        ("It's a romantic comedy.", "It's a [genre]."),
        ("Rain is an action/adventure series for all.", "Rain is an [genre] for all."),
        (
            "She comes home, a tense psychological thriller about debt.",
            "She comes home, a tense [genre] about debt.",
        ),
        ("This thriller stars nobody you know.", "This [genre] stars nobody you know."),
        ("THIS WESTERN has no horses.", "THIS [genre] has no horses."),
        ("İn İzmir, this sci-fi thriller begins.", "İn İzmir, this [genre] begins."),
    ],
)
def test_a_plot_that_states_its_own_genre_has_the_phrase_masked(text: str, masked: str) -> None:
    assert mask_genre_statements(text) == (masked, True)


@pytest.mark.parametrize(
    "text",
    [
        "Her quick action saved the village.",
        "The drama teacher loses her job.",
        "A family in Ohio takes in a stray.",
        "He recoils in horror at what he saw.",
        "The mystery of the missing boat deepens.",
        "A documentary crew follows a mayor into the marsh.",
        "A comedy writer moves back in with his mother.",
        "An ageing horror director is hired to film a wedding.",
        "Ten contestants on a reality show are stranded.",
        "She auditions for a role in a romantic comedy.",
        "He is making a documentary and runs out of money.",
        "Romance blossoms between rival bakers.",
        "Western medicine fails the doctor.",
        "The fantasy world that he invented falls apart.",
        "Career, romance and family pull her apart.",
        "Comedy Central roasted him twice.",
        "A jaded rom-com screenwriter mines her love life.",
        "Action-packed nights follow.",
        "A horror film set becomes a trap.",
        "The team behind the documentary goes to court.",
        "To solve this mystery, they return to the school.",
        "",
    ],
)
def test_genre_words_in_the_story_stay(text: str) -> None:
    assert mask_genre_statements(text) == (text, False)


def test_every_statement_of_a_plot_is_masked() -> None:
    text = "A sci-fi thriller about ice. This horror film was shot in a freezer."
    assert mask_genre_statements(text) == ("A [genre] about ice. This [genre] was shot in a freezer.", True)


def test_masking_twice_changes_nothing_more() -> None:
    once, _ = mask_genre_statements("A romantic comedy about bees, and a drama teacher.")
    assert mask_genre_statements(once) == (once, False)


def test_the_keyword_match_sees_words_and_not_meanings() -> None:
    assert keyword_predictions(
        ["The drama teacher's science-fiction club.", "Stand-up and sci-fi", "Nothing"]
    ) == [
        {"Drama", "Science Fiction & Fantasy"},
        {"Comedy", "Science Fiction & Fantasy"},
        set(),
    ]


def test_micro_f1_counts_pairs_of_title_and_genre() -> None:
    assert micro_f1([{"Drama"}, {"Comedy"}], [["Drama", "Comedy"], ["Drama"]]) == pytest.approx(2 * 1 / 5)
    assert micro_f1([set()], [[]]) == 0.0


def test_masking_takes_away_what_the_keyword_match_lives_on() -> None:
    texts, labels = (
        ["A romantic comedy about bees.", "This western has no horses."],
        [["Comedy", "Romance"], ["Western"]],
    )
    assert keyword_f1(texts, labels) == 1.0
    assert keyword_f1([mask_genre_statements(text)[0] for text in texts], labels) == 0.0
