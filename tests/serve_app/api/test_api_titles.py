"""Reads of the catalogue: filters reach the store, answers have their shape, ETags save asking again."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from serve_app.api.schemas.genres import StoredTitleGenres
from serve_app.api.schemas.titles import FacetsOut, SimilarOut, TitleDetailOut, TitlesOut
from serve_app.contracts import TitleQuery, TrafficPolicy
from tests.serve_app.api.fakes import SNAPSHOT, FakeClassifiers, FakeTitles


@pytest.fixture
def first_id(titles: FakeTitles) -> str:
    return titles.titles[0].summary.title_id


def test_a_list_has_its_page_and_the_total(client: TestClient) -> None:
    page = TitlesOut.model_validate(client.get("/v1/titles?limit=7&offset=14").json())
    assert (len(page.items), page.offset, page.limit, page.total) == (7, 14, 7, 300)
    assert page.snapshot_id == SNAPSHOT


def test_every_filter_reaches_the_store(client: TestClient, titles: FakeTitles) -> None:
    reply = client.get(
        "/v1/titles?q=+harbour+&genre=Drama&genre=Comedy&platform=netflix&kind=movie&tag=cosy&min_score=2"
        "&max_score=9.5&year_from=1990&year_to=2001&sort=title&offset=3&limit=4"
    )
    assert reply.status_code == 200
    assert titles.searches[-1] == TitleQuery(
        text="harbour",
        genres=("Drama", "Comedy"),
        platforms=("netflix",),
        kinds=("movie",),
        tags=("cosy",),
        min_score=2,
        max_score=9.5,
        year_from=1990,
        year_to=2001,
        sort="title",
        offset=3,
        limit=4,
    )


@pytest.mark.parametrize(("query", "sort"), [("", "newest"), ("?q=harbour", "relevance"), ("?q=+", "newest")])
def test_words_are_sorted_by_relevance_and_the_rest_by_date(
    client: TestClient, titles: FakeTitles, query: str, sort: str
) -> None:
    client.get(f"/v1/titles{query}")
    assert titles.searches[-1].sort == sort


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=501", "limit"),
        ("limit=0", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999", "offset"),
        ("min_score=nan", "min_score"),
        ("max_score=inf", "max_score"),
        ("min_score=11", "min_score"),
        ("year_from=x", "year_from"),
        ("sort=worst", "sort"),
        ("kind=film", "kind"),
        ("q=a%00b", "q"),
        ("q=" + "a" * 201, "q"),
        ("tag=", "tag"),
    ],
)
def test_a_wrong_parameter_is_named(client: TestClient, query: str, name: str) -> None:
    reply = client.get(f"/v1/titles?{query}")
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["loc"][:2] == ["query", name]


@pytest.mark.parametrize("query", ["colour=red", "limit=3&limit=4", "q=%ED%A0%80", "q=%FF%FE", "&&&=&"])
def test_odd_but_harmless_queries_are_answered(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/titles?{query}").status_code == 200


def test_a_title_has_all_that_is_kept(client: TestClient, titles: FakeTitles, first_id: str) -> None:
    one = TitleDetailOut.model_validate(client.get(f"/v1/titles/{first_id}").json())
    kept = titles.titles[0]
    assert (one.title, one.plot, one.reviews) == (kept.summary.title, kept.plot, list(kept.reviews))
    assert one.enrichment is not None
    assert one.enrichment["summary"]


def test_a_titles_genres_come_with_the_words_that_decided(client: TestClient, first_id: str) -> None:
    reply = StoredTitleGenres.model_validate(client.get(f"/v1/titles/{first_id}/genres").json())
    assert {g.genre for g in reply.genres} == {*reply.why}
    assert all(word.word for words in reply.why.values() for word in words)


def test_an_explanation_is_made_once_for_each_version(
    client: TestClient, classifiers: FakeClassifiers, first_id: str
) -> None:
    answers = [client.get(f"/v1/titles/{first_id}/genres").json() for _ in range(2)]
    assert answers[0]["why"] == answers[1]["why"]
    assert len(classifiers.explained) == 1
    classifiers.version = "4"
    client.get(f"/v1/titles/{first_id}/genres").raise_for_status()
    assert len(classifiers.explained) == 2


def test_similar_titles_come_nearest_first(client: TestClient, first_id: str) -> None:
    found = SimilarOut.model_validate(client.get(f"/v1/similar/{first_id}?limit=5").json()).items
    assert len(found) == 5
    assert [one.similarity for one in found] == sorted((one.similarity for one in found), reverse=True)


def test_trending_and_facets(client: TestClient) -> None:
    assert len(TitlesOut.model_validate(client.get("/v1/trending?limit=3").json()).items) == 3
    facets = FacetsOut.model_validate(client.get("/v1/facets").json())
    assert sum(value.count for value in facets.platforms) == 300


@pytest.mark.parametrize("path", ["/v1/titles/nope", "/v1/titles/nope/genres", "/v1/similar/nope"])
def test_a_title_that_is_not_there_is_404_also_for_who_says_star(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.get(path, headers={"if-none-match": "*"}).status_code == 404


READS = ("/v1/titles?limit=2", "/v1/trending", "/v1/facets", "/v1/models", "ID", "ID/genres")


@pytest.mark.parametrize("path", READS)
def test_a_read_that_did_not_change_is_not_sent_again(client: TestClient, first_id: str, path: str) -> None:
    address = path.replace("ID", f"/v1/titles/{first_id}")
    first = client.get(address)
    etag = first.headers["etag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get(address, headers={"if-none-match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), sent
    assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200


def test_an_unchanged_list_is_not_even_searched_again(client: TestClient, titles: FakeTitles) -> None:
    etag = client.get("/v1/titles").headers["etag"]
    client.get("/v1/titles", headers={"if-none-match": etag})
    assert len(titles.searches) == 1


def test_another_query_or_another_snapshot_has_another_etag(client: TestClient, titles: FakeTitles) -> None:
    etag = client.get("/v1/titles?limit=2").headers["etag"]
    assert client.get("/v1/titles?limit=3", headers={"if-none-match": etag}).status_code == 200
    titles.snapshot = "7002"
    client.app.state.context.snapshot._known = None  # type: ignore[attr-defined] (its second is over)
    changed = client.get("/v1/titles?limit=2", headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_a_new_model_has_another_etag(
    client: TestClient, classifiers: FakeClassifiers, first_id: str
) -> None:
    address = f"/v1/titles/{first_id}/genres"
    etag = client.get(address).headers["etag"]
    classifiers.version, classifiers.policy_now = "4", TrafficPolicy("4", "bert")
    assert client.get(address, headers={"if-none-match": etag}).status_code == 200
