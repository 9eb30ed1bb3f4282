"""Plots that state their own genre, and how far a bare keyword match gets.

A plot leaks when it names the genre of the work ("is a 2018 mystery thriller film"), not when genre words
stand in its story ("the drama teacher", "a documentary crew"). Every phrase of genre words is a candidate;
what stands before and after it in its clause decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from trending.catalog.text import words_of

MASK = "[genre]"


def mask_genre_statements(text: str) -> tuple[str, bool]:
    """The text with every statement of its own genre replaced by `[genre]`, and whether there was one."""
    pieces, end = [], 0
    lowered = text.replace("İ", "I").lower()  # the only letter that is longer in lower case
    for phrase in _PHRASE.finditer(lowered):
        if _states_genre(phrase, lowered):
            pieces += [text[end : phrase.start()], MASK]
            end = phrase.end()
    return ("".join(pieces) + text[end:], True) if pieces else (text, False)


def keyword_predictions(texts: Sequence[str]) -> list[set[str]]:
    """The canonical genres whose keywords stand in each text, whatever they mean there."""
    return [{_KEYWORDS[word] for word in _KEYWORDS.keys() & _words(text)} for text in texts]


def keyword_f1(texts: Sequence[str], labels: Sequence[Iterable[str]]) -> float:
    """Micro-F1 of the keyword match on these texts."""
    return micro_f1(keyword_predictions(texts), labels)


def micro_f1(predicted: Sequence[Iterable[str]], labels: Sequence[Iterable[str]]) -> float:
    """2 TP / (2 TP + FP + FN) over all pairs of title and genre; 0 where there is neither."""
    true, total = 0, 0
    for guess, truth in zip(predicted, labels, strict=True):
        guess, truth = set(guess), set(truth)
        true += len(guess & truth)
        total += len(guess) + len(truth)
    return 2 * true / total if total else 0.0


def _words(text: str) -> set[str]:
    text = words_of(text)
    for spaced, word in _SPACED:
        text = text.replace(spaced, word)
    return set(text.split())


def _keywords() -> dict[str, str]:
    words = {
        "Action & Adventure": "action adventure adventures",
        "Animation": "animation animated anime cartoon cartoons",
        "Arts & Culture": "art arts culture",
        "Comedy": "comedy comedies comedic sitcom standup dramedy mockumentary",
        "Crime & Mystery": "crime crimes mystery mysteries whodunit",
        "Documentary": "documentary documentaries docuseries docudrama",
        "Drama": "drama dramas melodrama",
        "Family": "family families kids children",
        "Horror": "horror horrors slasher",
        "Music": "music musical musicals concert",
        "Reality": "reality unscripted",
        "Romance": "romance romances romantic romcom",
        "Science Fiction & Fantasy": "scifi fantasy",
        "Sports": "sport sports fitness workout",
        "Thriller": "thriller thrillers suspense",
        "Western": "western westerns",
    }
    return {word: genre for genre, line in words.items() for word in line.split()}


_KEYWORDS = _keywords()
_SPACED = (("science fiction", "scifi"), ("sci fi", "scifi"), ("stand up", "standup"), ("rom com", "romcom"))

# Names of works: one is enough to be a phrase.
_WORK = (
    r"comedy|thriller|documentary|docu-?series|docu-?drama|mockumentary|sitcom|dramedy|rom-?com|whodunn?it"
    r"|melodrama"
)
# Genre words that mean much else: they need another genre word, a form, or a clear context.
_WORD = (
    r"action|adventure|animation|animated|anime|cartoon|concert|crime|drama|family|fantasy|horror|music|musical"
    r"|mystery|reality|romance|romantic|sci-?fi|science[ -]fiction|slasher|sports?|stand-?up|suspense|western"
)
# Swallowed before a phrase, because they give it away.
_PREFIX = r"psychological|supernatural|paranormal|murder|true|sketch|variety|nature|slapstick|live-action"
_FORM = (
    r"film|movie|series|show|special|feature|flick|mini-?series|anthology|franchise|program|programme|sequel"
    r"|prequel|spin-?off|remake|reboot|adaptation|parody|spoof|short|saga|classic|epic|genre"
)
_LOOSE_FORM = r"tale|story|caper|romp|yarn|spectacle|hit|event|competition|masterpiece|gem"
_JOIN = r"(?:\s*[-–/]\s*|\s+|,\s+|,?\s+and\s+|\s*&\s*)"

_PHRASE = re.compile(
    rf"""(?<![\w'’-])
    (?P<words> (?:(?:{_PREFIX})[\s-]+)* (?:{_WORK}|{_WORD})
        (?:{_JOIN}(?:{_PREFIX}|{_WORK}|{_WORD})(?![\w'’]))* )
    (?: [\s-]+ (?P<form> (?:(?:feature|short|web|mini|limited|competition|anthology|comedy)[\s-]+)?
        (?:{_FORM}|(?P<loose>{_LOOSE_FORM})) (?:[\s-](?:film|series|special|show))? ) )?
    (?![\w'’]|-\w)""",
    re.VERBOSE,
)

# After the phrase, here in the singular: it belongs to a person, a place or a thing in the story.
_NOT_THE_WORK = """
    act acting actor actress artist author award backdrop band book buff business career central channel
    character circuit class club comedian comic company contest contestant crew department director duo
    executive fan fanatic festival filmmaker film-maker freak genius god great group hero heroes host icon inc
    industry king legend lover maker master night novel novelist pioneer podcast pro producer queen quiz role
    routine scene school screenwriter sensation sketch sketches stage star stardom store stories student
    studio superstar teacher team tour troupe veteran workshop world writer writing
"""
# Before the phrase, in its clause: somebody in the story makes, sees or plays in one.
_STORY_VERB = re.compile(
    r"(?:act|audition|cast|creat|direct|film|finish|host|join|mak|produc|record|sell|shoot|watch|win|work|writ)"
    r"(?:e|s|es|ing|ning|ting|te)?|lead|part|roles?|like"
)
_STORY_REACH = 5
# Words that end the run of adjectives before a phrase.
_NOT_ADJECTIVES = """
    a about after an are as at be before between by can during for from had has have he her his in into is it
    its of on she that the their these they this through to was when where which while who whose will with
"""
_MAX_ADJECTIVES = 7
_THIS = ("this", "these")
_ARTICLES = frozenset(("a", "an", "the", "his", "her", "their"))
# After a phrase that opens a clause: the sentence is about the work.
_OPENING = re.compile(
    r"""\s*(?: $ | [.!,:;(–—] | (?: about | adapted | based | by | centered | directed | for | from | hosted
    | in | inspired | narrated | on | produced | tells | that | told | where | which | with | written
    | \w+ing | follows | set\s+(?:against|amid|among|at|during|in|on) )\b )""",
    re.VERBOSE,
)
_OPENING_OF_A_WORK = re.compile(
    r"\s+(?:about|adapted|based\s+on|directed\s+by|featuring|in\s+which|inspired\s+by|set\s+in|starring|told)\b",
)
_CLAUSE_END = re.compile(r"[.!?;:()–—](?:\s|$)|\s-\s|[\"“”]")
_ALWAYS = re.compile(
    r"docu-?series|docu-?drama|mockumentary|dramedy|rom-?com|animated\s|anime\s|documentary"
    r"|(?:comedy|stand-?up)\s(?:comedy\s)?special|stand-?up\sshow|genre$",
)
_GENRE_WORD = re.compile(rf"\b(?:{_WORK}|{_WORD})\b")
_LISTED = re.compile(r",|&|\band\b")
_APPOSING = (["a"], ["an"])
_ANOTHER_WORK = ("behind", "for", "from", "of")
_WORK_WORD = re.compile(rf"\b(?:{_WORK})\b")
_NEXT_WORD = re.compile(r"(?:,\s+(?=inc\b)|[\s-]+)([\w-]+)")
_REACH = 160


def _states_genre(phrase: re.Match[str], text: str) -> bool:
    after = text[phrase.end() : phrase.end() + _REACH]
    clause = _CLAUSE_END.split(text[max(0, phrase.start() - _REACH) : phrase.start()])[-1]
    before = clause.replace(",", " ").split()
    head, subject = _head(before)
    if _belongs_to_the_story(after, self_said=head in _THIS):
        return False
    is_work, form = _is_work(phrase), phrase["form"]
    if head in _THIS:
        return is_work or bool(form) or phrase["words"] in ("drama", "musical", "western")
    if head in _ARTICLES and (subject in ("is", "was") or subject.endswith(("'s", "’s"))):
        return is_work or bool(form)
    apposed = clause.rpartition(",")[2].split()
    opens = _opens(before) or (apposed[:1] in _APPOSING and _opens(apposed))
    if not is_work:
        return opens and bool(_OPENING_OF_A_WORK.match(after))
    if any(_STORY_VERB.fullmatch(word) for word in before[-_STORY_REACH:]):
        return False
    if (opens and _OPENING.match(after)) or _OPENING_OF_A_WORK.match(after):
        return True
    another = head in _ARTICLES and subject in _ANOTHER_WORK and form != "special"
    return bool(_ALWAYS.search(phrase[0])) and not another


def _belongs_to_the_story(after: str, *, self_said: bool) -> bool:
    """In "this comedy stars ..." (`self_said`) the next word is a verb, not a plural."""
    following = _NEXT_WORD.match(after)
    if not following:
        return after.startswith(("'s", "’s"))
    word = following[1]
    things = _word_set(_NOT_THE_WORK)
    return word in things or (not self_said and word.removesuffix("s") in things)


def _is_work(phrase: re.Match[str]) -> bool:
    """The phrase can only mean a film or a series: "thriller", "horror film", "crime drama", not "drama"."""
    words = phrase["words"]
    if _WORK_WORD.search(words) or (phrase["form"] and not phrase["loose"]):
        return True
    return len(_GENRE_WORD.findall(words)) > 1 and not _LISTED.search(words)


def _head(words: Sequence[str]) -> tuple[str, str]:
    """The article or other small word before the adjectives that end `words`, and the word before it."""
    for place in range(len(words) - 1, max(-1, len(words) - 2 - _MAX_ADJECTIVES), -1):
        if words[place] in _word_set(_NOT_ADJECTIVES):
            return words[place], words[place - 1] if place else ""
    return "", ""


def _opens(words: Sequence[str]) -> bool:
    """Nothing but an article and adjectives stands before the phrase."""
    if words and words[0] in _ARTICLES:
        words = words[1:]
    if words and words[-1] in ("and", "or", "&"):
        return False
    return len(words) <= _MAX_ADJECTIVES and _word_set(_NOT_ADJECTIVES).isdisjoint(words)


@cache
def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())
