"""What a language model says about genres: how likely it finds each genre's name after the plot.

A small model asked to choose a genre repeats the first of the list. Its likelihoods know more, once its liking for
certain words is taken off (contextual calibration: Zhao et al. 2021, "Calibrate Before Use"): the likelihood of
each name, a token, is divided by that after the same examples and a plot that says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template

import numpy as np

from trending.enrichment.evidence import fitting, sentences_of
from trending.enrichment.prompts import Prompt, defused, load_prompt
from trending.enrichment.schema import EnrichmentInput
from trending.llm.protocol import LLMEngine, ScoreRequest, ScoreResponse
from trending.settings import Settings

PROMPT = "genres"
NOTHING = "N/A"
"""Title and plot that say nothing."""
EXAMPLE_CHARS = 300
"""Characters of an example's plot."""

Example = tuple[str, str, tuple[str, ...]]
"""Title, plot and genres of a training title."""


@dataclass(frozen=True)
class Evidence:
    """Log-likelihood a token of each genre's name: after the title's plot, and after one that says nothing."""

    genres: tuple[str, ...]
    found: tuple[float, ...]
    empty: tuple[float, ...]

    def probabilities(self) -> dict[str, float]:
        """The calibrated distribution over the genres; sums to 1."""
        return self._distribution(np.subtract(self.found, self.empty))

    def uncalibrated(self) -> dict[str, float]:
        """The same from the likelihoods as they are."""
        return self._distribution(np.asarray(self.found))

    def _distribution(self, scores: np.ndarray) -> dict[str, float]:
        weights = np.exp(scores - scores.max())
        return dict(zip(self.genres, (weights / weights.sum()).tolist(), strict=True))


async def llm_genre_probabilities(
    engine: LLMEngine,
    title: EnrichmentInput,
    examples: Sequence[Example],
    genres: Sequence[str],
    *,
    settings: Settings,
) -> Mapping[str, float]:
    """A distribution over `genres`; sums to 1. Raises what the engine raises.

    `examples`: titles whose genres are known, the nearest last.
    """
    evidence = await genre_evidence(engine, title, examples, genres, settings=settings)
    return evidence.probabilities()


async def genre_evidence(
    engine: LLMEngine,
    title: EnrichmentInput,
    examples: Sequence[Example],
    genres: Sequence[str],
    *,
    settings: Settings,
) -> Evidence:
    """The likelihoods that the probabilities are made of. Two calls of the engine."""
    prompt = load_prompt(PROMPT)
    opening = _opening(prompt, examples)
    plot = _plain(title.plot, settings.enrichment.plot_chars)
    names = tuple(f" {_name(genre)}" for genre in genres)
    found = await engine.score(
        ScoreRequest(opening + _entry(prompt, _plain(title.title, 200), plot or NOTHING), names)
    )
    empty = await engine.score(ScoreRequest(opening + _entry(prompt, NOTHING, NOTHING), names))
    return Evidence(tuple(genres), _per_token(found), _per_token(empty))


def _opening(prompt: Prompt, examples: Sequence[Example]) -> str:
    told = [
        f"{_entry(prompt, _plain(title, 200), _plain(plot, EXAMPLE_CHARS))} {', '.join(map(_name, genres))}\n\n"
        for title, plot, genres in examples
    ]
    return f"{prompt.system}\n\n" + "".join(told)


def _entry(prompt: Prompt, title: str, plot: str) -> str:
    return Template(prompt.user).substitute(title=title, plot=plot)


def _plain(text: str, chars: int) -> str:
    """Untrusted text in one line, cut at a sentence's end, without what could pass for the prompt's own."""
    return defused(" ".join(fitting(sentences_of(text), chars)))


def _name(genre: str) -> str:
    """A genre as one would write it: lower case, `and` for `&`."""
    return genre.replace("&", "and").lower()


def _per_token(response: ScoreResponse) -> tuple[float, ...]:
    return tuple(
        likelihood / max(tokens, 1)
        for likelihood, tokens in zip(response.log_likelihoods, response.tokens, strict=True)
    )
