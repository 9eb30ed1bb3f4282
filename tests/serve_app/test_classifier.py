"""The classifier deployment by itself: versions that share a replica, and never a batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from ray import serve
from ray.exceptions import RayTaskError
from ray.serve.handle import DeploymentHandle

from serve_app.calls import original
from serve_app.classifier import MAX_VERSIONS, ModelRef
from tests.serve_app.arena import APP, GENRES, Arena, tiny_bundle
from trending.errors import BundleError
from trending.models.bundle import load_bundle


def handle_for(ref: ModelRef) -> DeploymentHandle:
    return serve.get_deployment_handle("keyword", APP).options(multiplexed_model_id=ref.folder)


@pytest.fixture
def refs(arena: Arena) -> list[ModelRef]:
    """More versions than a replica holds at once."""
    found = []
    for n in range(MAX_VERSIONS + 1):
        folder = arena.settings.root / f"shared-{n}"
        if not folder.exists():
            tiny_bundle(folder, n / 10, kind="keyword")
        found.append(ModelRef(f"v{n}", str(folder)))
    return found


def test_versions_share_a_replica_and_each_answers_for_itself(arena: Arena, refs: list[ModelRef]) -> None:
    def ask(n: int) -> tuple[str, np.ndarray]:
        ref = refs[n % len(refs)]
        answered = handle_for(ref).classify.remote(["a ghost"] * (1 + n % 3), ref).result()
        return answered.model.version, answered.probabilities

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(60)))
    for n, (version, probabilities) in enumerate(answers):
        which = n % len(refs)
        assert version == f"v{which}"
        np.testing.assert_allclose(probabilities, np.full((1 + n % 3, len(GENRES)), which / 10), atol=1e-6)


def test_an_answer_is_that_of_the_bundle_offline_and_names_it(arena: Arena, refs: list[ModelRef]) -> None:
    bundle = load_bundle(arena.settings.root / "shared-2")
    answered = handle_for(refs[2]).classify.remote(["a sheriff", "a joke"], refs[2]).result()
    np.testing.assert_array_equal(answered.probabilities, bundle.model.predict_proba(["a sheriff", "a joke"]))
    assert answered.model.bundle == bundle.digest
    assert answered.model.genres == GENRES
    assert handle_for(refs[2]).describe.remote(refs[2]).result() == answered.model


def test_batches_change_without_a_restart(arena: Arena, refs: list[ModelRef]) -> None:
    handle = handle_for(refs[1])
    handle.classify.remote(["a"], refs[1]).result()
    handle.reconfigure.remote({"max_batch_size": 1, "batch_wait_ms": 0}).result()
    assert len(handle.classify.remote(["a"] * 20, refs[1]).result().probabilities) == 20
    handle.reconfigure.remote({}).result()


def test_a_bundle_that_is_not_what_was_saved_is_refused(arena: Arena) -> None:
    folder = arena.settings.root / "damaged"
    tiny_bundle(folder, 0.5, kind="keyword")
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("0.5", "0.6"), encoding="utf-8")
    ref = ModelRef("damaged", str(folder))
    with pytest.raises(RayTaskError) as failed:
        handle_for(ref).describe.remote(ref).result()
    assert isinstance(original(failed.value), BundleError)
