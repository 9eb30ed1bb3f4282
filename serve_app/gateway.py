"""The HTTP front: validation, routing and answers. No model in it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response
from ray import serve
from ray.serve.handle import DeploymentHandle

from serve_app.schemas import (
    GenreOut,
    GenresRequest,
    GenresResponse,
    Health,
    ModelInfo,
    TitleGenres,
    TitleIn,
)
from trending.features.document import make_document

api = FastAPI(
    title="Trending Now",
    version="0.1.0",
    description="Genres of films and series from their plots.",
)


@serve.deployment
@serve.ingress(api)
class Gateway:
    """The API. Speaks to the classifier through its handle."""

    def __init__(self, classifier: DeploymentHandle) -> None:
        """Ready as soon as the classifier has described itself."""
        self._classifier = classifier
        self._described: dict[str, Any] | None = None

    @api.post("/v1/genres", summary="Classify titles")
    async def genres(self, request: GenresRequest) -> GenresResponse:
        """Genres of one to 256 titles, with the model's version and its snapshot."""
        model = await self._describe()
        documents = [document_of(title, max_reviews=model["max_reviews"]) for title in request.titles]
        probabilities = await self._classifier.classify.remote(documents)
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

    async def _describe(self) -> dict[str, Any]:
        described = self._described or await self._classifier.describe.remote()
        self._described = described
        return described


def document_of(title: TitleIn, *, max_reviews: int) -> str:
    """The document text of a request, cleaned and made as in training."""
    from trending.catalog.text import clean_plot, clean_review

    reviews = [clean_review(review)[0] for review in title.reviews]
    return make_document(clean_plot(title.title), clean_plot(title.plot), reviews, max_reviews=max_reviews)


def answer(title: str, row: Any, model: dict[str, Any]) -> TitleGenres:
    """One row of probabilities `[genres]` as the API's words."""
    named = {genre: float(p) for genre, p in zip(model["genres"], row, strict=True)}
    chosen = [
        GenreOut(genre=genre, probability=named[genre])
        for genre, threshold in zip(model["genres"], model["thresholds"], strict=True)
        if named[genre] >= threshold
    ]
    return TitleGenres(
        title=title,
        genres=sorted(chosen, key=lambda g: g.probability, reverse=True),
        probabilities=named,
    )
