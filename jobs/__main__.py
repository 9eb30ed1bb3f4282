"""`trending JOB` and `python -m jobs JOB`."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import NoReturn

from jobs.exhausted import exhausted
from trending.errors import TrendingError


def main(arguments: list[str] | None = None) -> None:
    """Run one job and exit: 0 done, 1 an error that the message explains, 2 wrong usage, 130 stopped."""
    from jobs.cli import build_app
    from jobs.console import only_results

    words = sys.argv[1:] if arguments is None else arguments
    try:
        with only_results() if "--json" in words else nullcontext():
            build_app()(args=words, prog_name="trending")
    except TrendingError as error:
        _fail(error, as_json="--json" in words)
    except SystemError as error:
        if not _is_interrupt(error):
            raise
        sys.exit(130)
    except Exception as error:
        full = exhausted(error)
        if full is None:
            raise
        _fail(full, as_json="--json" in words)


def _fail(error: TrendingError, *, as_json: bool) -> NoReturn:
    sys.stderr.write(f"error: {error}\n")
    if as_json:
        sys.stdout.write(json.dumps({"error": str(error), "type": type(error).__name__}) + "\n")
    sys.exit(1)


def _is_interrupt(error: BaseException) -> bool:
    """Ctrl-C in the middle of a call into C arrives as the cause of a `SystemError`."""
    behind = error.__cause__ or error.__context__
    return behind is not None and (isinstance(behind, KeyboardInterrupt) or _is_interrupt(behind))


if __name__ == "__main__":
    main()
