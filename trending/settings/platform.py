"""The whole of the settings, and how they are built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from trending.errors import SettingsError
from trending.settings.enrichment import EnrichmentSettings
from trending.settings.evaluation import EvaluationSettings
from trending.settings.gate import GateSettings
from trending.settings.llm import LLMSettings
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
    evaluation: EvaluationSettings = EvaluationSettings()
    llm: LLMSettings = LLMSettings()
    enrichment: EnrichmentSettings = EnrichmentSettings()
    gate: GateSettings = GateSettings()
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
    def tuning_dir(self) -> Path:
        """One folder a search."""
        return self.root / "tuning"


def ready_settings() -> dict[str, Path]:
    """Settings that ship with the package, by name."""
    return {file.stem: file for file in sorted((Path(__file__).parent / "ready").glob("*.yaml"))}


def load_settings(
    file: Path | None = None, *, values: Mapping[str, Any] | None = None, **overrides: Any
) -> Settings:
    """Settings from defaults, a YAML file, more `values` of the same shape, the environment and explicit overrides
    (the last wins).

    `file` may be the name of settings that ship with the package, from `ready_settings`. Raises `SettingsError`
    naming every wrong value.
    """
    found = _merged(_read(file) if file is not None else {}, values or {})
    try:
        settings = Settings(**found)
        return settings.model_copy(update={k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        raise _wrong(error, str(file) if file else "environment") from error


def changed(settings: Settings, sections: Mapping[str, Mapping[str, Any]]) -> Settings:
    """The settings with some values of some sections changed, as by options of a command.

    Raises `SettingsError` naming every wrong value.
    """
    update: dict[str, Any] = {}
    for name, values in sections.items():
        section: BaseModel = getattr(settings, name)
        try:
            update[name] = type(section).model_validate(_merged(section.model_dump(), values))
        except ValidationError as error:
            raise _wrong(error, f"options of {name}") from error
    return settings.model_copy(update=update)


def _wrong(error: ValidationError, where: str) -> SettingsError:
    lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']} (got {e['input']!r})" for e in error.errors()]
    return SettingsError(f"{where}: {len(lines)} wrong setting(s):\n" + "\n".join(lines))


def _read(file: Path) -> dict[str, Any]:
    file = file if file.is_file() else ready_settings().get(str(file), file)
    if not file.is_file():
        ready = ", ".join(ready_settings())
        raise SettingsError(f"{file}: no such settings file, and none that ship by that name: {ready}.")
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{file}: not YAML: {error}") from error
    if not isinstance(values, dict):
        raise SettingsError(f"{file}: expected a mapping of settings, found {type(values).__name__}.")
    return values


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Section by section; what is not a section is replaced."""
    both = {
        name: _merged(under[name], value)
        for name, value in over.items()
        if isinstance(value, Mapping) and isinstance(under.get(name), Mapping)
    }
    return {**under, **over, **both}
