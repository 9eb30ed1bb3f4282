"""From verdicts to the alias: what moves it, what does not, what is left on record."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.evaluation.gate.cases import GOOD, good
from tests.evaluation.gate.registered import EQUAL, PASSING, bundle_of, champion, registered, saying
from trending.errors import AuditError, BundleError, GateError
from trending.evaluation.audit import LOG, AuditLog
from trending.evaluation.gate.champion import appoint, check_audit, rollback
from trending.evaluation.gate.decision import RECORD, read_decision
from trending.evaluation.gate.promotion import approve, promote
from trending.evaluation.gate.stories import model_stories
from trending.models.registry import BUNDLE_TAG, REGISTERED_MODEL, open_client, read_registry, set_alias
from trending.settings import Settings

FIRST = saying(good(champion=None, against_champion=None, slices=()))


@pytest.fixture
def served(settings: Settings) -> str:
    """The version of a first champion."""
    version = registered(settings, 0.1)
    appoint(settings, version, who="ada@laptop")
    return version


def actions(settings: Settings) -> list[str]:
    return [record.action for record in AuditLog(settings.audit_dir).records()]


def aliases(settings: Settings) -> dict[str, str]:
    return dict(read_registry(settings).aliases)


def test_a_candidate_that_passes_is_champion_and_the_old_one_is_remembered(
    settings: Settings, served: str
) -> None:
    version = registered(settings, 0.2)
    decision = promote(settings, version, collect=PASSING, who="ada@laptop")
    assert decision.outcome == "promoted"
    assert aliases(settings) == {"champion": version, "previous": served}
    assert actions(settings) == ["appoint", "promote"]
    assert check_audit(settings).sound


def test_a_candidate_equal_to_the_champion_does_not_replace_it(settings: Settings, served: str) -> None:
    decision = promote(settings, registered(settings, 0.1), collect=EQUAL)
    assert decision.outcome == "blocked"
    assert decision.reasons == [
        "better than the champion: champion 0 (+0.0000 to +0.0000), wanted > 0, prior, version 1"
    ]
    assert champion(settings) == served
    assert actions(settings) == ["appoint", "block"]


def test_without_a_champion_the_first_that_passes_is_champion(settings: Settings) -> None:
    version = registered(settings, 0.2)
    assert promote(settings, version, collect=FIRST).champion is None
    assert aliases(settings) == {"champion": version}


def test_a_decision_is_on_record_with_every_number_and_on_a_page(settings: Settings, served: str) -> None:
    version = registered(settings, 0.2)
    decision = promote(settings, version, collect=PASSING, who="ada@laptop")
    found, _ = read_decision(settings, decision.id[:15])
    assert found == decision
    assert read_decision(settings, f"v{version}")[0] == decision
    assert (decision.decided_by, decision.asked_by, decision.policy) == (
        "policy laptop",
        "ada@laptop",
        "laptop",
    )
    checks = {check.subject: check for finding in found.findings for check in finding.checks}
    assert checks["champion"].ci95 == (0.01, 0.05)
    page = (settings.decisions_dir / decision.id / "decision.md").read_text(encoding="utf-8")
    assert page.startswith(f"# Promoted: version {version} (prior) against version {served} (prior)")
    for finding in decision.findings:
        assert f"## {finding.rule}: {finding.verdict}" in page
    assert "| champion | 0.03 | +0.0100 to +0.0500 |" in page


def test_versions_tell_how_the_gate_decided(settings: Settings, served: str) -> None:
    blocked, promoted = registered(settings, 0.1), registered(settings, 0.2)
    promote(settings, blocked, collect=EQUAL)
    promote(settings, promoted, collect=PASSING)
    stories = {story.version: story for story in model_stories(settings)}
    assert [stories[v].gate for v in (served, blocked, promoted)] == ["not asked", "blocked", "promoted"]
    assert "better than the champion" in stories[blocked].reasons[0]
    assert stories[promoted].aliases == ["champion"]
    assert stories[promoted].snapshot_id == "7"


def test_with_approval_the_champion_moves_only_when_a_person_says_so(settings: Settings, served: str) -> None:
    version = registered(settings, 0.2)
    waiting = promote(settings, version, collect=PASSING, require_approval=True)
    assert (waiting.outcome, champion(settings)) == ("waiting", served)
    approved = approve(settings, waiting.id, who="grace@desk", why="looked at the slices")
    assert (approved.outcome, champion(settings)) == ("promoted", version)
    assert approved.decided_by == "policy laptop, approved by grace@desk (looked at the slices)"
    assert read_decision(settings, waiting.id)[0] == approved
    assert actions(settings) == ["appoint", "wait", "approve"]
    with pytest.raises(GateError, match="does not wait for anyone: promoted"):
        approve(settings, waiting.id)


def test_a_policy_can_ask_for_approval(settings: Settings, served: str, tmp_path: Path) -> None:
    policy = tmp_path / "gate.yaml"
    policy.write_text("name: careful\napproval: true\n", encoding="utf-8")
    decision = promote(settings, registered(settings, 0.2), collect=PASSING, policy_file=policy)
    assert (decision.outcome, decision.policy, champion(settings)) == ("waiting", "careful", served)


def test_a_blocked_candidate_cannot_be_approved(settings: Settings, served: str) -> None:
    blocked = promote(settings, registered(settings, 0.1), collect=EQUAL, require_approval=True)
    with pytest.raises(GateError, match="does not wait for anyone: blocked"):
        approve(settings, blocked.id)
    assert champion(settings) == served


def test_a_decision_that_was_edited_into_waiting_is_not_approved(settings: Settings, served: str) -> None:
    blocked = promote(settings, registered(settings, 0.1), collect=EQUAL)
    path = settings.decisions_dir / blocked.id / RECORD
    path.write_text(path.read_text(encoding="utf-8").replace('"blocked"', '"waiting"'), encoding="utf-8")
    with pytest.raises(GateError, match="not as it was written"):
        approve(settings, blocked.id)
    assert champion(settings) == served


def test_a_bundle_that_was_exchanged_after_the_decision_is_not_approved(
    settings: Settings, served: str
) -> None:
    version = registered(settings, 0.2)
    waiting = promote(settings, version, collect=PASSING, require_approval=True)
    other = bundle_of(settings, 0.9)
    open_client(settings).set_model_version_tag(REGISTERED_MODEL, version, BUNDLE_TAG, str(other.folder))
    with pytest.raises(GateError, match="not the bundle that decision"):
        approve(settings, waiting.id)
    with pytest.raises(GateError, match="another bundle than was registered"):
        promote(settings, version, collect=PASSING)
    assert champion(settings) == served


def test_an_approval_that_comes_after_another_champion_is_overtaken(settings: Settings, served: str) -> None:
    slow, fast = registered(settings, 0.2), registered(settings, 0.3)
    waiting = promote(settings, slow, collect=PASSING, require_approval=True)
    promote(settings, fast, collect=PASSING)
    assert approve(settings, waiting.id).outcome == "overtaken"
    assert champion(settings) == fast
    assert actions(settings)[-1] == "overtake"


def test_a_race_of_promotions_has_one_winner(settings: Settings, served: str) -> None:
    versions = [registered(settings, 0.2 + number / 100) for number in range(4)]
    together = threading.Barrier(
        len(versions)
    )  # all have been judged against the same champion before one moves
    collect = saying(GOOD, then=together.wait)
    with ThreadPoolExecutor(len(versions)) as pool:
        decisions = list(pool.map(lambda version: promote(settings, version, collect=collect), versions))
    outcomes = [decision.outcome for decision in decisions]
    assert sorted(outcomes) == ["overtaken", "overtaken", "overtaken", "promoted"]
    assert champion(settings) == versions[outcomes.index("promoted")]
    assert aliases(settings)["previous"] == served
    assert check_audit(settings).sound


def test_the_champion_is_not_judged_against_itself(settings: Settings, served: str) -> None:
    with pytest.raises(GateError, match="the champion already"):
        promote(settings, served, collect=PASSING)


def test_only_registered_bundles_are_judged(settings: Settings, served: str) -> None:
    with pytest.raises(GateError, match="not registered"):
        promote(settings, str(bundle_of(settings, 0.3).folder), collect=PASSING)


def test_rollback_goes_back_one_champion_at_a_time(settings: Settings, served: str) -> None:
    second, third = registered(settings, 0.2), registered(settings, 0.3)
    for version in (second, third):
        promote(settings, version, collect=PASSING)
    assert aliases(settings) == {"champion": third, "previous": second}
    done = rollback(settings, why="complaints", who="grace@desk")
    assert (done.version, done.before) == (second, third)
    assert aliases(settings) == {"champion": second, "previous": served}
    assert rollback(settings).version == served
    assert aliases(settings) == {"champion": served}
    with pytest.raises(GateError, match="no earlier champion"):
        rollback(settings)
    assert actions(settings) == ["appoint", "promote", "promote", "rollback", "rollback"]
    assert AuditLog(settings.audit_dir).records()[3].facts["why"] == "complaints"
    assert check_audit(settings).sound


def test_after_a_rollback_another_can_be_promoted_and_rolled_back(settings: Settings, served: str) -> None:
    second, third = registered(settings, 0.2), registered(settings, 0.3)
    promote(settings, second, collect=PASSING)
    rollback(settings)
    promote(settings, third, collect=PASSING)
    assert rollback(settings).version == served, "what was rolled back does not come back"


def test_rollback_to_an_older_champion(settings: Settings, served: str) -> None:
    for says in (0.2, 0.3):
        promote(settings, registered(settings, says), collect=PASSING)
    never = registered(settings, 0.4)
    with pytest.raises(GateError, match=f"Version {never} was never champion"):
        rollback(settings, to=never)
    assert rollback(settings, to=f"v{served}").version == served


def test_a_damaged_bundle_is_not_rolled_back_to(settings: Settings, served: str) -> None:
    version = registered(settings, 0.2)
    promote(settings, version, collect=PASSING)
    (read_registry(settings).resolve(served).folder / "extra.txt").write_text("x", encoding="utf-8")
    with pytest.raises(BundleError, match=r"extra\.txt"):
        rollback(settings)
    assert champion(settings) == version


def test_an_alias_moved_by_hand_is_found_and_rolled_back(settings: Settings, served: str) -> None:
    promoted, smuggled = registered(settings, 0.2), registered(settings, 0.9)
    promote(settings, promoted, collect=PASSING)
    set_alias(settings, smuggled, "champion")
    (fault,) = check_audit(settings).faults
    assert f"champion is version {smuggled}, but the log's last champion is version {promoted}" in fault.what
    assert rollback(settings).version == promoted
    assert check_audit(settings).sound


def test_a_champion_from_before_the_log_can_be_rolled_back_to(settings: Settings) -> None:
    old, new = registered(settings, 0.1), registered(settings, 0.2)
    set_alias(settings, old, "champion")
    promote(settings, new, collect=PASSING)
    assert rollback(settings).version == old


def test_the_first_champion_needs_no_gate_and_the_second_does(settings: Settings, served: str) -> None:
    with pytest.raises(GateError, match="trending promote"):
        appoint(settings, registered(settings, 0.2))
    assert champion(settings) == served
    assert actions(settings) == ["appoint"]


def test_no_champion_moves_over_a_broken_log(settings: Settings, served: str) -> None:
    path = settings.audit_dir / LOG
    path.write_text(path.read_text(encoding="utf-8").replace("ada", "eve"), encoding="utf-8")
    with pytest.raises(AuditError, match="record 1 was changed"):
        promote(settings, registered(settings, 0.2), collect=PASSING)
    assert champion(settings) == served


def test_a_log_written_anew_does_not_fit_the_registry(settings: Settings, served: str) -> None:
    for file in settings.audit_dir.iterdir():
        file.unlink()
    AuditLog(settings.audit_dir).append("appoint", {"version": served, "before": None}, who="eve")
    assert not check_audit(settings).sound


def test_a_decision_is_named_by_enough_of_its_id(settings: Settings, served: str) -> None:
    made = [promote(settings, registered(settings, 0.1), collect=EQUAL).id for _ in range(2)]
    with pytest.raises(GateError, match=r"names 2 decision\(s\)"):
        read_decision(settings, "2")
    with pytest.raises(GateError, match=made[1]):
        read_decision(settings, "nothing")


def test_a_decision_is_plain_json(settings: Settings, served: str) -> None:
    decision = promote(settings, registered(settings, 0.1), collect=EQUAL)
    assert json.loads(json.dumps(decision.as_json()))["reasons"] == decision.reasons
