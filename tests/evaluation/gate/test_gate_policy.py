from __future__ import annotations

from pathlib import Path

import pytest

from trending.errors import PolicyError
from trending.evaluation.gate.policy import SHIPPED, load_policy
from trending.settings import GateSettings, Settings

PROFILES = Path(__file__).resolve().parents[3] / "cluster" / "profiles"
NAMES = ("laptop", "dev", "staging", "prod")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gate.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_has_a_policy_that_can_be_read(settings: Settings, name: str) -> None:
    found = load_policy(settings, PROFILES / name / "gate.yaml")
    assert found.policy.name == name
    assert len(found.sha256) == 64


def test_the_laptops_policy_ships_with_the_package_and_is_the_profiles_own_file(settings: Settings) -> None:
    assert load_policy(settings).path == SHIPPED
    assert (PROFILES / "laptop" / "gate.yaml").resolve() == SHIPPED.resolve()


def test_policies_get_stricter_on_the_way_to_production(settings: Settings) -> None:
    policies = [load_policy(settings, PROFILES / name / "gate.yaml").policy for name in NAMES]
    floors = [policy.floors["map"] for policy in policies]
    assert floors == sorted(floors)
    margins = [policy.protected.margin for policy in policies if policy.protected]
    assert margins == sorted(margins, reverse=True)
    assert [policy.approval for policy in policies] == [False, False, False, True]
    staging, prod = (policy.model_dump(exclude={"name", "approval"}) for policy in policies[2:])
    assert staging == prod, "what passes in staging would pass in production"


def test_settings_name_the_policy_and_an_option_wins(settings: Settings, tmp_path: Path) -> None:
    mine = written(tmp_path, "name: mine\n")
    chosen = settings.model_copy(update={"gate": GateSettings(policy_file=mine)})
    assert load_policy(chosen).policy.name == "mine"
    assert load_policy(chosen, PROFILES / "prod" / "gate.yaml").policy.name == "prod"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "name: x\nfloors:\n  micro_f1: 1.5\n",
            ":3: floors.micro_f1: Input should be less than or equal to 1",
        ),
        ("name: x\nfloors:\n  mikro_f1: 0.5\n", ":3: floors.mikro_f1"),
        ("name: x\n\nslices:\n  margn: 0.1\n", ":4: slices.margn: Extra inputs are not permitted"),
        ("name: x\nslices:\n  p_value: 0.1\n", ":2: slices.margin: Field required"),
        ("name: x\nprotected:\n  slices:\n    - kind=show\n    - 3\n", ":5: protected.slices.1"),
        ("floors: {}\n", ":1: name: Field required"),
        ("- a\n", "expected a mapping"),
        ("name: [x\n", "not YAML"),
        ("name: x\nleast_titles: 10\nleast_titles: 0\n", ":3: `least_titles` stands here twice"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(
    settings: Settings, tmp_path: Path, text: str, told: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        load_policy(settings, path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_every_wrong_field_is_told_at_once(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, "name: x\nfloors:\n  map: 2\nserving:\n  latency_p99_ms: -1\n")
    with pytest.raises(PolicyError, match=r"2 wrong field\(s\)"):
        load_policy(settings, path)


def test_a_policy_that_is_not_there_says_where_examples_are(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cluster/profiles"):
        load_policy(settings, tmp_path / "none.yaml")
