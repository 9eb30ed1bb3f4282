"""Settings of training: what documents hold, how each model is fitted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trending.settings.bert import BertSettings
from trending.settings.blend import BlendSettings
from trending.settings.calibration import CalibrationSettings
from trending.settings.resources import Device, Resources, WorkerResources
from trending.settings.section import Section


class EmbeddingSettings(Section):
    """Sentence embeddings."""

    model: str = "packaged"
    """`packaged`: all-MiniLM-L6-v2 from the installed package; else a Hugging Face folder or name."""
    max_tokens: int = Field(default=128, ge=8, le=512)
    batch_size: int = Field(default=32, ge=1)
    actors: int = Field(default=2, ge=1)
    """Of Ray Data, at the most; each holds the encoder once."""
    device: Device = "auto"
    """`auto`: a GPU for each actor where the cluster has any."""
    resources: Resources = Resources()
    """Of each actor."""


class DocumentSettings(Section):
    """The document text that models see."""

    max_reviews: int = Field(default=2, ge=0)
    """Reviews appended to title and plot in the document text."""


class LabelSettings(Section):
    """Whose labels are believed. Without `corrections` they are those of the sources."""

    corrections: tuple[str, ...] = ()
    """Names under which corrected labels were imported (`trending labels import --name`); of two that correct the
    same title, the later wins."""
    held_out: bool = False
    """Also correct the titles of validation and test, on which models are chosen and judged."""
    version: int | None = None
    """Snapshot of `catalog.label_corrections`. None: the newest, which a training then writes down."""


class LinearSettings(Section):
    """TF-IDF and logistic regression."""

    max_features: int = Field(default=60_000, ge=100)
    min_df: int = Field(default=2, ge=1)
    c: float = Field(default=4.0, gt=0)
    """Inverse strength of the L2 penalty of the logistic regression."""


class XGBoostSettings(Section):
    """Distributed XGBoost."""

    backend: Literal["native", "xgboost_ray"] = "native"
    """`native`: XGBoost on Ray Train. `xgboost_ray`: the package of that name, in an environment of its own."""
    num_workers: int = Field(default=2, ge=1)
    external_memory: bool = False
    """Keep the binned training rows on the workers' disks, for those that do not fit their memory."""
    rounds: int = Field(default=400, ge=1)
    """At the most; on top of the champion's where a training starts from one."""
    early_stopping_rounds: int = Field(default=25, ge=1)
    checkpoint_every: int = Field(default=50, ge=1)
    """Rounds between checkpoints and reports. Part of what makes a model: see `trending.training.xgboost.loop`."""
    learning_rate: float = Field(default=0.08, gt=0)
    max_depth: int = Field(default=4, ge=1)
    min_child_weight: float = Field(default=4.0, ge=0)
    subsample: float = Field(default=0.8, gt=0, le=1)
    colsample_bytree: float = Field(default=0.5, gt=0, le=1)
    reg_lambda: float = Field(default=2.0, ge=0)
    max_bin: int = Field(default=64, ge=2)
    folds: int = Field(default=5, ge=2)
    """Folds of the out-of-fold scores."""
    ridge_penalty: float = Field(default=1.0, gt=0)
    """L2 penalty of the regression of genres on embeddings."""
    neighbour_sharpness: float = Field(default=20.0, gt=0)
    """How much faster than its cosine the say of a similar title grows."""
    neighbour_pool: int = Field(default=50_000, ge=1)
    """Training titles that the neighbour scores know; of more, a draw."""
    device: Device = "auto"
    """`auto`: CUDA where Ray has a GPU for every worker."""
    resources: WorkerResources = WorkerResources()
    """Of each worker."""


class TrainSettings(Section):
    """Training, of every model."""

    seed: int = 20260
    balance: float = Field(default=0.0, ge=0, le=1)
    """Strength of the training-only weights for rare genres: 0 none, 1 inverse frequency."""
    bootstrap_samples: int = Field(default=1000, ge=10)
    document: DocumentSettings = DocumentSettings()
    labels: LabelSettings = LabelSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    linear: LinearSettings = LinearSettings()
    xgboost: XGBoostSettings = XGBoostSettings()
    bert: BertSettings = BertSettings()
    blend: BlendSettings = BlendSettings()
    calibration: CalibrationSettings = CalibrationSettings()
