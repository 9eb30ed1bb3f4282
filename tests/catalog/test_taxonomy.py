from __future__ import annotations

import csv
import pickle
from pathlib import Path

import pytest

from trending.catalog.taxonomy import Taxonomy, load_taxonomy
from trending.errors import TaxonomyError

GOOD = """
genres: [Drama, Comedy]
vocabularies:
  shop:
    separator: ","
    genres: {Drama: [Sad, "Sad, and Slow"], Comedy: [Funny, Dramedy]}
    not_genres: {says where it comes from: [Imported]}
"""


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy()


def write(folder: Path, text: str) -> Path:
    path = folder / "taxonomy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_sixteen_canonical_genres_in_alphabetical_order(taxonomy: Taxonomy) -> None:
    assert len(taxonomy.genres) == 16
    assert list(taxonomy.genres) == sorted(taxonomy.genres)
    assert taxonomy.vocabularies == ("canonical", "netflix", "amazon")


def test_canonical_genres_map_to_themselves(taxonomy: Taxonomy) -> None:
    assert taxonomy.canonical("canonical", reversed(taxonomy.genres)).genres == taxonomy.genres


@pytest.mark.parametrize(
    ("vocabulary", "cell", "genres"),
    [
        (
            "netflix",
            "Crime TV Shows, International TV Shows, TV Action & Adventure",
            ["Action & Adventure", "Crime & Mystery"],
        ),
        ("netflix", "Stand-Up Comedy & Talk Shows", ["Comedy"]),
        ("netflix", "Kids' TV, TV Sci-Fi & Fantasy", ["Family", "Science Fiction & Fantasy"]),
        ("amazon", "Drama, Arts, Entertainment, and Culture", ["Arts & Culture", "Drama"]),
        ("amazon", "Fantasy, Science Fiction, Suspense", ["Science Fiction & Fantasy", "Thriller"]),
        ("amazon", "Unscripted, Fitness", ["Reality", "Sports"]),
    ],
)
def test_cells_of_the_catalogues_become_canonical(
    taxonomy: Taxonomy, vocabulary: str, cell: str, genres: list[str]
) -> None:
    mapped = taxonomy.canonical(vocabulary, taxonomy.split_labels(cell, vocabulary))
    assert list(mapped.genres) == genres
    assert not mapped.unmapped


def test_a_label_that_holds_the_separator_is_one_label(taxonomy: Taxonomy) -> None:
    cell = "Arts, Entertainment, and Culture, Drama, Arts,"
    assert taxonomy.split_labels(cell, "amazon") == ["Arts, Entertainment, and Culture", "Drama", "Arts"]
    assert taxonomy.split_labels("", "amazon") == []


def test_unknown_labels_are_reported_apart_from_those_that_are_no_genre(taxonomy: Taxonomy) -> None:
    mapped = taxonomy.canonical("netflix", ["dramas", "Cult  movies", "Telenovelas", " Telenovelas "])
    assert mapped == (("Drama",), ("Telenovelas",), ("Cult  movies",))


def test_no_label_of_the_real_catalogues_is_unmapped(taxonomy: Taxonomy, real_data: Path) -> None:
    for file, column, vocabulary in (
        ("netflix_titles.csv", "listed_in", "netflix"),
        ("amazon_prime_titles.csv", "genre", "amazon"),
    ):
        with (real_data / file).open(encoding="utf-8", newline="") as rows:
            cells = {row[column] for row in csv.DictReader(rows)}
        unmapped = {
            label
            for cell in cells
            for label in taxonomy.canonical(vocabulary, taxonomy.split_labels(cell, vocabulary)).unmapped
        }
        assert not unmapped


def test_a_vocabulary_of_its_own_comes_from_a_file(taxonomy: Taxonomy, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("separator: '|'\ngenres: {Drama: [Sad], Comedy: [Funny, Sad]}\n", encoding="utf-8")
    labels = taxonomy.split_labels("Sad|Odd", str(path))
    assert taxonomy.canonical(str(path), labels) == (("Comedy", "Drama"), ("Odd",), ())


def test_a_taxonomy_travels_to_workers(taxonomy: Taxonomy) -> None:
    assert pickle.loads(pickle.dumps(taxonomy)).canonical("amazon", ["Suspense"]).genres == ("Thriller",)


@pytest.mark.parametrize("name", ["imdb", "/nowhere/mine.yaml"])
def test_an_unknown_vocabulary_is_an_error_that_helps(taxonomy: Taxonomy, name: str) -> None:
    with pytest.raises(TaxonomyError, match=r"Known: amazon, canonical, netflix|no such file"):
        taxonomy.canonical(name, ["Drama"])


def test_a_consistent_file_loads(tmp_path: Path) -> None:
    taxonomy = load_taxonomy(write(tmp_path, GOOD))
    assert taxonomy.genres == ("Drama", "Comedy")
    labels = taxonomy.split_labels("Funny, Sad, and Slow, Imported", "shop")
    assert taxonomy.canonical("shop", labels) == (("Drama", "Comedy"), (), ("Imported",))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[Drama, Comedy]", "[Drama, Drama, Comedy]", "'Drama' stands there twice"),
        ("[Drama, Comedy]", "[]", "no canonical genre"),
        ("Comedy: [Funny", "Humour: [Funny", "'Humour' is not one of the canonical genres"),
        ("[Funny, Dramedy]", "[Funny, funny]", "'funny' stands twice under 'Comedy'"),
        ("[Imported]", "[Sad]", "'sad' cannot be mapped and stand under"),
        ("[Imported]", "Imported", "expected a list of texts"),
        ('separator: ","', 'separator: " "', "separator must be"),
        ('separator: ","', "seperator: ','", "unknown key.*seperator"),
        ("vocabularies:", "vocabs:", "unknown key.*vocabs"),
        ("not_genres: {", "not_genres: [{", "cannot be read as YAML"),
        ('{Drama: [Sad, "Sad, and Slow"], Comedy: [Funny, Dramedy]}', "{}", "no label is mapped"),
        ('{Drama: [Sad, "Sad, and Slow"], Comedy: [Funny, Dramedy]}', "7", "expected a mapping, found int"),
    ],
)
def test_an_inconsistent_file_is_refused_with_the_place(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    with pytest.raises(TaxonomyError, match=message) as error:
        load_taxonomy(write(tmp_path, GOOD.replace(old, new)))
    assert "taxonomy.yaml" in str(error.value)
