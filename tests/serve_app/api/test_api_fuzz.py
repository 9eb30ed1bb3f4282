"""The contract fuzzed from its own document: no 500, no undocumented status, nothing valid refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from fakes import fake_services
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from serve_app.api.app import build_api
from serve_app.api.openapi import FILE
from trending.settings import Settings

UNKNOWABLE: dict[str, list[Callable[..., Any]]] = {
    # A genre that is right and wrong at once is refused, and the schema cannot say so.
    "/v1/feedback": [checks.positive_data_acceptance],
}


def kinds_of_request() -> Iterator[tuple[str, str, GenerationMode]]:
    """Every operation with what fits it, and those that take something also with what does not."""
    for path, operations in json.loads(FILE.read_text(encoding="utf-8"))["paths"].items():
        for method, operation in operations.items():
            yield method, path, GenerationMode.POSITIVE
            if "parameters" in operation or "requestBody" in operation:
                yield method, path, GenerationMode.NEGATIVE


KINDS = list(kinds_of_request())


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Any:
    api = build_api(fake_services(), Settings(home=tmp_path_factory.mktemp("home")))
    return schemathesis.openapi.from_asgi("/openapi.json", api)


def fuzz(contract: Any, method: str, path: str, mode: GenerationMode, cases: int) -> Counter[int]:
    operation = contract[path][method.upper()]
    seen: Counter[int] = Counter()

    @given(case=operation.as_strategy(mode))
    @settings(
        max_examples=cases,
        deadline=None,
        derandomize=cases < 50,
        database=None,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    def ask(case: schemathesis.Case) -> None:
        # Without keys configured nothing is refused for the lack of one, which the document says.
        excluded: list[Any] = [checks.ignored_auth, *UNKNOWABLE.get(path, ())]
        seen[case.call_and_validate(excluded_checks=excluded).status_code] += 1

    ask()
    return seen


@pytest.mark.parametrize(("method", "path", "mode"), KINDS)
def test_the_service_keeps_its_word(contract: Any, method: str, path: str, mode: GenerationMode) -> None:
    assert fuzz(contract, method, path, mode, 2)


@pytest.mark.slow
def test_the_service_keeps_its_word_in_two_thousand_cases(contract: Any) -> None:
    seen = sum((fuzz(contract, *kind, cases=150) for kind in KINDS), Counter())
    assert sum(seen.values()) >= 2000, seen
    assert set(seen) <= {200, 201, 400, 404, 413, 422}, seen
