"""Nearest plots: kept vectors are taken, missing ones made in the background, copies of a work left out."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import active_children

import numpy as np
import pyarrow as pa
import pytest

from serve_app.titles import similar
from serve_app.titles.build import build_index, current_versions
from serve_app.titles.encoding import Encode, encoder_process
from serve_app.titles.index import TitleIndex
from serve_app.titles.similar import Neighbours
from tests.serve_app.titles.shelves import review, shelve, title
from trending.catalog.tables import Tables
from trending.errors import ServiceError
from trending.features.document import make_document
from trending.features.embeddings import SCHEMA, TABLE, Embeddings, embedding_keys, load_encoder
from trending.features.encoders import encoder_folder
from trending.settings import Settings

ANGLES = {"north": 0.0, "northeast": 0.7, "east": 1.5, "south": 3.1}
TITLES = [title(name, title_key=name, plot=f"Heading {name}.") for name in ANGLES]
COPY = title("north again", title="north", title_key="north", plot="Heading north.", platform="Amazon")


@dataclass
class Compass:
    """An encoder for plots that say which way they head. Knows what it was asked."""

    asked: list[str] = field(default_factory=list)
    batches: int = 0
    opened: int = 0

    @contextmanager
    def open(self) -> Iterator[Encode]:
        self.opened += 1
        yield self.encode

    def encode(self, documents: Sequence[str]) -> Embeddings:
        self.asked += documents
        self.batches += 1
        return np.stack([direction(document.rsplit(" ", 1)[1].strip(".")) for document in documents])


def direction(name: str) -> Embeddings:
    angle = ANGLES.get(name, 2.0)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def index_of(settings: Settings, rows: list[dict], reviews: Sequence[dict] = ()) -> TitleIndex:
    tables = shelve(settings, rows, reviews)
    versions = current_versions(tables)
    file = settings.root / f"{versions.snapshot_id}.db"
    build_index(tables, versions, file)
    return TitleIndex(file, versions.snapshot_id)


def never() -> bool:
    return False


def keep(settings: Settings, documents: Sequence[str], vectors: Sequence[Embeddings]) -> None:
    chosen = settings.train.embedding
    keys = embedding_keys(documents, encoder_folder(chosen.model), max_tokens=chosen.max_tokens)
    tables = Tables(settings)
    tables.ensure(TABLE, SCHEMA)
    tables.table(TABLE).append(pa.table({"key": keys, "vector": list(vectors)}, schema=SCHEMA))


@pytest.fixture
def compass() -> Compass:
    return Compass()


@pytest.fixture
def neighbours(settings: Settings, compass: Compass) -> Neighbours:
    return Neighbours(settings, open_encoder=compass.open)


def test_nearest_plots_come_first_with_their_cosines(settings: Settings, neighbours: Neighbours) -> None:
    neighbours.update(index_of(settings, TITLES), stop=never)
    found = neighbours.nearest("id-north", 10)
    assert [title_id for title_id, _ in found] == ["id-northeast", "id-east", "id-south"]
    np.testing.assert_allclose([c for _, c in found], np.cos([0.7, 1.5, 3.1]), atol=1e-6)
    assert neighbours.nearest("id-north", 1) == found[:1]
    assert neighbours.nearest("id-north", 0) == []
    assert neighbours.nearest("no such id", 10) == []


def test_neither_the_title_nor_its_copies_are_similar_and_of_copies_one_is(
    settings: Settings, neighbours: Neighbours
) -> None:
    neighbours.update(index_of(settings, [*TITLES, COPY]), stop=never)
    of_copy = [title_id for title_id, _ in neighbours.nearest("id-north again", 10)]
    assert of_copy == ["id-northeast", "id-east", "id-south"]
    of_other = [title_id for title_id, _ in neighbours.nearest("id-northeast", 10)]
    assert len(of_other) == 3
    assert len({"id-north", "id-north again"} & set(of_other)) == 1


def test_a_work_with_very_many_copies_takes_the_place_of_no_other(
    settings: Settings, neighbours: Neighbours
) -> None:
    copies = [COPY | {"title_id": f"id-copy {number}", "platform": f"P{number}"} for number in range(40)]
    neighbours.update(index_of(settings, [*TITLES, *copies]), stop=never)
    found = [title_id for title_id, _ in neighbours.nearest("id-northeast", 2)]
    assert len(found) == 2
    assert found[1] == "id-east"


def test_vectors_kept_by_training_are_found_and_only_the_others_computed(
    settings: Settings, neighbours: Neighbours, compass: Compass
) -> None:
    reviews = [review("north", text) for text in ("b second", "a first", "c third")]
    document = make_document("north", "Heading north.", ["a first", "b second"], max_reviews=2)
    keep(settings, [document], [direction("east")])
    neighbours.update(index_of(settings, TITLES, reviews), stop=never)
    assert not any("Heading north." in asked for asked in compass.asked)
    assert len(compass.asked) == 3
    assert neighbours.nearest("id-north", 1) == [("id-east", 1.0)]


def test_what_was_computed_is_kept_and_computed_once(settings: Settings, compass: Compass) -> None:
    index = index_of(settings, [*TITLES, COPY])
    for _ in range(2):
        Neighbours(settings, open_encoder=compass.open).update(index, stop=never)
    assert compass.opened == 1
    assert len(compass.asked) == len(TITLES) + 1
    keys = Tables(settings).read_arrow(TABLE)["key"].to_pylist()
    assert len(keys) == len(set(keys)) == len(TITLES)


def test_work_is_done_in_batches_newest_first_and_stops_when_told_to(
    settings: Settings, neighbours: Neighbours, compass: Compass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "BATCH", 2)
    rows = [row | {"added_on": None, "release_year": year} for year, row in enumerate(TITLES, start=2000)]
    index = index_of(settings, rows)
    neighbours.update(index, stop=lambda: compass.batches == 1)
    assert [asked.split("\n")[0] for asked in compass.asked] == ["south", "east"]
    assert neighbours.missing == 2
    assert [title_id for title_id, _ in neighbours.nearest("id-south", 10)] == ["id-east"]
    assert neighbours.nearest("id-north", 10) == []
    assert Tables(settings).rows(TABLE) == 2
    neighbours.update(index, stop=never)
    assert neighbours.missing == 0
    assert len(neighbours.nearest("id-north", 10)) == 3


def test_no_titles_have_no_neighbours(settings: Settings, neighbours: Neighbours, compass: Compass) -> None:
    neighbours.update(index_of(settings, []), stop=never)
    assert neighbours.missing == 0
    assert neighbours.nearest("id-north", 10) == []
    assert compass.opened == 0


def test_the_encoders_process_gives_the_vectors_of_training_and_its_end_is_an_error(
    settings: Settings,
) -> None:
    documents = ["A sheriff and a gunslinger.", "A wedding in Rome."]
    with encoder_process(settings.train.embedding) as encode:
        vectors = encode(documents)
        (process,) = active_children()
        assert process.pid is not None
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(ServiceError, match="ended with code -9"):
            encode(documents)
    assert active_children() == []
    np.testing.assert_allclose(vectors, load_encoder(settings.train.embedding).encode(documents), atol=1e-6)
