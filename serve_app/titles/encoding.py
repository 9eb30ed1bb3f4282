"""The sentence encoder in a process of its own: torch is loaded, used and gone, and no request waits for it."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

from trending.errors import ServiceError
from trending.features.embeddings import Embeddings, load_encoder
from trending.settings import EmbeddingSettings

_LOWEST_PRIORITY = 19


Encode = Callable[[Sequence[str]], Embeddings]
"""From documents to vectors `[n, width]`."""


@contextmanager
def encoder_process(settings: EmbeddingSettings) -> Iterator[Encode]:
    """The encoder of the settings, on one thread at the lowest priority. It ends with the block or this process.

    Its answers raise `ServiceError` where the process has ended, as when its memory did not suffice.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs, settings), daemon=True)
    process.start()
    theirs.close()  # so that the end of the process is the end of the pipe

    def encode(documents: Sequence[str]) -> Embeddings:
        try:
            ours.send(list(documents))
            return ours.recv()
        except (EOFError, OSError) as error:
            process.join()
            raise ServiceError(f"The encoder's process ended with code {process.exitcode}.") from error

    try:
        yield encode
    finally:
        ours.close()
        process.terminate()
        process.join()


def _answer(pipe: Connection, settings: EmbeddingSettings) -> None:
    """Until the other end of the pipe is closed, or its process is gone."""
    os.nice(_LOWEST_PRIORITY)
    import torch

    torch.set_num_threads(1)
    encoder = load_encoder(settings)
    while True:
        try:
            documents = pipe.recv()
        except EOFError:
            return
        pipe.send(encoder.encode(documents))
