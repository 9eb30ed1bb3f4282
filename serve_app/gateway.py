"""The HTTP front: validation, routing and answers. No model in it.

Annotations are evaluated here, unlike elsewhere: Serve ships the class to its replica, where FastAPI could not
look their names up.
"""

import asyncio
from typing import Any

from fastapi import FastAPI, Response
from ray import serve
from ray.serve.handle import DeploymentHandle

from serve_app.answers import answer, document_of
from serve_app.schemas import GenresRequest, GenresResponse, Health, ModelInfo

api = FastAPI(
    title="Trending Now",
    version="0.1.0",
    description="Genres of films and series from their plots.",
)


@serve.deployment
@serve.ingress(api)
class Gateway:
    """The API. Speaks to the classifier through its handle."""

    def __init__(self, classifier: DeploymentHandle, max_batch_size: int) -> None:
        """`max_batch_size`: documents that the classifier takes at once."""
        self._classifier = classifier
        self._max_batch_size = max_batch_size
        self._described: dict[str, Any] | None = None

    @api.post("/v1/genres", summary="Classify titles")
    async def genres(self, request: GenresRequest) -> GenresResponse:
        """Genres of one to 256 titles, with the model's version and its snapshot."""
        model = await self._describe()
        documents = [document_of(title, max_reviews=model["max_reviews"]) for title in request.titles]
        probabilities = await self._classify(documents)
        return GenresResponse(
            model=ModelInfo(**{name: model[name] for name in ModelInfo.model_fields}),
            results=[
                answer(t.title, row, model) for t, row in zip(request.titles, probabilities, strict=True)
            ],
        )

    @api.get("/healthz", summary="Alive")
    async def healthz(self) -> Health:
        """200 as long as the gateway answers."""
        return Health(status="ok")

    @api.get("/readyz", summary="Ready", responses={503: {"model": Health}})
    async def readyz(self, response: Response) -> Health:
        """200 once a classifier has loaded its bundle, 503 before."""
        try:
            await self._classifier.describe.remote()
        except Exception as error:  # noqa: BLE001 (whatever the classifier's fault is, the answer is "not ready")
            response.status_code = 503
            return Health(status=f"classifier not ready: {type(error).__name__}")
        return Health(status="ready")

    async def _classify(self, documents: list[str]) -> list[Any]:
        """Rows of probabilities `[genres]`, asked for in parts that fit the classifier's batches."""
        step = self._max_batch_size
        parts = [documents[start : start + step] for start in range(0, len(documents), step)]
        answers = await asyncio.gather(*(self._classifier.classify.remote(part) for part in parts))
        return [row for rows in answers for row in rows]

    async def _describe(self) -> dict[str, Any]:
        described = self._described or await self._classifier.describe.remote()
        self._described = described
        return described
