"""The contract, fuzzed from the OpenAPI document: whatever is asked, no 500 and nothing that is not documented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from serve_app.api.app import build_api
from tests.serve_app.api.fakes import fake_services
from trending.settings import ServeSettings, Settings

FEW, SOME, MANY = 3, 20, 140
"""Cases of each operation that fit the document, and as many that do not."""
UNHURRIED = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]
ALTERNATIVES = ("/v1/chat/completions",)
"""Where a value that one of several schemas forbids is allowed by another. Schemathesis takes that for a fault, and
413 for an acceptance."""
LEAST = 2000
"""Cases of the thorough run."""


@pytest.fixture(scope="module")
def on_fakes(tmp_path_factory: pytest.TempPathFactory) -> BaseSchema:
    """The whole API, on services that answer at once."""
    unlimited = ServeSettings(rate_per_minute=10**9, max_body_kb=256)
    home: Path = tmp_path_factory.mktemp("contract")
    return schemathesis.openapi.from_asgi(
        "/openapi.json", build_api(fake_services(), Settings(home=home, serve=unlimited))
    )


@pytest.fixture
def tally(capsys: pytest.CaptureFixture[str]) -> Iterator[Counter[int]]:
    """Cases by status, told at the end."""
    counted: Counter[int] = Counter()
    yield counted
    with capsys.disabled():
        by_status = ", ".join(f"{status}: {n}" for status, n in sorted(counted.items()))
        print(f"\n{counted.total()} cases ({by_status})")  # noqa: T201 (the count is what the run is for)


def test_a_few_cases_of_every_operation_are_answered_as_documented(
    on_fakes: BaseSchema, tally: Counter[int], subtests: pytest.Subtests
) -> None:
    fuzz(on_fakes, FEW, tally, subtests)
    assert {200, 422} <= set(tally)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_thousands_of_cases_are_answered_as_documented(
    on_fakes: BaseSchema, tally: Counter[int], subtests: pytest.Subtests
) -> None:
    fuzz(on_fakes, MANY, tally, subtests)
    assert tally.total() >= LEAST


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_some_cases_of_the_running_service_are_answered_as_documented(
    service: str, tally: Counter[int], subtests: pytest.Subtests
) -> None:
    fuzz(schemathesis.openapi.from_url(f"{service}/openapi.json"), SOME, tally, subtests)
    assert {200, 422} <= set(tally)


def fuzz(schema: BaseSchema, examples: int, tally: Counter[int], subtests: pytest.Subtests) -> None:
    """Every operation, with what the document allows and with what it does not."""
    for found in schema.get_all_operations():
        operation = cast(Ok[APIOperation], found).ok()
        for mode in GenerationMode:
            with subtests.test(operation=operation.label, mode=mode.value):
                fuzz_operation(operation, mode, examples, tally)


def fuzz_operation(operation: APIOperation, mode: GenerationMode, examples: int, tally: Counter[int]) -> None:
    """All checks but that whatever fits the document is accepted: that a genre cannot be both wrong and right is no
    matter of types."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=UNHURRIED,
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        response = case.call()
        tally[response.status_code] += 1
        excluded = [positive_data_acceptance]
        if operation.path in ALTERNATIVES or response.status_code == 413:
            excluded.append(negative_data_rejection)
        if response.status_code == 503:
            # No language model, or too much to do: honest where it says when to come again.
            assert "retry-after" in response.headers
            excluded.append(not_a_server_error)
        case.validate_response(response, excluded_checks=excluded)

    with suppress(Unsatisfiable):  # there is no wrong way to ask an operation without parameters
        ask()
