"""From raw rows to clean ones: the pure functions that Ray Data maps over Arrow batches."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trending.catalog import fields, identity
from trending.catalog.dates import parse_date
from trending.catalog.duplicates import signatures
from trending.catalog.fields import Unusable
from trending.catalog.language import detect_language
from trending.catalog.leakage import keyword_predictions, mask_genre_statements
from trending.catalog.schema import REVIEWS, TITLES
from trending.catalog.splits import split_of
from trending.catalog.taxonomy import Taxonomy, load_taxonomy
from trending.catalog.text import clean_plot, clean_review, words_of
from trending.settings import Settings

if TYPE_CHECKING:
    from ray.data import Dataset
_strings = pa.list_(pa.string())


def _loose(schema: pa.Schema, extra: list[pa.Field]) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema] + extra)


CLEANED_TITLES = _loose(
    TITLES,
    [
        pa.field("row_ref", pa.string(), nullable=False),
        pa.field("fault", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("unmapped", _strings),
        pa.field("not_genres", _strings),
        pa.field("warnings", _strings),
        pa.field("keyword_before", _strings),
        pa.field("keyword_after", _strings),
    ],
)
"""`TITLES` and, for every row that came in:

`row_ref`. `fault`: why it is quarantined, else null; then `raw` is the row as JSON, and of the other
columns only `source` is there. `unmapped`, `not_genres`: labels that gave no genre. `warnings`: what was lost
of a row that stays. `keyword_before`, `keyword_after`: genres that a bare keyword match finds in the plot,
before and after genre statements are masked."""

CLEANED_REVIEWS = _loose(
    REVIEWS,
    [
        pa.field("row_ref", pa.string(), nullable=False),
        pa.field("fault", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("warnings", _strings),
    ],
)
"""`REVIEWS` and, for every row that came in, `row_ref`, `fault`, `raw` and `warnings` as above."""

_HASHED = tuple(name for name in TITLES.names if name != "row_hash")


def clean_titles(
    batch: pa.Table, *, settings: Settings, taxonomy: Taxonomy, today: date | None = None
) -> pa.Table:
    """Raw titles (`RAW_TITLES`) to clean ones (`CLEANED_TITLES`): every row stays, in its order."""
    next_year = (today or date.today()).year + 1
    rows = []
    for raw in batch.to_pylist():
        try:
            rows.append(_title(raw, settings=settings, taxonomy=taxonomy, next_year=next_year))
        except Unusable as fault:
            rows.append(_quarantined(raw, str(fault)))
    good = [row for row in rows if row["fault"] is None]
    _describe(good)
    return pa.Table.from_pylist(rows, schema=CLEANED_TITLES)


def clean_reviews(batch: pa.Table) -> pa.Table:
    """Raw reviews (`RAW_REVIEWS`) to clean ones (`CLEANED_REVIEWS`): every row stays, in its order."""
    rows = []
    for raw in batch.to_pylist():
        try:
            rows.append(_review(raw))
        except Unusable as fault:
            rows.append(_quarantined(raw, str(fault)))
    good = [row for row in rows if row["fault"] is None]
    for row, language in zip(good, detect_language([row["text"] for row in good]), strict=True):
        row["language"] = language
        row["row_hash"] = identity.row_hash({name: row[name] for name in REVIEWS.names if name != "row_hash"})
    return pa.Table.from_pylist(rows, schema=CLEANED_REVIEWS)


def ray_clean_titles(dataset: Dataset, settings: Settings) -> Dataset:
    """The dataset of raw titles, lazily mapped through `clean_titles`."""
    return dataset.map_batches(
        clean_titles,  # pyright: ignore[reportArgumentType]
        batch_format="pyarrow",
        batch_size=settings.ingest.batch_rows,
        fn_kwargs={"settings": settings, "taxonomy": load_taxonomy(), "today": date.today()},
        zero_copy_batch=True,
    )


def ray_clean_reviews(dataset: Dataset, settings: Settings) -> Dataset:
    """The dataset of raw reviews, lazily mapped through `clean_reviews`."""
    return dataset.map_batches(
        clean_reviews,  # pyright: ignore[reportArgumentType]
        batch_format="pyarrow",
        batch_size=settings.ingest.batch_rows,
        zero_copy_batch=True,
    )


def _title(raw: dict[str, Any], *, settings: Settings, taxonomy: Taxonomy, next_year: int) -> dict[str, Any]:
    if raw["fault"]:
        raise Unusable(f"unreadable: {raw['fault']}")
    title = clean_plot(raw["title"] or "")
    if not title:
        raise Unusable("no title")
    plot = clean_plot(raw["plot"] or "")
    words = words_of(plot)
    fields.check_plot(words, words_of(title), settings.ingest.min_plot_words)
    kind, year = fields.kind_of(raw["kind"]), fields.release_year(raw["release_year"], next_year)
    warnings = []
    try:
        added_on = parse_date(raw["added_on"], raw["date_format"])
    except ValueError as error:
        added_on = None
        warnings.append(f"added_on: {error}")
    labels = _labels(raw["genres"], raw["vocabulary"], taxonomy)
    mapped = taxonomy.canonical(raw["vocabulary"], labels)
    key = identity.title_key(title, year)
    return {
        "title_id": identity.title_id(raw["source"], kind, title, year),
        "title_key": key,
        "kind": kind,
        "platform": clean_plot(raw["platform"] or "") or raw["source"],
        "title": title,
        "release_year": year,
        "added_on": added_on,
        "countries": fields.country_names(raw["countries"]),
        "plot": plot,
        "genres": list(mapped.genres),
        "source_genres": labels,
        "source": raw["source"],
        "content_hash": identity.digest(words),
        "split": split_of(key, settings.split),
        "row_ref": raw["row_ref"],
        "fault": None,
        "raw": None,
        "unmapped": list(mapped.unmapped),
        "not_genres": list(mapped.not_genres),
        "warnings": warnings,
    }


def _describe(rows: list[dict[str, Any]]) -> None:
    """What is cheaper for a whole batch than row by row, and the row hash, which covers it."""
    plots = [row["plot"] for row in rows]
    columns = zip(
        rows, plots, detect_language(plots), keyword_predictions(plots), signatures(plots), strict=True
    )
    for row, plot, language, keywords, signature in columns:
        masked, leaked = mask_genre_statements(plot)
        row["language"], row["leaked"], row["minhash"] = language, leaked, signature
        row["keyword_before"] = sorted(keywords)
        row["keyword_after"] = sorted(keyword_predictions([masked])[0] if leaked else keywords)
        row["row_hash"] = identity.row_hash({name: row[name] for name in _HASHED})


def _review(raw: dict[str, Any]) -> dict[str, Any]:
    if raw["fault"]:
        raise Unusable(f"unreadable: {raw['fault']}")
    text, masked = clean_review(raw["text"] or "")
    if not words_of(text):
        raise Unusable("no text")
    warnings: list[str] = []
    title_id = _title_of_review(raw, warnings)
    return {
        "review_id": identity.review_id(raw["source"], title_id, text),
        "title_id": title_id,
        "source": raw["source"],
        "text": text,
        "rating": fields.rating_of(raw["rating"], warnings),
        "sentiment": fields.sentiment_of(raw["sentiment"], warnings),
        "masked": masked,
        "row_ref": raw["row_ref"],
        "fault": None,
        "raw": None,
        "warnings": warnings,
    }


def _labels(cells: list[str] | None, vocabulary: str, taxonomy: Taxonomy) -> list[str]:
    labels = []
    for cell in cells or ():
        if cell:
            labels += taxonomy.split_labels(clean_plot(cell), vocabulary)
    return list(dict.fromkeys(labels))


def _title_of_review(raw: dict[str, Any], warnings: list[str]) -> str | None:
    if not raw["title"]:
        return None
    try:
        year = fields.release_year(raw["release_year"], date.max.year)
        return identity.title_id(raw["source"], fields.kind_of(raw["kind"]), clean_plot(raw["title"]), year)
    except Unusable as error:
        warnings.append(f"the review stays without its title: {error}")
        return None


def _quarantined(raw: dict[str, Any], fault: str) -> dict[str, Any]:
    found = {name: value for name, value in raw.items() if name not in ("fault", "raw") and value is not None}
    text = raw["raw"] or json.dumps(found, ensure_ascii=False)
    return {"source": raw["source"], "row_ref": raw["row_ref"], "fault": fault, "raw": text}
