"""OpenVINO, its language models and nncf, imported so that nothing is sent anywhere and nothing is printed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

TELEMETRY = "openvino_telemetry"


def import_openvino() -> ModuleType:
    """The package `openvino`. Nothing else in the platform imports it.

    On import it would report its use to its makers. An empty module in the place of the package that does so
    makes it, and nncf, take the stub that they have for machines without that package.
    """
    sys.modules.setdefault(TELEMETRY, ModuleType(TELEMETRY))
    import openvino

    return openvino


def import_openvino_genai() -> ModuleType:
    """The package `openvino_genai`: language models on OpenVINO."""
    import_openvino()
    import openvino_genai

    return openvino_genai


def import_nncf() -> ModuleType:
    """The package `nncf`, which logs errors only."""
    import_openvino()
    # nncf makes its own class of loggers that of all the loggers to come.
    before = logging.getLoggerClass()
    try:
        import nncf
    finally:
        logging.setLoggerClass(before)
    nncf.set_log_level(logging.ERROR)
    return nncf


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """nncf draws its progress bars on rich's global console, which nothing else here uses."""
    import rich

    console = rich.get_console()
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before
