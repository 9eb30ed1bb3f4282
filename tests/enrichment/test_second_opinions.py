"""Learning whom to trust from end to end: real titles, and a language model that is told what to find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.enrichment.scripted import ScriptedEngine
from tests.enrichment.small_home import classifier
from trending.catalog.taxonomy import load_taxonomy
from trending.enrichment.local import find_classifier
from trending.enrichment.second_opinions import first_choices, learn_trust_of
from trending.enrichment.trust import load_trust
from trending.errors import EnrichmentError
from trending.features.documents import load_documents
from trending.llm.protocol import EngineCard, ScoreRequest, ScoreResponse, Usage
from trending.settings import Settings


class KnowingEngine(ScriptedEngine):
    """Finds the true genres likely, those that `truth` names for a plot's beginning."""

    def __init__(self, truth: dict[str, list[str]]) -> None:
        super().__init__("")
        self.card = EngineCard("scripted", "knowing-1", 2048)
        self.truth = truth
        self.closed = False

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        title = request.prompt.rsplit("Title: ", 1)[1].split("\n")[0]
        likely = {f" {genre.replace('&', 'and').lower()}" for genre in self.truth.get(title, [])}
        found = [-1.0 if one in likely else -4.0 for one in request.continuations]
        return ScoreResponse(tuple(found), (1,) * len(found), Usage(10, 0))

    async def close(self) -> None:
        self.closed = True


def test_a_language_model_that_knows_better_is_trusted_and_the_rule_is_kept(
    sample_home: Settings, tmp_path: Path
) -> None:
    documents = load_documents(sample_home, latest(sample_home)).subset("validation")
    names = [document.split("\n")[0] for document in documents.documents]
    engine = KnowingEngine(dict(zip(names, documents.genre_lists(), strict=True)))
    model = classifier(tmp_path / "prior")

    result = learn_trust_of(sample_home, model=model, titles=40, open_engine=lambda _: engine)

    rule = result.learnt.trust
    assert rule.titles == 40
    assert rule.weight > 0
    assert rule.gain_ci95[0] > 0
    assert result.calibrated.hits > 0.9
    assert result.prompt_tokens == 40 * 2 * 10
    assert result.file.is_file()
    assert engine.closed
    kept = load_trust(sample_home, "knowing-1", find_classifier(sample_home, model).version)
    assert kept.weight == rule.weight
    result.file.unlink()


def test_a_language_model_without_likelihoods_is_refused(sample_home: Settings, tmp_path: Path) -> None:
    engine = KnowingEngine({})
    engine.card = EngineCard("openai", "remote-1", 2048, can_score=False)
    with pytest.raises(EnrichmentError, match="no likelihoods"):
        learn_trust_of(
            sample_home, model=classifier(tmp_path / "prior"), titles=20, open_engine=lambda _: engine
        )
    assert engine.closed


def test_a_parrot_is_seen_through() -> None:
    genres = load_taxonomy().genres
    truth = np.zeros((4, len(genres)), bool)
    truth[:, 1] = True
    truth[0, 0] = True
    parrot = {genre: 0.9 if genre == genres[0] else 0.01 for genre in genres}
    found = first_choices([parrot] * 4, truth)
    assert (found.hits, found.first_of_list, found.favourite_share) == (0.25, 1.0, 1.0)
    assert found.favourite == genres[0]


def latest(settings: Settings) -> int:
    from trending.catalog.snapshots import resolve_snapshot

    return resolve_snapshot(settings)
