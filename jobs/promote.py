"""`trending promote` and `trending approve`: through the gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, Output, SettingsOption, open_output

if TYPE_CHECKING:
    from rich.table import Table

    from trending.evaluation.gate.decision import Decision

CandidateArgument = Annotated[str, typer.Argument(help="Version, alias or run id of the candidate.")]
DecisionArgument = Annotated[
    str, typer.Argument(help="Id of a decision that waits, its beginning, or its version (`v7`).")
]
ApprovalOption = Annotated[
    bool, typer.Option("--require-approval", help="A candidate that passes waits for `trending approve`.")
]
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        help="A `gate.yaml` (else the profile's; the setting `gate.policy_file`).",
        show_default=False,
    ),
]
WhyOption = Annotated[str, typer.Option("--why", help="Into the record, and the audit log.")]
NOT_PROMOTED = 1
"""Exit code of a candidate that is not champion and waits for nobody."""


def promote(
    candidate: CandidateArgument,
    require_approval: ApprovalOption = False,
    policy: PolicyOption = None,
    data: DataOption = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Judge a candidate beside the champion on the same untouched titles; make it champion where it passes.

    The rules are those of the policy file. The decision, each rule and its numbers are written under
    `reports/decisions/`. Ends with 0 where the candidate is champion or waits for approval, with 1 where it is not.

    Example: `trending --profile prod promote 7`
    """
    from trending.evaluation.gate.promotion import promote as judge_and_promote

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        decision = judge_and_promote(
            output.settings,
            candidate,
            policy_file=policy,
            require_approval=require_approval,
            snapshot=data,
            report=steps,
        )
    _tell(output, decision)


def approve(
    decision: DecisionArgument,
    why: WhyOption = "",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Make the candidate of a decision that waits the champion.

    Refused where the decision or the bundle is not as it was when it was judged. Where another champion came in the
    meantime, the candidate is overtaken and must be judged again.
    """
    from trending.evaluation.gate.promotion import approve as approve_decision

    output = open_output(as_json=json, home=home, settings_file=settings)
    _tell(output, approve_decision(output.settings, decision, why=why))


def _tell(output: Output, decision: Decision) -> None:
    print_decision(output, decision)
    output.result(decision.as_json())
    if decision.outcome in ("blocked", "overtaken"):
        raise typer.Exit(NOT_PROMOTED)


def print_decision(output: Output, decision: Decision) -> None:
    """Verdict, rules and reasons, for a person."""
    from rich.markup import escape

    say, colour = output.console.print, "green" if decision.outcome in ("promoted", "waiting") else "red"
    against = f"version {decision.champion.version}" if decision.champion else "no champion"
    say(
        f"\n[bold {colour}]{decision.outcome.capitalize()}[/bold {colour}]: version {decision.candidate.version} "
        f"({decision.candidate.model}) against {against}, on {decision.gate_set.titles:,} titles. {decision.told}"
    )
    say(_rules(decision))
    for reason in decision.reasons:
        say(f"  [red]{escape(reason)}[/red]", soft_wrap=True)
    say(f"Decision: {output.settings.decisions_dir / decision.id}", soft_wrap=True)


def _rules(decision: Decision) -> Table:
    from rich.table import Table

    colours = {"pass": "green", "fail": "red", "not applicable": "dim"}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("rule", "verdict", "checks", "what it asks"):
        table.add_column(column)
    for one in decision.findings:
        passed = sum(check.passed for check in one.checks)
        shown = f"[{colours[one.verdict]}]{one.verdict}[/{colours[one.verdict]}]"
        table.add_row(one.rule, shown, f"{passed}/{len(one.checks)}" if one.checks else "", one.asks)
    return table
