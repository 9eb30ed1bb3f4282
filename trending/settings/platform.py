"""The whole of the settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from trending.settings.cluster import ClusterSettings
from trending.settings.enrichment import EnrichmentSettings
from trending.settings.evaluation import EvaluationSettings
from trending.settings.gate import GateSettings
from trending.settings.llm import LLMSettings
from trending.settings.monitoring import MonitoringSettings
from trending.settings.secret import SecretSettings
from trending.settings.section import Section
from trending.settings.serving import ServeSettings
from trending.settings.training import TrainSettings


class RaySettings(Section):
    """The local Ray cluster of a job."""

    num_cpus: int | None = Field(default=None, ge=1)
    """Logical CPUs of a local cluster. None: the machine's, but at least 4, so that two training
    workers leave room for Ray Data on a small machine."""
    object_store_mb: int = Field(default=1024, ge=80)
    """Object store of a local cluster, in MiB."""
    dashboard: bool = False
    """Start the dashboard with a local cluster (port 8265)."""
    tls: bool = False
    """Nodes that `trending cluster up` starts, and their clients, talk over TLS, with certificates made for them."""


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


def default_home() -> Path:
    """Where nothing says it: TRENDING_DEFAULT_HOME, which an environment can set without overruling a profile, else
    `.trending` in the working folder."""
    return Path(os.environ.get("TRENDING_DEFAULT_HOME") or ".trending")


class Settings(BaseSettings):
    """All settings of the platform. State lives under `home`."""

    model_config = SettingsConfigDict(
        env_prefix="TRENDING_", env_nested_delimiter="__", extra="forbid", validate_default=True
    )

    profile: str | None = None
    """Profile that these settings began with. Chosen by `--profile` or TRENDING_PROFILE, never in a file."""
    home: Path = Field(default_factory=default_home)
    """Folder of all state. On a cluster: one that all nodes see."""
    tracking_uri: str | None = None
    """MLflow tracking server. None: SQLite under `home`."""
    catalog_type: Literal["sql", "rest", "glue"] = "sql"
    """Kind of the Iceberg catalog."""
    catalog_uri: str | None = None
    """Address of the Iceberg catalog. None: of `sql`, SQLite under `home`; of `glue`, that of AWS."""
    catalog_credential: SecretSettings = SecretSettings()
    """Where the credential of a catalog of type `rest` is (`CLIENT_ID:CLIENT_SECRET`)."""
    warehouse: str | None = None
    """Iceberg warehouse (a folder or an object store URL). None: under `home`."""
    cluster: ClusterSettings = ClusterSettings()
    ray: RaySettings = RaySettings()
    ingest: IngestSettings = IngestSettings()
    split: SplitSettings = SplitSettings()
    train: TrainSettings = TrainSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    llm: LLMSettings = LLMSettings()
    enrichment: EnrichmentSettings = EnrichmentSettings()
    gate: GateSettings = GateSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
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

    @field_validator("catalog_uri")
    @classmethod
    def _rest_has_an_address(cls, uri: str | None, others: ValidationInfo) -> str | None:
        if uri is None and others.data.get("catalog_type") == "rest":
            raise ValueError("a catalog of type rest needs its address")
        return uri

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
        """Arguments of `pyiceberg.catalog.load_catalog` and of Ray Data's Iceberg calls.

        Raises `SettingsError` where the credential is not at its place.
        """
        own = f"sqlite:///{self.root / 'catalog.db'}" if self.catalog_type == "sql" else None
        found = {
            "name": "trending",
            "type": self.catalog_type,
            "uri": self.catalog_uri or own,
            "warehouse": self.warehouse or f"file://{self.root / 'warehouse'}",
            "credential": self.catalog_credential.read(),
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    def bundles_dir(self) -> Path:
        """One folder a model bundle."""
        return self.root / "bundles"

    @property
    def reports_dir(self) -> Path:
        """Evaluation reports."""
        return self.root / "reports"

    @property
    def decisions_dir(self) -> Path:
        """One folder a decision of the promotion gate."""
        return self.reports_dir / "decisions"

    @property
    def audit_dir(self) -> Path:
        """The audit log, its head and its lock."""
        return self.root / "audit"

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

    @property
    def keys_file(self) -> Path:
        """API keys of the service, hashed."""
        return self.serve.keys_file or self.root / "keys.json"

    @property
    def enrichment_dir(self) -> Path:
        """What the enrichment has learnt: the sentiment model, and whom to trust about genres."""
        return self.root / "enrichment"

    @property
    def service_dir(self) -> Path:
        """What the service writes: assignments, feedback, the tokens of the day."""
        return self.root / "service"

    @property
    def monitoring_dir(self) -> Path:
        """References that windows are held against."""
        return self.root / "monitoring"

    @property
    def tuning_dir(self) -> Path:
        """One folder a search."""
        return self.root / "tuning"
