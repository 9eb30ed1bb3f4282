"""The profiles that ship: sound, told apart, and read to the last word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from trending.errors import SettingsError
from trending.evaluation.gate.policy import load_policy
from trending.settings import PoolSettings, Settings, load_settings, read_settings
from trending.settings.profiles import PROFILES, find_profile, profile_folders

ROOT = PROFILES.parents[1]
NAMES = ("dev", "laptop", "prod", "staging")


def test_these_profiles_ship() -> None:
    assert tuple(profile_folders()) == NAMES
    with pytest.raises(SettingsError, match=r"production: no such profile.*dev, laptop, prod, staging"):
        find_profile("production")


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_is_sound_and_brings_its_own_policy(name: str) -> None:
    settings = load_settings(profile=name)
    assert settings.profile == name
    assert settings.gate.policy_file == PROFILES / name / "gate.yaml"
    assert load_policy(settings).policy.name == name


def test_every_setting_is_read_by_some_code() -> None:
    """As an attribute, or by its name: one that only the settings know would do nothing."""
    code = "\n".join(
        file.read_text(encoding="utf-8")
        for part in ("trending", "jobs", "serve_app", "tune")
        for file in sorted((ROOT / part).rglob("*.py"))
        if "settings" not in file.relative_to(ROOT).parts
    ) + (ROOT / "trending" / "settings" / "platform.py").read_text(encoding="utf-8")
    names = {one.name.rpartition(".")[2] for one in read_settings(profile="prod").each()}
    names |= set(PoolSettings.model_fields)
    unread = [name for name in sorted(names) if not re.search(rf'\.{name}\b|"{name}"', code)]
    assert unread == ["target_ongoing_requests"], "which Ray Serve reads"


def test_the_laptops_profile_is_what_there_is_without_one() -> None:
    without = {"profile", "gate"}
    assert load_settings(profile="laptop").model_dump(exclude=without) == Settings().model_dump(
        exclude=without
    )


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_on_a_cluster_nothing_is_left_to_the_machine_of_the_job(name: str) -> None:
    settings = load_settings(profile=name)
    assert settings.home.expanduser().is_absolute()
    assert settings.catalog_type == "rest"
    assert all((settings.tracking_uri, settings.catalog_uri, settings.warehouse, settings.cluster.pools))
    assert settings.train.bert.device == "cuda"
    assert name in str(settings.tracking_uri)


def test_staging_differs_from_production_in_size_and_addresses_only() -> None:
    """What passes there runs here: the same sections, the same switches."""
    staging, prod = (
        shape(yaml.safe_load((PROFILES / name / "settings.yaml").read_text())) for name in NAMES[:1:-1]
    )
    assert staging == prod


def shape(value: object) -> object:
    """Names and words; of numbers and addresses only that they are there."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, str):
        return "address" if "://" in value else value
    return type(value)


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_the_serve_config_of_a_profile_is_valid_and_leaves_replicas_to_the_profile(name: str) -> None:
    from ray.serve.schema import ServeDeploySchema

    read = yaml.safe_load(Path(PROFILES / name / "serve.yaml").read_text(encoding="utf-8"))
    config = ServeDeploySchema.model_validate(read)
    [app] = config.applications
    assert app.deployments == []
    assert (app.runtime_env or {})["env_vars"] == {"TRENDING_PROFILE": name}
    settings = load_settings(profile=name)
    assert config.http_options is not None
    assert (config.http_options.host, config.http_options.port) == (settings.serve.host, settings.serve.port)
