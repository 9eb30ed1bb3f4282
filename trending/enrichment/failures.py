"""A call that failed as a fault: its kind, and a plain sentence.

The error's own text stays out of it: behind Ray it holds a traceback, and of a remote engine whatever that sent.
"""

from __future__ import annotations

from typing import Literal

from trending.enrichment.schema import Fault
from trending.errors import LLMBudgetError, LLMBusyError, LLMDeadlineError, PromptError

Part = Literal["summary", "tags", "score", "genres"]
TRANSIENT = frozenset(("busy", "budget", "deadline", "failed", "classifier"))
"""Kinds of faults that may be gone at the next try: an answer with one is not kept."""

_CAUSES = (
    (LLMBudgetError, "budget", "the language model's budget of the day is spent"),
    (LLMBusyError, "busy", "the language model is busy"),
    (LLMDeadlineError, "deadline", "the language model did not answer in time"),
    (PromptError, "prompt", "the texts are too long for the language model"),
)


def fault_of(error: Exception, part: Part, *, attempt: int = 1) -> Fault:
    """The fault that a failed call of the language model is."""
    for cause, kind, detail in _CAUSES:
        if isinstance(error, cause):
            return Fault(part, kind, detail, attempt)
    return Fault(part, "failed", f"the language model did not answer ({type(error).__name__})", attempt)
