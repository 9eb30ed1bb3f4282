from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest

from trending.errors import BundleError
from trending.models import bundle as bundles
from trending.models.bundle import MANIFEST, SEAL, Bundle, load_bundle, save_bundle
from trending.models.linear import LinearModel
from trending.settings import LinearSettings

GENRES = ("Western", "Horror")
DOCUMENTS = [
    "High Noon\nA marshal waits for the noon train",
    "Rio Bravo\nA sheriff guards a prisoner in a frontier town",
    "The Thing\nA shape-shifting creature stalks an Antarctic station",
    "Alien\nA creature hunts the crew of a towing ship",
]
LABELS = np.array([[True, False], [True, False], [False, True], [False, True]])


def make(folder: Path) -> Bundle:
    model = LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1))
    return save_bundle(
        model, folder, thresholds=[0.5, 0.5], snapshot_id=7, max_reviews=2, metrics={"map": 1.0}
    )


def test_a_loaded_bundle_answers_as_the_model_that_was_saved(tmp_path: Path) -> None:
    model = LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1))
    bundle = save_bundle(model, tmp_path / "b", thresholds=[0.5, 0.5], snapshot_id=7, max_reviews=2)
    again = load_bundle(tmp_path / "b")
    np.testing.assert_array_equal(again.model.predict_proba(DOCUMENTS), model.predict_proba(DOCUMENTS))
    assert again.digest == bundle.digest
    assert again.predict(DOCUMENTS) == [["Western"], ["Western"], ["Horror"], ["Horror"]]


def test_the_manifest_says_what_the_bundle_is(tmp_path: Path) -> None:
    manifest = make(tmp_path / "b").manifest
    assert (manifest.model, manifest.genres, manifest.snapshot_id) == ("linear", GENRES, 7)
    assert manifest.code_revision
    assert set(manifest.files) == {"vocabulary.json", "idf.safetensors", "linear.safetensors"}


def test_code_that_is_neither_in_git_nor_installed_has_no_known_revision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(*arguments: object, **options: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(bundles.subprocess, "run", missing)
    assert bundles.code_revision() == version("trending")

    def unknown(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(bundles, "package_version", unknown)
    assert bundles.code_revision() == "unknown"


def test_one_changed_byte_of_any_file_is_found_and_named(tmp_path: Path) -> None:
    bundle = make(tmp_path / "b")
    for path in sorted(bundle.folder.iterdir()):
        before = path.read_bytes()
        middle = len(before) // 2
        path.write_bytes(before[:middle] + bytes([before[middle] ^ 1]) + before[middle + 1 :])
        with pytest.raises(BundleError, match=MANIFEST if path.name == SEAL else path.name) as caught:
            load_bundle(bundle.folder)
        assert "changed" in str(caught.value)
        path.write_bytes(before)
    load_bundle(bundle.folder)


def test_a_missing_file_and_a_file_too_many_are_named(tmp_path: Path) -> None:
    bundle = make(tmp_path / "b")
    extra = bundle.folder / "notes.txt"
    extra.write_text("x", encoding="utf-8")
    with pytest.raises(BundleError, match=r"notes\.txt: not part"):
        load_bundle(bundle.folder)
    extra.unlink()
    (bundle.folder / "vocabulary.json").unlink()
    with pytest.raises(BundleError, match=r"vocabulary\.json: missing"):
        load_bundle(bundle.folder)


def test_a_folder_that_is_no_bundle_says_so(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle here"):
        load_bundle(tmp_path)


def test_a_bundle_is_written_once(tmp_path: Path) -> None:
    make(tmp_path / "b")
    with pytest.raises(BundleError, match="not empty"):
        make(tmp_path / "b")


def test_a_kind_of_model_that_this_version_does_not_know_is_refused(tmp_path: Path) -> None:
    import hashlib

    bundle = make(tmp_path / "b")
    path = bundle.folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8")) | {"model": "crystal-ball"}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (bundle.folder / SEAL).write_text(digest + "\n", encoding="ascii")
    with pytest.raises(BundleError, match="crystal-ball"):
        load_bundle(bundle.folder)
