"""Offensive words: the list of the package better-profanity, less what films are about, and insults of persons."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import pairwise

# On the package's list, and the plain words for what is in a story or in a sober review of it.
_STORY_WORDS = """
    anal arian aryan bondage bong booty breasts cock cow cowgirl cowgirls cox crap damn dink dong dopey
    drunk dummy enlargement erect erection erotic erotism extacy facial fanny fat feck fisted fisty
    flange fondle gai ganja gay gays gey gigolo girl girls god goddamn gonad gonads gringo grope guido
    hebe hell hemp heroin herp hitler hiv homey hooch hooker hump humped hymen incest jap jerk jerked
    junkie junky kill kinky klan knob kraut len leper lesbians loin loins lube lust lusting lusty mams
    massa maxi menses menstruate menstruation meth molest muff murder naked napalm nappy nazi nazism
    nimrod nude nudes omg opiate opium oral orally organ ovary ovum ovums paddy panties panty pastie
    pasty pawn pee penetrate penetration perversion peyote pimp pinko playboy pms pollock porn porno
    pornography pot potty pricks prostitute prude punky queer queers racy rape raped raper raping rapist
    raunch rectum rectus reich revue rum rump sadism sadist sandbar scantily screw screwed seaman seamen
    seduce semen sex sexual slave sleaze sleazy slope snatch sniper snuff some souse soused steamy
    stoned strip stroke stupid suck sucked sucking tampon tawdry teste testes three threesome throating
    thrust thug tinkle toke toots tosser tramp transsexual trashy ugly undies unwed urinal urine uterus
    uzi vagina valium viagra virgin vixen vodka vomit voyeur vulgar wedgie weed weenie weiner weirdo
    wench whiz wigger willies willy womb woody xx
"""
# What tags must not call anybody.
_INSULTS = """
    airhead bonehead braindead clown cretin deadbeat degenerate dimwit dolt dullard dunce dumb fatso fool freak
    halfwit hag hack idiot idiotic idiots imbecile lardass loser losers lowlife lunatic moron morons nitwit numbskull
    pathetic pig pigs pervert psycho scum scumbag scumbags simpleton subhuman talentless trash twit vermin weirdo
    wimp worthless fat ugly stupid retard retarded sissy thug tramp
"""
# With a capital they are people and whales.
_NAMES = "Coon Dick Dyke Gaylord Hoare Wang"
_PLAIN_LETTERS = str.maketrans("@431!|0$57", "aaeiiiosst")
_WORD = re.compile(r"[\w@$!|*'-]+")
# Starred out; the film M*A*S*H is not.
_MASKED = re.compile(r"\b\w+[*#@$]{2,}\w*\b|\b[fsbc][*#@$]\w{2,}|\b(?:sh|fu|bi|cu)[*#@$]\w", re.IGNORECASE)


def is_offensive(text: str) -> bool:
    """The text holds an offensive word, plain, spelled with digits and signs, or starred out."""
    if _MASKED.search(text):
        return True
    found = [word.strip("'-!*|") for word in _WORD.findall(text)]
    words = [word.lower() for word in found if word not in _NAMES.split()]
    listed = _listed()
    pairs = (" ".join(pair) for pair in pairwise(words))
    return any(word in listed or word.translate(_PLAIN_LETTERS) in listed for word in words) or any(
        pair in listed for pair in pairs
    )


def is_insult(text: str) -> bool:
    """The text is offensive, or calls somebody names."""
    return is_offensive(text) or not _insults().isdisjoint(text.lower().split())


@cache
def _listed() -> frozenset[str]:
    # The package's own search takes most of a second for a summary: it compares every word with every entry.
    words = (
        (files("better_profanity") / "profanity_wordlist.txt").read_text(encoding="utf-8").lower().split("\n")
    )
    return frozenset(word.strip() for word in words if word.strip()) - frozenset(
        [*_STORY_WORDS.split(), "cow girl", "cow girls", "three some", "strip club", "stripclub"]
    )


@cache
def _insults() -> frozenset[str]:
    return frozenset(_INSULTS.split())
