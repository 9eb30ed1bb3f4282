"""The figures of `benchmarks.serving` as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.serving_ceiling import Ceiling
from benchmarks.serving_genres import BODY, SHARES, Measured
from benchmarks.serving_llm import Generated
from benchmarks.serving_load import Load
from benchmarks.serving_overload import Overload

CONSOLE = Console(width=150)


def print_ceiling(found: Sequence[Ceiling]) -> None:
    """The model alone."""
    table = make_table("the model alone", "titles/s", "against", "one at a time, titles/s", "one title, ms")
    for one in found:
        ratio = f"{one.titles_per_s / found[-1].titles_per_s:.2f}"
        table.add_row(
            one.name, f"{one.titles_per_s:.0f}", ratio, f"{one.alone_per_s:.0f}", f"{one.alone_ms:.1f}"
        )
    CONSOLE.print(table, "")


def print_genres(ceiling: Ceiling, found: Sequence[Measured]) -> None:
    """Titles a second and their share of the ceiling; latencies; the open loop."""
    numbers = [load.clients for load in found[0].closed] if found else []
    heads = [f"{n} clients" for n in numbers]
    table = make_table("titles/s", *heads, f"bodies of {BODY}", "best / ceiling", "MiB", "errors")
    for one in found:
        loads = [*one.closed, one.large]
        table.add_row(
            one.name,
            *(f"{load.titles_per_s:.0f}" for load in loads),
            f"{one.best_per_s / ceiling.titles_per_s:.2f}",
            f"{one.peak_mb:.0f}",
            f"{sum(load.errors + load.refused for load in [*loads, *one.opened])}",
        )
    CONSOLE.print(table, "")
    table = make_table("p50 / p95 / p99, ms", *heads, *(f"open, {share:.0%} of its best" for share in SHARES))
    for one in found:
        table.add_row(one.name, *(latencies(load) for load in [*one.closed, *one.opened]))
    CONSOLE.print(table, "")
    print_cpu(found)


def print_cpu(found: Sequence[Measured]) -> None:
    """Where the CPU time of a title goes."""
    table = make_table("CPU of one title, ms", "server", "clients")
    table.add_column("processes of the server")
    for one in found:
        parts = ", ".join(f"{name} {ms:.1f}" for name, ms in list(one.cpu_ms.items())[:7])
        table.add_row(one.name, f"{sum(one.cpu_ms.values()):.1f}", f"{one.client_cpu_ms:.1f}", parts)
    CONSOLE.print(table, "")


def latencies(load: Load) -> str:
    """Three percentiles."""
    return f"{load.p50_ms:.0f} / {load.p95_ms:.0f} / {load.p99_ms:.0f}"


def print_overload(found: Sequence[Overload]) -> None:
    """At capacity and over it."""
    table = make_table("overload", *(one.name for one in found))
    rows = {
        "capacity, requests/s": lambda one: f"{one.capacity_per_s:.0f} ({one.at_capacity.clients} clients)",
        "p50 / p95 / p99 at capacity, ms": lambda one: latencies(one.at_capacity),
        "asked, requests/s": lambda one: f"{one.overloaded.rate:.0f}",
        "answered, requests/s": lambda one: f"{one.overloaded.requests_per_s:.0f}",
        "p50 / p95 / p99 of those, ms": lambda one: latencies(one.overloaded),
        "refused with 503": lambda one: f"{one.refused_share:.0%}",
        "of these without Retry-After": lambda one: f"{one.without_retry_after}",
        "p50 / p99 of refusals, ms": lambda one: f"{one.refusal_p50_ms:.0f} / {one.refusal_p99_ms:.0f}",
        "other errors": lambda one: f"{one.overloaded.errors}",
        "recovered after, s": lambda one: f"{one.recovered_s:.1f}",
    }
    for name, figure in rows.items():
        table.add_row(name, *(figure(one) for one in found))
    CONSOLE.print(table, "")


def print_llm(found: Sequence[Generated]) -> None:
    """Tokens a second, beside the first row, and the time to the first piece."""
    table = make_table(
        "language model", "streams", "tokens/s", "against", "first piece p50 / p95, ms", "errors"
    )
    alone = {one.streams: one.tokens_per_s for one in found[0].streams}
    for way in found:
        for one in way.streams:
            table.add_row(
                way.name,
                str(one.streams),
                f"{one.tokens_per_s:.0f}",
                f"{one.tokens_per_s / alone[one.streams]:.2f}",
                f"{one.first_p50_ms:.0f} / {one.first_p95_ms:.0f}",
                str(one.errors),
            )
    CONSOLE.print(table, "")


def make_table(first: str, *others: str) -> Table:
    """Names on the left, figures on the right."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
