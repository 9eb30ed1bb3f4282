"""Servers that people would use instead, with the same bundle: `python -m benchmarks.serving_peers --help`.

All take the body of `POST /v1/genres` and answer with the probabilities of each title.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.serving_models import open_model
from benchmarks.serving_texts import document_of

BATCH, WAIT_MS = 32, 5
"""Requests of a batch at the most, and how long the first waits for others; as `trending serve`."""
PATHS = {"fastapi": "/v1/genres", "litserve": "/v1/genres", "mosec": "/inference"}
SERVERS, MODELS = tuple(PATHS), ("ours", "padded", "pipeline")
MOSEC_MODEL, MOSEC_BUNDLE = "BENCH_MOSEC_MODEL", "BENCH_MOSEC_BUNDLE"


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving_peers", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("server", choices=SERVERS)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    serve = {"fastapi": serve_fastapi, "litserve": serve_litserve, "mosec": serve_mosec}[chosen.server]
    serve(chosen.model, chosen.bundle, chosen.port)


def answers(model: Any, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One answer a request, all titles of all requests in one call of the model."""
    documents = [[document_of(title, 0) for title in request["titles"]] for request in requests]
    rows = model.predict_proba([document for some in documents for document in some]).tolist()
    found, start = [], 0
    for some in documents:
        found.append({"results": rows[start : start + len(some)]})
        start += len(some)
    return found


def serve_fastapi(kind: str, bundle: Path, port: int) -> None:
    """FastAPI under uvicorn: a plain function as the endpoint, which FastAPI calls in a thread."""
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Title(BaseModel):
        title: str
        plot: str
        reviews: list[str] = []

    class Titles(BaseModel):
        titles: list[Title]

    model, api = open_model(kind, bundle), FastAPI()

    def genres(request: Titles) -> dict[str, Any]:
        return answers(model, [request.model_dump()])[0]

    genres.__annotations__ = {"request": Titles, "return": dict[str, Any]}
    api.post(PATHS["fastapi"])(genres)
    uvicorn.run(api, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def serve_litserve(kind: str, bundle: Path, port: int) -> None:
    """LitServe: one worker, dynamic batches."""
    import litserve

    from benchmarks.serving_litserve import GenreAPI

    options = {"max_batch_size": BATCH, "batch_timeout": WAIT_MS / 1000, "api_path": PATHS["litserve"]}
    api = GenreAPI(kind, bundle, **options)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=120)
    server.run(host="127.0.0.1", port=port, log_level="warning", generate_client_file=False)


def serve_mosec(kind: str, bundle: Path, port: int) -> None:
    """mosec: one worker, dynamic batches. It takes its options from the command line."""
    from mosec import Server

    from benchmarks.serving_mosec import GenreWorker

    os.environ |= {MOSEC_MODEL: kind, MOSEC_BUNDLE: str(bundle)}  # for the worker, which is another process
    options = {"address": "127.0.0.1", "port": port, "timeout": 120_000, "log-level": "warning"}
    sys.argv = [sys.argv[0], *(f"--{name}={value}" for name, value in options.items())]
    server = Server()
    server.append_worker(GenreWorker, num=1, max_batch_size=BATCH, max_wait_time=WAIT_MS, timeout=120)
    server.run()


if __name__ == "__main__":
    main()
