"""Typed settings: one object, built once at the edge by `load_settings`, handed down from there.

Every value can be set in the environment (`TRENDING_HOME`, `TRENDING_RAY__NUM_CPUS`, ...; two underscores
step into a section) or in a YAML file given to `load_settings`; the environment wins over the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from trending.errors import SettingsError


class Section(BaseModel):
    """Base of every section: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class RaySettings(Section):
    """The local Ray cluster of a job."""

    num_cpus: int | None = Field(default=None, ge=1)
    """Logical CPUs of a local cluster. None: the machine's, but at least 4, so that two training
    workers leave room for Ray Data on a small machine."""
    object_store_mb: int = Field(default=1024, ge=80)
    """Object store of a local cluster, in MiB."""
    dashboard: bool = False
    """Start the dashboard with a local cluster (port 8265)."""


class IngestSettings(Section):
    """The ingest: cleaning, duplicates, checks."""

    batch_rows: int = Field(default=512, ge=1)
    """Rows in one Arrow batch of the cleaning pass."""
    min_plot_words: int = Field(default=4, ge=1)
    """A plot with fewer words is quarantined."""
    near_duplicate_similarity: float = Field(default=0.9, gt=0, le=1)
    """Estimated Jaccard similarity of plot shingles from which two rows of one platform are merged."""
    checks_file: Path | None = None
    """Quality checks (YAML). None: the ones that ship with the package."""


class SplitSettings(Section):
    """Shares of titles; what is left is the test split."""

    train: float = Field(default=0.70, gt=0, lt=1)
    validation: float = Field(default=0.15, gt=0, lt=1)


class EmbeddingSettings(Section):
    """Sentence embeddings."""

    model: str = "packaged"
    """`packaged`: all-MiniLM-L6-v2 from the installed package; else a Hugging Face folder or name."""
    max_tokens: int = Field(default=128, ge=8, le=512)
    batch_size: int = Field(default=32, ge=1)
    actors: int = Field(default=2, ge=1)


class DocumentSettings(Section):
    """The document text that models see."""

    max_reviews: int = Field(default=2, ge=0)
    """Reviews appended to title and plot in the document text."""


class LinearSettings(Section):
    """TF-IDF and logistic regression."""

    max_features: int = Field(default=60_000, ge=100)
    min_df: int = Field(default=2, ge=1)
    c: float = Field(default=4.0, gt=0)
    """Inverse strength of the L2 penalty of the logistic regression."""


class XGBoostSettings(Section):
    """Distributed XGBoost."""

    num_workers: int = Field(default=2, ge=1)
    rounds: int = Field(default=400, ge=1)
    early_stopping_rounds: int = Field(default=25, ge=1)
    checkpoint_every: int = Field(default=50, ge=1)
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
    device: str = "auto"
    """`auto`: CUDA where Ray has a GPU, else `cpu`."""


class TrainSettings(Section):
    """Training, of every model."""

    seed: int = 20260
    balance: float = Field(default=0.0, ge=0, le=1)
    """Strength of the training-only weights for rare genres: 0 none, 1 inverse frequency."""
    bootstrap_samples: int = Field(default=1000, ge=10)
    document: DocumentSettings = DocumentSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    linear: LinearSettings = LinearSettings()
    xgboost: XGBoostSettings = XGBoostSettings()


class ServeSettings(Section):
    """The Ray Serve app."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    model: str = "champion"
    """Registry alias, registry version, run id or bundle folder to serve."""
    max_batch_size: int = Field(default=32, ge=1)
    batch_wait_ms: float = Field(default=5.0, ge=0)
    max_queued_requests: int = Field(default=512, ge=1)


class Settings(BaseSettings):
    """All settings of the platform. State lives under `home`."""

    model_config = SettingsConfigDict(
        env_prefix="TRENDING_", env_nested_delimiter="__", extra="forbid", validate_default=True
    )

    home: Path = Path(".trending")
    tracking_uri: str | None = None
    """MLflow tracking server. None: SQLite under `home`."""
    catalog_uri: str | None = None
    """Iceberg SQL catalog. None: SQLite under `home`."""
    warehouse: str | None = None
    """Iceberg warehouse (a folder or an object store URL). None: under `home`."""
    ray: RaySettings = RaySettings()
    ingest: IngestSettings = IngestSettings()
    split: SplitSettings = SplitSettings()
    train: TrainSettings = TrainSettings()
    serve: ServeSettings = ServeSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the signature is pydantic's)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the values of the settings file."""
        return env_settings, init_settings

    @property
    def root(self) -> Path:
        """`home`, absolute."""
        return self.home.expanduser().resolve()

    @property
    def mlflow_uri(self) -> str:
        """Address of the MLflow tracking server or database."""
        return self.tracking_uri or f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def iceberg_kwargs(self) -> dict[str, str]:
        """Arguments of `pyiceberg.catalog.load_catalog` and of Ray Data's Iceberg calls."""
        return {
            "name": "trending",
            "type": "sql",
            "uri": self.catalog_uri or f"sqlite:///{self.root / 'catalog.db'}",
            "warehouse": self.warehouse or f"file://{self.root / 'warehouse'}",
        }

    @property
    def bundles_dir(self) -> Path:
        """One folder a model bundle."""
        return self.root / "bundles"

    @property
    def reports_dir(self) -> Path:
        """Evaluation reports."""
        return self.root / "reports"

    @property
    def staging_dir(self) -> Path:
        """Temporary files of a running ingest."""
        return self.root / "staging"

    @property
    def snapshots_dir(self) -> Path:
        """One folder a snapshot id: whylogs profile, check results, data card."""
        return self.root / "snapshots"

    @property
    def ray_results_dir(self) -> Path:
        """Checkpoints of Ray Train."""
        return self.root / "ray_results"


def load_settings(file: Path | None = None, **overrides: Any) -> Settings:
    """Settings from defaults, a YAML file, the environment and explicit overrides (the last wins).

    Raises `SettingsError` naming every wrong value.
    """
    values: dict[str, Any] = {}
    if file is not None:
        if not file.is_file():
            raise SettingsError(f"{file}: no such settings file.")
        try:
            values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            raise SettingsError(f"{file}: not YAML: {error}") from error
        if not isinstance(values, dict):
            raise SettingsError(f"{file}: expected a mapping of settings, found {type(values).__name__}.")
    try:
        settings = Settings(**values)
        return settings.model_copy(update={k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']} (got {e['input']!r})" for e in error.errors()]
        where = str(file) if file else "environment"
        raise SettingsError(f"{where}: {len(lines)} wrong setting(s):\n" + "\n".join(lines)) from error
