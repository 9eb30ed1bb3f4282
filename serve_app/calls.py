"""Calls of deployments: streams that end where their reader does, and errors without Ray's wrapping."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from ray.exceptions import RayTaskError
from ray.serve.handle import DeploymentHandle

T = TypeVar("T")


async def answer(response: Awaitable[T]) -> T:
    """The answer of a deployment, or its error as the type that it was raised as."""
    with own_errors():
        return await response
    raise AssertionError("not reached")


async def pieces(
    handle: DeploymentHandle, method: str, *values: Any, **named: Any
) -> AsyncGenerator[Any, None]:
    """What an async generator of a deployment yields. Closed or cancelled early, the deployment's is closed too."""
    stream = getattr(handle.options(stream=True), method).remote(*values, **named)
    ended = False
    try:
        with own_errors():
            async for piece in stream:
                yield piece
        ended = True
    finally:
        if not ended:
            stream.cancel()


@contextmanager
def own_errors() -> Generator[None]:
    """Errors of another process without Ray's wrapping."""
    try:
        yield
    except RayTaskError as error:
        raise original(error) from None


def original(error: BaseException) -> BaseException:
    """What was raised in the other process."""
    while isinstance(error, RayTaskError) and isinstance(cause := error.cause, BaseException):
        error = cause
    return error


def handle_of(classifiers: Mapping[str, DeploymentHandle], kind: str) -> DeploymentHandle:
    """The deployment of a kind of model; for a kind that has none, the first, which can load any bundle."""
    return classifiers.get(kind) or next(iter(classifiers.values()))
