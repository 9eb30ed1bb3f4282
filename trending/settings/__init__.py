"""Typed settings: one object, built once at the edge by `load_settings`, handed down from there.

Every value can be set in the environment (`TRENDING_HOME`, `TRENDING_RAY__NUM_CPUS`, ...; two underscores
step into a section) or in a YAML file given to `load_settings`; the environment wins over the file.
"""

from trending.settings.bert import BertExportSettings, BertOptimizerSettings, BertSettings
from trending.settings.blend import BlendSettings
from trending.settings.platform import (
    IngestSettings,
    RaySettings,
    ServeSettings,
    Settings,
    SplitSettings,
    load_settings,
    ready_settings,
)
from trending.settings.training import (
    DocumentSettings,
    EmbeddingSettings,
    LinearSettings,
    TrainSettings,
    XGBoostSettings,
)

__all__ = [
    "BertExportSettings",
    "BertOptimizerSettings",
    "BertSettings",
    "BlendSettings",
    "DocumentSettings",
    "EmbeddingSettings",
    "IngestSettings",
    "LinearSettings",
    "RaySettings",
    "ServeSettings",
    "Settings",
    "SplitSettings",
    "TrainSettings",
    "XGBoostSettings",
    "load_settings",
    "ready_settings",
]
