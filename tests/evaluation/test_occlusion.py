"""The words that decided, by leaving each out."""

from __future__ import annotations

import numpy as np

from trending.evaluation.occlusion import deciding_words, variants


def test_each_content_word_is_left_out_once_in_all_of_its_places() -> None:
    tried = variants("The sheriff and the bank.\nA Sheriff's horse; sheriff of nowhere")
    assert tried.words == ("sheriff", "bank", "horse")
    assert tried.texts[0] == "The sheriff and the bank.\nA Sheriff's horse; sheriff of nowhere"
    assert tried.texts[1] == "The  and the bank.\nA  horse;  of nowhere"
    assert "bank" not in tried.texts[2]
    assert len(tried.texts) == 1 + len(tried.words)


def test_long_documents_cost_no_more_than_so_many_words() -> None:
    text = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(300))
    assert len(variants(text, max_words=60).words) == 60


def test_a_genre_is_explained_by_the_words_without_which_it_is_less_probable() -> None:
    tried = variants("ghost haunts house")
    probabilities = np.array(
        [[0.9, 0.6, 0.1], [0.2, 0.6, 0.1], [0.7, 0.9, 0.0], [0.8999, 0.1, 0.9]], np.float32
    )
    found = deciding_words(tried, probabilities, ("Horror", "Drama", "Comedy"), (0.5, 0.5, 0.5))
    assert found == {"Horror": [("ghost", 0.7), ("haunts", 0.2)], "Drama": [("house", 0.5)]}


def test_a_text_without_words_has_nothing_to_say() -> None:
    tried = variants("1984 ...")
    assert tried.words == ()
    assert deciding_words(tried, np.array([[0.9]], np.float32), ("Drama",), (0.5,)) == {"Drama": []}
