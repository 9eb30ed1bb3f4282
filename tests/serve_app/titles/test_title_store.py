"""The deployment, asked through its handle as the gateway asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray import serve
from ray.serve.handle import DeploymentHandle

from serve_app.contracts import TitleQuery
from serve_app.title_store import TitleStore
from tests.serve_app.titles.shelves import shelve, title
from tests.serve_app.titles.test_title_feedback import kept, word
from trending.settings import ServeSettings, Settings


@pytest.fixture(scope="module")
def home(ray_cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("store"), serve=ServeSettings(refresh_s=0.2))
    shelve(settings, [title("Heat"), title("Ronin")])
    return settings


@pytest.fixture(scope="module")
def store(home: Settings, serve_address: tuple[str, int]) -> Iterator[DeploymentHandle]:
    yield serve.run(TitleStore.bind(home), name="store", route_prefix=None)
    serve.delete("store")


def test_all_methods_answer_through_the_handle(store: DeploymentHandle, home: Settings) -> None:
    page = store.search.remote(TitleQuery(text="heat")).result()
    assert [item.title_id for item in page.items] == ["id-Heat"]
    assert store.get.remote("id-Heat").result().plot == "The plot of Heat."
    assert store.get.remote("none").result() is None
    assert store.similar.remote("none", 3).result() is None
    assert isinstance(store.similar.remote("id-Heat", 3).result(), tuple)
    assert store.trending.remote(5).result().total == 2
    assert store.facets.remote().result()["platforms"] == (("Netflix", 2),)
    assert store.snapshot_id.remote().result() == page.snapshot_id
    assert store.add_feedback.remote(word(1)).result() is None
    assert list((home.service_dir / "feedback").iterdir()) or kept(home) == ["f-1"]


def test_a_new_snapshot_reaches_those_who_ask(store: DeploymentHandle, home: Settings) -> None:
    before = store.snapshot_id.remote().result()
    shelve(home, [title("Heat"), title("Ronin"), title("Thief")])

    async def seen() -> str:
        async with asyncio.timeout(60):
            while (page := await asyncio.to_thread(store.search.remote(TitleQuery()).result)).total != 3:
                await asyncio.sleep(0.05)
        return page.snapshot_id

    assert asyncio.run(seen()) != before


def test_a_drained_store_leaves_its_feedback_in_the_table(store: DeploymentHandle, home: Settings) -> None:
    store.add_feedback.remote(word(2)).result()
    serve.delete("store")
    assert kept(home) == ["f-1", "f-2"]
    assert not list(Path(home.service_dir / "feedback").glob("*.jsonl"))
