from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.evaluation.small_catalog import save_linear, two_platforms
from trending.evaluation import predict
from trending.evaluation.predict import predict_in_batches, predict_titles
from trending.features.documents import load_documents
from trending.models.bundle import Bundle
from trending.settings import EvaluationSettings, Settings


@pytest.fixture
def bundle(settings: Settings) -> Bundle:
    two_platforms(settings)
    return save_linear(settings, settings.bundles_dir / "linear")


@pytest.fixture
def documents(settings: Settings, bundle: Bundle) -> list[str]:
    return load_documents(settings, bundle.manifest.snapshot_id).documents


def in_batches(settings: Settings, **values: Any) -> Settings:
    return settings.model_copy(update={"evaluation": EvaluationSettings(**values)})


def test_actors_answer_as_this_process_does_in_the_same_order(
    ray_cluster: str, settings: Settings, bundle: Bundle, documents: list[str]
) -> None:
    found = predict_in_batches(bundle, documents, in_batches(settings, batch_titles=32, actors=2))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, bundle.model.predict_proba(documents))


def test_an_actor_does_not_answer_with_another_bundle(
    ray_cluster: str, settings: Settings, bundle: Bundle, documents: list[str]
) -> None:
    stranger = Bundle(bundle.folder, bundle.manifest, "0" * 64, bundle.model)
    with pytest.raises(Exception, match="another bundle"):
        predict_in_batches(stranger, documents, in_batches(settings, batch_titles=32))


def test_ray_is_asked_from_as_many_titles_on_as_the_settings_say(
    settings: Settings, bundle: Bundle, documents: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def instead(bundle: Bundle, documents: list[str], settings: Settings, **_: object) -> np.ndarray:
        asked.append(len(documents))
        return bundle.model.predict_proba(documents)

    monkeypatch.setattr(predict, "predict_in_batches", instead)
    few, enough = (in_batches(settings, batches_from=len(documents) + more) for more in (1, 0))
    first = predict_titles(bundle, documents, few)
    assert not asked
    np.testing.assert_array_equal(predict_titles(bundle, documents, enough), first)
    assert asked == [len(documents)]
