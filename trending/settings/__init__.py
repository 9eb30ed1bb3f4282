"""Typed settings: one object, built once at the edge by `load_settings`, handed down from there.

Every value can be set in the environment (`TRENDING_HOME`, `TRENDING_RAY__NUM_CPUS`, ...; two underscores
step into a section) or in a YAML file given to `load_settings`; the environment wins over the file.
"""

from trending.settings.bert import BertExportSettings, BertOptimizerSettings, BertSettings
from trending.settings.blend import BlendSettings
from trending.settings.calibration import CalibrationSettings
from trending.settings.enrichment import EnrichmentSettings
from trending.settings.evaluation import EvaluationSettings
from trending.settings.gate import GateSettings
from trending.settings.llm import LLMSettings
from trending.settings.platform import (
    IngestSettings,
    RaySettings,
    Settings,
    SplitSettings,
    changed,
    load_settings,
    ready_settings,
)
from trending.settings.serving import AutoscalingSettings, ServeSettings, TrafficSettings
from trending.settings.training import (
    DocumentSettings,
    EmbeddingSettings,
    LabelSettings,
    LinearSettings,
    TrainSettings,
    XGBoostSettings,
)

__all__ = [
    "AutoscalingSettings",
    "BertExportSettings",
    "BertOptimizerSettings",
    "BertSettings",
    "BlendSettings",
    "CalibrationSettings",
    "DocumentSettings",
    "EmbeddingSettings",
    "EnrichmentSettings",
    "EvaluationSettings",
    "GateSettings",
    "IngestSettings",
    "LLMSettings",
    "LabelSettings",
    "LinearSettings",
    "RaySettings",
    "ServeSettings",
    "Settings",
    "SplitSettings",
    "TrafficSettings",
    "TrainSettings",
    "XGBoostSettings",
    "changed",
    "load_settings",
    "ready_settings",
]
