"""Does a deployed service answer as it should? `python cluster/smoke.py URL`; TRENDING_API_KEY where it has keys.

A few requests, in seconds: alive, ready, genres of a title, the catalogue, the model behind it, and that a stranger
without a key is refused where there are keys.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from trending.errors import TrendingError

if TYPE_CHECKING:
    import httpx

TITLE = {
    "title": "The Long Quiet",
    "plot": "A detective hunts a killer through a city that never quite sleeps.",
}
UP_S = 120.0
"""Seconds that a tunnel or a service may take until it answers at all."""


class SmokeError(TrendingError):
    """An answer that a healthy service would not give."""


def smoke(client: httpx.Client, *, key: str | None = None, patience_s: float = UP_S) -> Iterator[str]:
    """What was found right, one line a check. Raises `SmokeError` at the first that is not."""
    _wait(client, patience_s)
    yield "alive"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    _expect(client.get("/readyz"), 200)
    yield "ready"
    found = _expect(client.post("/v1/genres", json=TITLE, headers=headers), 200).json()
    genres = [genre["genre"] for result in found.get("results", ()) for genre in result["genres"]]
    if not genres:
        raise SmokeError(f"POST /v1/genres: no genres in {found}")
    yield f"genres: {', '.join(genres)}"
    titles = _expect(client.get("/v1/titles", params={"limit": 1}, headers=headers), 200).json()
    yield f"catalogue: {titles.get('total', len(titles.get('items', ())))} titles"
    _expect(client.get("/v1/system", headers=headers), 200)
    yield "system"
    if key:
        _expect(client.post("/v1/genres", json=TITLE), 401)
        yield "a stranger is refused"


def _wait(client: httpx.Client, patience_s: float, clock: Callable[[], float] = time.monotonic) -> None:
    import httpx

    deadline = clock() + patience_s
    while True:
        try:
            answer = client.get("/healthz")
        except httpx.TransportError as error:
            why = str(error)
        else:
            if answer.status_code == 200:
                return
            why = f"status {answer.status_code}"
        if clock() > deadline:
            raise SmokeError(f"GET /healthz: no answer in {patience_s:.0f} s: {why}")
        time.sleep(1)


def _expect(answer: httpx.Response, status: int) -> httpx.Response:
    if answer.status_code != status:
        request = answer.request
        raise SmokeError(
            f"{request.method} {request.url.path}: status {answer.status_code}, not {status}: {answer.text[:300]}"
        )
    return answer


def main(arguments: list[str]) -> int:
    """Print what was found; 0 where all is well, 1 at the first wrong answer, 2 for wrong usage."""
    import httpx

    if len(arguments) != 1:
        sys.stderr.write("usage: python cluster/smoke.py URL\n")
        return 2
    with httpx.Client(base_url=arguments[0], timeout=30) as client:
        try:
            for line in smoke(client, key=os.environ.get("TRENDING_API_KEY")):
                sys.stdout.write(f"ok  {line}\n")
        except SmokeError as error:
            sys.stderr.write(f"error: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
