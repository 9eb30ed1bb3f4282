"""Settings of the enrichment: what the language model is asked about a title, and when it is believed."""

from __future__ import annotations

from pydantic import Field

from trending.settings.resources import Resources
from trending.settings.section import Section


class EnrichmentSettings(Section):
    """Summaries of reviews, vibe scores, vibe tags, and genres with a second opinion."""

    max_reviews: int = Field(default=12, ge=1)
    """Reviews of a title that are read, longest informative first."""
    review_chars: int = Field(default=500, ge=50)
    """Characters of a review that reach the prompt."""
    plot_chars: int = Field(default=1200, ge=100)
    """Characters of a plot that reach the prompt."""
    min_summary_words: int = Field(default=6, ge=1)
    max_summary_words: int = Field(default=80, ge=5)
    support: float = Field(default=0.45, ge=-1, le=1)
    """Cosine similarity to some review's sentence from which a sentence of a summary counts as supported."""
    tag_support: float = Field(default=0.3, ge=-1, le=1)
    """Cosine similarity to some sentence of plot or reviews from which a tag counts as related; nine in ten moods
    of another title have less. A tag whose words stand in the texts needs none."""
    score_distance: float = Field(default=2.0, ge=0)
    """Points that the language model's score may be away from that of the reviews' sentiment and still count."""
    max_tags: int = Field(default=6, ge=1)
    retries: int = Field(default=1, ge=0)
    """Times that the language model is told what was wrong with its answer and asked again."""
    neighbours: int = Field(default=4, ge=0)
    """Nearest training titles that go into the genre prompt as examples."""
    titles_per_block: int = Field(default=16, ge=1)
    """Titles of one block of the batch job: what is lost at the most when it is killed."""
    requests_per_s: float | None = Field(default=None, gt=0)
    """Requests a second to the language model in the batch job. None: no limit."""
    actors: int = Field(default=1, ge=1)
    """Actors of the batch job, each with models and an engine of its own. They share the requests a second."""
    resources: Resources = Resources()
    """Of each actor. They have no GPU: an engine that wants one is a deployment, or elsewhere."""
