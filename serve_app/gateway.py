"""The HTTP front as a deployment: the API of `serve_app.api`, on the handles of the other deployments."""

from __future__ import annotations

from fastapi import FastAPI
from ray import serve
from ray.exceptions import RayError

from serve_app.handles import Handles, services
from trending.settings import Settings


@serve.deployment
@serve.ingress()
class Gateway:
    """Validation, keys, limits, routing, errors. No model in it.

    Bound as `Gateway.bind(settings, Handles(...))`, with the other deployments' applications in `Handles`.
    """

    def __init__(self, settings: Settings, handles: Handles) -> None:
        """The API itself is built by Serve's hook, which runs inside the event loop that handles need."""
        self._settings = settings
        self._handles = handles

    async def __serve_build_asgi_app__(self) -> FastAPI:
        """The API. Raises `ServiceError` where the file of API keys is damaged."""
        from ray.serve.exceptions import RayServeException

        from serve_app.api.app import build_api

        # What user code raised arrives as its own type (`serve_app.calls`): what is still Ray's own is a replica or
        # a node that is busy, gone or not up yet.
        return build_api(
            services(self._handles, self._settings),
            self._settings,
            unavailable=(RayServeException, RayError, TimeoutError),
            server_echoes_id=True,
        )
