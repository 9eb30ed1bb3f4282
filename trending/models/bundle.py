"""The bundle: a folder that is the model. What is evaluated is byte for byte what is served."""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import numpy as np

from trending.errors import BundleError
from trending.models.base import GenreModel
from trending.models.calibrators import Calibration

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
"""Holds the digest of the manifest, so that a changed byte of the manifest itself is found too."""
FORMAT = 1
MODEL_CLASSES = {
    "prior": "trending.models.prior:PriorModel",
    "keyword": "trending.models.keyword:KeywordModel",
    "linear": "trending.models.linear:LinearModel",
    "xgboost": "trending.models.xgboost_model:XGBoostModel",
    "bert": "trending.models.bert_model:BertModel",
    "blend": "trending.models.blend:BlendModel",
}
"""Where the class of each kind of model is. A bundle names the kind, never code."""


@dataclass(frozen=True)
class Manifest:
    """What a bundle says about itself."""

    model: str
    genres: tuple[str, ...]
    thresholds: tuple[float, ...]
    """A genre is assigned from this probability on; one a genre."""
    max_reviews: int
    """Reviews in the document text that the model was trained on."""
    snapshot_id: int
    time_split: bool
    state: Mapping[str, Any]
    """What the model's `load` needs beside its files."""
    settings: Mapping[str, Any]
    metrics: Mapping[str, float]
    """Scores on validation, where the thresholds were chosen."""
    code_revision: str
    created_at: str
    calibration: Mapping[str, Any] | None = None
    """`calibrators`, one a genre, that the model's answers go through, and what was `measured` when they were
    chosen; None where the model answers by itself, as in every bundle from before there were any."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every other file, by path inside the folder."""
    format: int = FORMAT


@dataclass(frozen=True)
class Bundle:
    """A loaded, verified bundle."""

    folder: Path
    manifest: Manifest
    digest: str
    """SHA-256 of the manifest, which holds those of all other files: the identity of the model."""
    model: GenreModel
    """With the calibration of the manifest: its probabilities are those that are served."""

    @property
    def thresholds(self) -> tuple[float, ...]:
        """One a genre, in the model's order."""
        return self.manifest.thresholds

    def predict(self, documents: Sequence[str]) -> list[list[str]]:
        """Genres at or above their thresholds for each document, most probable first."""
        answers = []
        for row in self.model.predict_proba(documents):
            chosen = np.flatnonzero(row >= np.asarray(self.thresholds))
            answers.append([self.model.genres[i] for i in chosen[np.argsort(-row[chosen], kind="stable")]])
        return answers


def save_bundle(
    model: GenreModel,
    folder: Path,
    *,
    thresholds: Sequence[float],
    snapshot_id: int,
    max_reviews: int,
    time_split: bool = False,
    settings: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    measured: Mapping[str, Any] | None = None,
) -> Bundle:
    """Write the model into a new folder and load it back, so that a bundle that cannot be read is never kept.

    The model's `calibration` goes into the manifest, with what was `measured` when it was fitted. Raises
    `BundleError` where the folder already holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BundleError(f"{folder}: not empty. A bundle is written once; choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    state = model.save(folder)
    curves = model.calibration
    manifest = Manifest(
        model=model.name,
        genres=tuple(model.genres),
        thresholds=tuple(float(t) for t in thresholds),
        max_reviews=max_reviews,
        snapshot_id=snapshot_id,
        time_split=time_split,
        state=state,
        settings=settings or {},
        metrics=metrics or {},
        calibration={"calibrators": curves.as_json(), "measured": measured or {}} if curves else None,
        code_revision=code_revision(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={name: _sha256(folder / name) for name in _files(folder)},
    )
    text = json.dumps(asdict(manifest), indent=1, ensure_ascii=False, default=str)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    (folder / SEAL).write_text(_sha256(folder / MANIFEST) + "\n", encoding="ascii")
    return load_bundle(folder)


def load_bundle(folder: Path) -> Bundle:
    """Verify every byte of a bundle and load its model.

    Raises `BundleError` naming the file that is missing, changed or not listed.
    """
    manifest, digest = read_manifest(folder)
    verify_files(folder, manifest)
    try:
        model = model_class(manifest.model).load(folder, manifest.state)
        model.calibration = _calibration(manifest)
    except (KeyError, ValueError, OSError) as error:
        raise BundleError(
            f"{folder}: the files are as saved, but the model does not load: {error}"
        ) from error
    if tuple(model.genres) != manifest.genres or len(manifest.thresholds) != len(manifest.genres):
        raise BundleError(f"{folder}: the manifest's genres or thresholds do not fit the model's genres.")
    return Bundle(folder, manifest, digest, model)


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """The manifest and its digest, without looking at the other files."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(
            f"{folder}: no bundle here ({MANIFEST} is missing). `trending runs` lists the bundles."
        )
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    seal = folder / SEAL
    if not seal.is_file() or seal.read_bytes() != f"{digest}\n".encode():
        raise BundleError(f"{path}: changed since it was saved ({SEAL} does not fit). Do not serve it.")
    try:
        found = json.loads(data)
        if found.get("format") != FORMAT:
            raise BundleError(
                f"{path}: format {found.get('format')!r}, but this version reads format {FORMAT}."
            )
        tuples = {name: tuple(found[name]) for name in ("genres", "thresholds")}
        return Manifest(**{**found, **tuples}), digest
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BundleError(f"{path}: not a manifest: {error}") from error


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Raise `BundleError` unless the folder holds exactly the files of the manifest, byte for byte."""
    found = set(_files(folder))
    for name in sorted(set(manifest.files) - found):
        raise BundleError(f"{folder / name}: missing. The bundle is incomplete; fetch or train it again.")
    for name in sorted(found - set(manifest.files)):
        raise BundleError(f"{folder / name}: not part of the bundle. Remove it.")
    for name, expected in manifest.files.items():
        if _sha256(folder / name) != expected:
            raise BundleError(
                f"{folder / name}: changed since it was saved (its SHA-256 differs). Do not serve it."
            )


def model_class(name: str) -> type[GenreModel]:
    """The class of a kind of model. Raises `BundleError` for a kind that this version does not know."""
    if name not in MODEL_CLASSES:
        raise BundleError(f"Unknown kind of model {name!r}; known: {', '.join(MODEL_CLASSES)}.")
    module, _, attribute = MODEL_CLASSES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def code_revision() -> str:
    """Git revision of the code (`+` for uncommitted changes), or the version of the installed package; `unknown`
    for a bare copy of the files, such as the working folder of a submitted job."""
    here = Path(__file__).resolve().parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"],
            cwd=here, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
        return described.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        pass
    try:
        return package_version("trending")
    except PackageNotFoundError:
        return "unknown"


def _calibration(manifest: Manifest) -> Calibration | None:
    if manifest.calibration is None:
        return None
    found = Calibration.from_json(manifest.calibration["calibrators"])
    if len(found.calibrators) != len(manifest.genres):
        raise ValueError(f"{len(found.calibrators)} calibrators for {len(manifest.genres)} genres")
    return found


def _files(folder: Path) -> list[str]:
    return sorted(
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*")
        if p.is_file() and p.name not in (MANIFEST, SEAL)
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
