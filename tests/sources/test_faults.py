from __future__ import annotations

import logging
import pickle

import pytest

from trending.errors import SourceError
from trending.sources.faults import find_source_error, source_faults


def test_a_source_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(SourceError("a.csv:3", "broken", "Mend it.")))
    assert (error.where, error.what, error.hint) == ("a.csv:3", "broken", "Mend it.")
    assert str(error) == "a.csv:3: broken. Mend it."


def test_the_error_is_found_however_deep_it_was_wrapped() -> None:
    inner = SourceError("a.csv:3", "broken")
    outer = RuntimeError("outer")
    outer.__cause__ = ValueError("between")
    outer.__cause__.__context__ = inner
    assert find_source_error(outer) is inner
    assert find_source_error(RuntimeError("other")) is None


def test_a_task_of_ray_gives_its_source_error_back_plain(ray_cluster: None) -> None:
    import ray

    @ray.remote
    def fail() -> None:
        raise SourceError("a.csv:3", "broken", "Mend it.")

    with pytest.raises(SourceError) as caught, source_faults():
        ray.get(fail.remote())
    assert type(caught.value) is SourceError
    assert str(caught.value) == "a.csv:3: broken. Mend it."


def test_other_errors_pass_and_the_log_of_ray_data_speaks_again() -> None:
    log = logging.getLogger("ray.data")
    before = log.level
    plain = SourceError("a.csv:3", "broken")
    for error in (ValueError("other"), plain):
        with pytest.raises(type(error)) as caught, source_faults():
            raise error
        assert caught.value is error
    assert log.level == before
