"""Defaults, profile, settings file, environment, options: which wins, and that each value says where it is from."""

from __future__ import annotations

from pathlib import Path

import pytest

from trending.errors import SettingsError
from trending.settings import Settings, load_settings, read_settings


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile of one's own, chosen by the environment."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "settings.yaml").write_text(
        "train:\n  seed: 1\n  xgboost:\n    num_workers: 3\n    resources: {cpus: 2}\n", encoding="utf-8"
    )
    (folder / "gate.yaml").write_text("name: mine\n", encoding="utf-8")
    monkeypatch.setenv("TRENDING_PROFILE", str(folder))
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text("train:\n  xgboost:\n    num_workers: 4\n    rounds: 9\n", encoding="utf-8")
    return path


def origins(file: Path | None = None, **overrides: object) -> dict[str, tuple[object, str]]:
    return {one.name: (one.value, one.origin) for one in read_settings(file, **overrides).each()}  # pyright: ignore[reportArgumentType]


def test_each_layer_wins_over_the_one_before(
    profile: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boosting = load_settings().train.xgboost
    assert (boosting.num_workers, boosting.resources.cpus, boosting.rounds) == (3, 2, 400)
    boosting = load_settings(file).train.xgboost
    assert (boosting.num_workers, boosting.resources.cpus, boosting.rounds) == (4, 2, 9)
    monkeypatch.setenv("TRENDING_TRAIN__XGBOOST__NUM_WORKERS", "5")
    boosting = load_settings(file).train.xgboost
    assert (boosting.num_workers, boosting.resources.cpus, boosting.rounds) == (5, 2, 9)


def test_every_value_says_what_said_it(profile: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRENDING_RAY", '{"object_store_mb": 99}')
    monkeypatch.setenv("TRENDING_SERVE__PORT", "8001")
    said = origins(file, home=Path("/h"))
    assert said["home"] == ("/h", "--home")
    assert said["serve.port"] == (8001, "TRENDING_SERVE__PORT")
    assert said["ray.object_store_mb"] == (99, "TRENDING_RAY")
    assert said["ray.dashboard"] == (False, "default")
    assert said["train.xgboost.num_workers"] == (4, f"{file}:3")
    assert said["train.xgboost.resources.cpus"] == (2, f"{profile}/settings.yaml:5")
    assert said["train.seed"] == (1, f"{profile}/settings.yaml:2")
    assert said["gate.policy_file"] == (f"{profile}/gate.yaml", f"{profile}/gate.yaml")
    assert said["profile"] == (str(profile), "TRENDING_PROFILE")


def test_nothing_is_left_out(settings: Settings) -> None:
    assert {name.partition(".")[0] for name in origins()} == set(Settings.model_fields)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("train:\n  xgboost:\n    rounds: 0\n", ":3: train.xgboost.rounds: "),
        ("train:\n  bert:\n    num_workers: many\n", ":3: train.bert.num_workers"),
        ("train:\n\n  colour: red\n", ":3: train.colour: Extra inputs"),
        ("sever:\n  port: 1\n", ":1: sever: Extra inputs"),
        ("cluster:\n  pools:\n    - {name: a, cpus: 1, memory_gib: 1}\n    - {name: b, cpus: 1}\n", ":4: "),
        ("cluster:\n  pools:\n    - {name: a, cpus: 1, memory_gib: 1, min_nodes: 3}\n", "min_nodes is more"),
        ("serve:\n  port: 1\n  port: 2\n", ":3: `port` stands here twice"),
        ("- a\n", "expected a mapping of settings"),
        ("profile: prod\n", ":1: a file cannot choose the profile"),
        ("catalog_type: rest\n", "catalog_uri: Value error, a catalog of type rest needs its address"),
        ("catalog_credential: {env: A, file: b}\n", ":1: catalog_credential"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert f"{path}" in str(caught.value)
    assert told in str(caught.value)


def test_a_wrong_value_of_a_profile_is_told_apart_from_one_of_the_file(profile: Path, file: Path) -> None:
    with (profile / "settings.yaml").open("a", encoding="utf-8") as more:
        more.write("serve:\n  port: 0\n")
    with pytest.raises(SettingsError, match=r"mine/settings\.yaml:7: serve\.port"):
        load_settings(file)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRENDING_TRAIN__SEED", "early")
    with pytest.raises(SettingsError, match=r"TRENDING_TRAIN__SEED: train\.seed"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "told"),
    [("TRENDING_TRIAN__SEED", "TRENDING_TRAIN__"), ("TRENDING_TRAIN__SEAD", r"train\.SEAD|train\.sead")],
)
def test_a_variable_that_names_no_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=told):
        load_settings()


def test_a_password_in_a_file_is_refused_and_is_never_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "leaky.yaml"
    path.write_text("catalog_uri: postgresql://me:hunter2@db/catalog\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="TRENDING_CATALOG_URI") as caught:
        load_settings(path)
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("TRENDING_CATALOG_URI", "postgresql://me:hunter2@db/catalog")
    assert load_settings().catalog_uri == "postgresql://me:hunter2@db/catalog"
    assert origins()["catalog_uri"] == ("postgresql://***@db/catalog", "TRENDING_CATALOG_URI")


def test_a_default_home_yields_to_everything(
    profile: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRENDING_DEFAULT_HOME", "/fallback")
    assert load_settings().home == Path("/fallback")
    file = tmp_path / "home.yaml"
    file.write_text("home: /mine\n", encoding="utf-8")
    assert load_settings(file).home == Path("/mine")


def test_a_secret_is_read_from_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credential"
    rest = {"catalog_type": "rest", "catalog_uri": "https://c"}
    by_file = load_settings(values=rest | {"catalog_credential": {"file": str(file)}})
    with pytest.raises(SettingsError, match="credential is not there"):
        _ = by_file.iceberg_kwargs
    file.write_text("id:secret\n", encoding="utf-8")
    assert by_file.iceberg_kwargs["credential"] == "id:secret"
    assert by_file.iceberg_kwargs["type"] == "rest"
    by_env = load_settings(values=rest | {"catalog_credential": {"env": "MY_CREDENTIAL"}})
    monkeypatch.setenv("MY_CREDENTIAL", "id:other")
    assert by_env.iceberg_kwargs["credential"] == "id:other"
    assert "id:other" not in repr(by_env)
    assert "credential" not in Settings().iceberg_kwargs
