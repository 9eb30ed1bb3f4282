from __future__ import annotations

from pathlib import Path

import pytest

from trending.errors import SourceError
from trending.sources.streaming_csv import catalogues_in, mapping_names, streaming_csv

NETFLIX = "show_id,type,title,country,date_added,release_year,listed_in,description\n"


def test_the_real_catalogues_are_whole(ray_cluster: None, real_data: Path) -> None:
    sources = catalogues_in(real_data)
    assert {source.name: source.count() for source in sources} == {"netflix": (8786, 0), "amazon": (9668, 0)}
    for source in sources:
        titles = source.titles()
        assert titles is not None
        rows = titles.drop_columns(["plot"]).take_all()
        assert len(rows) == source.count()[0]
        assert {row["kind"] for row in rows} == {"movie", "show"}
        assert not [row for row in rows if row["fault"]]
        assert len({row["row_ref"] for row in rows}) == len(rows)


def test_a_genre_cell_of_amazon_stays_whole_for_its_vocabulary(ray_cluster: None, tmp_path: Path) -> None:
    path = tmp_path / "amazon_prime_titles.csv"
    header = "show_id,type,title,country,date_added,release_year,genre,description\n"
    path.write_text(header + 's1,TV Show,One,,30-Mar-21,2014,"Arts, Entertainment, and Culture, Drama",x\n')
    [source] = catalogues_in(tmp_path)
    titles = source.titles()
    assert titles is not None
    [row] = titles.take_all()
    assert row["genres"] == ["Arts, Entertainment, and Culture, Drama"]
    assert (row["platform"], row["kind"], row["vocabulary"]) == ("Prime Video", "show", "amazon")
    assert (row["added_on"], row["date_format"], row["countries"]) == ("30-Mar-21", "%d-%b-%y", None)


def test_a_catalogue_of_another_form_names_the_column(tmp_path: Path) -> None:
    path = tmp_path / "netflix_titles.csv"
    path.write_text(NETFLIX.replace("listed_in", "genre"))
    with pytest.raises(
        SourceError, match=r"netflix_titles\.csv:1: no column `listed_in`\. The file has: show_id"
    ):
        catalogues_in(tmp_path)


def test_a_folder_without_catalogues_says_what_it_wants(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"no known catalogue in this folder\. Expected netflix_titles\.csv or"
    ):
        catalogues_in(tmp_path)
    with pytest.raises(SourceError, match=r"absent: no such folder\. Expected netflix_titles\.csv"):
        catalogues_in(tmp_path / "absent")


def test_a_name_without_a_mapping_lists_those_there_are() -> None:
    assert mapping_names() == ["amazon", "netflix"]
    with pytest.raises(
        SourceError, match=r"hulu=x\.csv: no mapping `hulu` ships .* There are amazon, netflix; or"
    ):
        streaming_csv("hulu", "x.csv")
