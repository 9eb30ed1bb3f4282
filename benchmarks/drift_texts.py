"""Changes to texts, as they come when a source changes or breaks."""

from __future__ import annotations

import html
from collections.abc import Callable

PAIRS = """
the=el a=un an=un and=y of=de to=a in=en is=es his=su her=su their=sus with=con for=para on=sobre as=como
by=por from=desde when=cuando who=quien that=que at=en he=él she=ella they=ellos but=pero after=después
into=hacia life=vida young=joven man=hombre woman=mujer love=amor family=familia world=mundo new=nuevo two=dos
one=uno friends=amigos school=escuela father=padre mother=madre daughter=hija son=hijo police=policía
death=muerte war=guerra girl=chica boy=chico home=casa town=pueblo city=ciudad years=años story=historia
must=debe find=encontrar finds=encuentra takes=toma while=mientras has=tiene have=tienen are=son be=ser
out=fuera up=arriba down=abajo not=no it=lo its=su this=este friend=amigo night=noche time=tiempo
"""
SPANISH = {word: other for word, _, other in (pair.partition("=") for pair in PAIRS.split())}
"""Enough words to make an English plot one that is half Spanish."""


def translated(document: str) -> str:
    """Word for word, as far as the words are known."""
    return " ".join(SPANISH.get(word.lower(), word) for word in document.split())


def shorter(document: str) -> str:
    """The first three fifths of its words."""
    words = document.split()
    return " ".join(words[: max(1, 3 * len(words) // 5)])


def broken(document: str) -> str:
    """The title without its plot: the field was not there."""
    return " ".join(document.split()[:2])


def marked_up(document: str) -> str:
    """As a page has it, escaped twice, every word in a mark of its own."""
    words = document.split()
    text = " ".join(f'<span class="w">{word}</span>' if n % 3 == 0 else word for n, word in enumerate(words))
    return html.escape(html.escape(text))


CHANGES: dict[str, Callable[[str], str]] = {
    "language": translated,
    "shorter": shorter,
    "broken": broken,
    "markup": marked_up,
}
