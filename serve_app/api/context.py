"""What the routes stand on, made once by `build_api`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt
from fastapi import Depends
from starlette.requests import Request

from serve_app.api.admission import Admission, Caller
from serve_app.api.cache import RecentlyUsed
from serve_app.api.limits import Shedding
from serve_app.api.vitals import Vitals
from serve_app.contracts import ModelCard, Services, TitleStoreService
from trending.settings import Settings

CachedRow = tuple[ModelCard, npt.NDArray[np.float32]]
Reasons = Mapping[str, Sequence[tuple[str, float]]]
_SNAPSHOT_MAX_AGE_S = 1.0


class CurrentSnapshot:
    """The tables' version, asked for once a second at the most: it stands in front of every read."""

    def __init__(self, titles: TitleStoreService, *, max_age_s: float = _SNAPSHOT_MAX_AGE_S) -> None:
        self._titles = titles
        self._max_age_s = max_age_s
        self._known: tuple[float, str] | None = None

    async def get(self) -> str:
        """The snapshot id."""
        now = time.monotonic()
        if self._known is None or now - self._known[0] > self._max_age_s:
            self._known = (now, await self._titles.snapshot_id())
        return self._known[1]


@dataclass
class ApiContext:
    """Services, settings, and what the gateway remembers."""

    services: Services
    settings: Settings
    admission: Admission
    vitals: Vitals
    rows: RecentlyUsed[CachedRow]
    """Answers of the classifiers, by document and version."""
    reasons: RecentlyUsed[Reasons]
    """The words that decided, by document and version: an explanation costs as much as dozens of answers."""
    snapshot: CurrentSnapshot
    shedding: Shedding = field(default_factory=Shedding)
    """Of the classifiers."""
    unavailable: tuple[type[BaseException], ...] = ()
    started: int = field(default_factory=lambda: int(time.time()))


async def context_of(request: Request) -> ApiContext:
    """The context of the API that this request came to."""
    return request.app.state.context


async def caller_of(request: Request) -> Caller:
    """Who asks; the route's class has let them in."""
    return request.state.caller


async def request_id_of(request: Request) -> str:
    """The request's id."""
    return request.scope["request_id"]


Context = Annotated[ApiContext, Depends(context_of)]
CallerIn = Annotated[Caller, Depends(caller_of)]
RequestId = Annotated[str, Depends(request_id_of)]
