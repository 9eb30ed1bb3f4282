from __future__ import annotations

import pytest

from trending.catalog.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("A retired teacher crosses the mountains with her son to find the village that she left.", "en"),
        ("Un investigador vuelve a su pueblo desde Francia para enfrentarse a un terrible suceso.", "es"),
        ("Der junge Mann kehrt in seine Heimat zurück und findet dort endlich die Liebe.", "de"),
        ("Un jeune homme rentre chez lui et tombe amoureux de la fille du boulanger.", "fr"),
        ("Een man en zijn vrouw moeten, of ze willen of niet, naar de stad waar het huis staat.", "nl"),
        ("En ung mand vender hjem til sin by for at finde sin forsvundne bror.", "da"),
        ("東京で暮らす若い女性が、ある日突然不思議な能力に目覚める。", "ja"),
        ("एक युवक अपने गांव लौटता है और प्यार पाता है।", "hi"),
    ],
)
def test_the_language_of_a_plot_is_recognised(text: str, language: str) -> None:
    assert detect_language([text]) == [language]


@pytest.mark.parametrize(
    "text",
    [
        "Young Polish comedians Rafał Banaś and Michał Leja present a show at Warsaw's Klub Hybrydy.",
        "Guillermo del Toro and Alfonso Cuarón discuss Fernando Frías de la Parra's film.",
        "Raja Rani Kumar Bollywood dhamaka",
        "As vulgar as it is banal.",
        "Pianissimo",
        "",
        "12345 !!!",
    ],
)
def test_names_and_scraps_are_not_taken_for_another_language(text: str) -> None:
    assert detect_language([text]) == ["en"]


def test_answers_come_in_the_order_of_the_texts() -> None:
    spanish = "Dos hermanos descubren y liberan tres criaturas hechas a mano por el famoso naturalista."
    assert detect_language([spanish, "The end of the road.", spanish]) == ["es", "en", "es"]
    assert detect_language([]) == []
