"""Typed settings: one object, built once at the edge by `load_settings`, handed down from there.

Every value can be set in a profile, in a YAML file given to `load_settings`, or in the environment (`TRENDING_HOME`,
`TRENDING_RAY__NUM_CPUS`, ...; two underscores step into a section); of these the later wins.
"""

from trending.settings.bert import BertExportSettings, BertOptimizerSettings, BertSettings
from trending.settings.blend import BlendSettings
from trending.settings.calibration import CalibrationSettings
from trending.settings.cluster import ClusterSettings, PoolSettings
from trending.settings.enrichment import EnrichmentSettings
from trending.settings.evaluation import EvaluationSettings
from trending.settings.gate import GateSettings
from trending.settings.llm import LLMSettings
from trending.settings.loading import Loaded, changed, load_settings, read_settings, ready_settings
from trending.settings.monitoring import DriftSettings, MonitoringSettings
from trending.settings.platform import IngestSettings, RaySettings, Settings, SplitSettings
from trending.settings.resources import Resources, WorkerResources
from trending.settings.secret import SecretSettings
from trending.settings.serving import (
    AutoscalingSettings,
    ClassifierReplicas,
    GatewayReplicas,
    LLMReplicas,
    ReplicaSettings,
    ServeSettings,
    TrafficSettings,
)
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
    "ClassifierReplicas",
    "ClusterSettings",
    "DocumentSettings",
    "DriftSettings",
    "EmbeddingSettings",
    "EnrichmentSettings",
    "EvaluationSettings",
    "GateSettings",
    "GatewayReplicas",
    "IngestSettings",
    "LLMReplicas",
    "LLMSettings",
    "LabelSettings",
    "LinearSettings",
    "Loaded",
    "MonitoringSettings",
    "PoolSettings",
    "RaySettings",
    "ReplicaSettings",
    "Resources",
    "SecretSettings",
    "ServeSettings",
    "Settings",
    "SplitSettings",
    "TrafficSettings",
    "TrainSettings",
    "WorkerResources",
    "XGBoostSettings",
    "changed",
    "load_settings",
    "read_settings",
    "ready_settings",
]
