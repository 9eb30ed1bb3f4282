"""With `--json`, standard output holds the result and nothing else, whatever libraries print."""

from __future__ import annotations

import json

import pytest

from jobs.console import only_results, write_result


def test_what_others_print_goes_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    with only_results():
        print("(raylet) a node was lost")  # noqa: T201 (as Ray does)
        write_result({"rows": 3})
        print("(raylet) once more")  # noqa: T201
    out, err = capsys.readouterr()
    assert json.loads(out) == {"rows": 3}
    assert err.count("(raylet)") == 2


def test_afterwards_printing_is_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), only_results():
        raise RuntimeError
    print("as before")  # noqa: T201
    write_result({"rows": 4})
    assert capsys.readouterr().out == 'as before\n{"rows": 4}\n'
