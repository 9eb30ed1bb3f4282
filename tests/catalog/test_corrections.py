from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.serve_app.titles.shelves import shelve, title
from trending.catalog.correction_file import COLUMNS, import_review_file, write_review_file
from trending.catalog.corrections import newest_corrections, read_corrections
from trending.catalog.tables import Tables
from trending.errors import LabelError, SnapshotError
from trending.features.documents import DocumentSet, load_documents
from trending.settings import LabelSettings, Settings

NAMES = {"a": "train", "b": "train", "v": "validation", "t": "test"}


@pytest.fixture
def home(settings: Settings) -> Settings:
    shelve(settings, [title(name, split=split) for name, split in NAMES.items()])
    return settings


def review(path: Path, *rows: dict[str, str]) -> Path:
    """A review file; every title was shown as Drama."""
    write_review_file(path, [{"genres": "Drama"} | row for row in rows])
    return path


def corrected(path: Path, names: str, genres: str = "Western, Horror") -> Path:
    return review(path, *({"title_id": f"id-{name}", "corrected": genres} for name in names))


def labelled(settings: Settings, **labels: object) -> DocumentSet:
    train = settings.train.model_copy(update={"labels": LabelSettings.model_validate(labels)})
    chosen = settings.model_copy(update={"train": train})
    snapshot = Tables(settings).latest()
    assert snapshot is not None
    return load_documents(chosen, snapshot)


def genres(documents: DocumentSet) -> dict[str, list[str]]:
    return dict(zip(documents.title_ids, documents.genre_lists(), strict=True))


def test_what_is_filled_in_comes_back_as_labels_of_its_own(home: Settings, tmp_path: Path) -> None:
    file = review(
        tmp_path / "r.csv",
        {"title_id": "id-a", "corrected": "horror,Western", "note": "a vampire sheriff"},
        {"title_id": "id-b", "corrected": "Drama"},
        {"title_id": "id-v"},
    )
    found = import_review_file(home, file, name="ann")
    assert (found.changed, found.confirmed, found.left) == (1, 1, 1)
    first, second = read_corrections(home, ["ann"])
    assert (first.title_id, first.before, first.genres) == ("id-a", ("Drama",), ("Horror", "Western"))
    assert first.note == "a vampire sheriff"
    assert second.genres == second.before == ("Drama",)
    assert found.version == newest_corrections(home)


def test_corrections_are_used_only_where_the_settings_name_them(home: Settings, tmp_path: Path) -> None:
    import_review_file(home, corrected(tmp_path / "r.csv", "abvt"), name="ann")
    untouched = labelled(home)
    assert untouched.corrected == 0
    assert set(map(tuple, genres(untouched).values())) == {("Drama",)}
    used = labelled(home, corrections=["ann"])
    assert used.corrected == 2
    assert genres(used) == {
        "id-a": ["Horror", "Western"],
        "id-b": ["Horror", "Western"],
        "id-v": ["Drama"],
        "id-t": ["Drama"],
    }
    assert labelled(home, corrections=["ann"], held_out=True).corrected == 4


def test_the_tables_of_titles_are_never_written(home: Settings, tmp_path: Path) -> None:
    before = Tables(home).latest()
    import_review_file(home, corrected(tmp_path / "r.csv", "ab"), name="ann")
    assert Tables(home).latest() == before


def test_the_later_of_two_names_wins_and_a_second_import_replaces_the_first(
    home: Settings, tmp_path: Path
) -> None:
    import_review_file(home, corrected(tmp_path / "1.csv", "a", "Horror"), name="ann")
    import_review_file(home, corrected(tmp_path / "2.csv", "a", "Sports"), name="bob")
    assert genres(labelled(home, corrections=["ann", "bob"]))["id-a"] == ["Sports"]
    assert genres(labelled(home, corrections=["bob", "ann"]))["id-a"] == ["Horror"]
    import_review_file(home, corrected(tmp_path / "3.csv", "a", "Music"), name="ann")
    assert genres(labelled(home, corrections=["ann"]))["id-a"] == ["Music"]


def test_an_older_version_of_the_corrections_can_be_asked_for(home: Settings, tmp_path: Path) -> None:
    first = import_review_file(home, corrected(tmp_path / "1.csv", "a", "Horror"), name="ann").version
    import_review_file(home, corrected(tmp_path / "2.csv", "a", "Sports"), name="ann")
    assert genres(labelled(home, corrections=["ann"], version=first))["id-a"] == ["Horror"]


def test_a_correction_waits_while_the_source_says_something_else(home: Settings, tmp_path: Path) -> None:
    import_review_file(home, corrected(tmp_path / "r.csv", "ab"), name="ann")
    shelve(home, [title("a", genres=["Comedy"]), title("b"), title("v", split="validation")])
    used = labelled(home, corrections=["ann"])
    assert used.corrected == 1
    assert genres(used)["id-a"] == ["Comedy"]


def test_corrections_that_nobody_gave_are_an_error(home: Settings, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"'ann'; there are: none"):
        labelled(home, corrections=["ann"])
    import_review_file(home, corrected(tmp_path / "r.csv", "a"), name="bob")
    with pytest.raises(LabelError, match=r"'ann'; there are: bob"):
        labelled(home, corrections=["bob", "ann"])


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"title_id": "id-x", "corrected": "Horror"}, r"r\.csv:3: title_id 'id-x' is no title"),
        (
            {"title_id": "id-b", "corrected": "Horor"},
            r"r\.csv:3: corrected: unknown genre Horor; known: Action",
        ),
        ({"title_id": "id-b", "corrected": " , "}, r"r\.csv:3: corrected: unknown genre ','"),
        ({"title_id": "id-a", "corrected": "Horror"}, r"r\.csv:3: title_id id-a is also in line 2"),
        (
            {"title_id": "id-b", "corrected": "Horror", "genres": "Comedy"},
            r"r\.csv:3: its genres are now Drama, not those of the file",
        ),
    ],
)
def test_a_wrong_row_is_named_and_nothing_comes_in(
    home: Settings, tmp_path: Path, row: dict[str, str], told: str
) -> None:
    file = review(tmp_path / "r.csv", {"title_id": "id-a", "corrected": "Horror"}, row)
    with pytest.raises(LabelError, match=told):
        import_review_file(home, file, name="ann")
    assert newest_corrections(home) is None


def test_all_wrong_rows_are_counted(home: Settings, tmp_path: Path) -> None:
    file = corrected(tmp_path / "r.csv", "klmnopqrsuwx")
    with pytest.raises(LabelError, match=r"12 wrong row\(s\)(.|\n)*and 2 more"):
        import_review_file(home, file, name="ann")


def test_a_file_of_another_form_says_what_is_wrong(home: Settings, tmp_path: Path) -> None:
    def refused(content: bytes, told: str) -> None:
        (tmp_path / "r.csv").write_bytes(content)
        with pytest.raises(LabelError, match=told):
            import_review_file(home, tmp_path / "r.csv", name="ann")

    refused(b"title_id,genres\nid-a,Drama\n", r"r\.csv:1: no column corrected")
    refused(b"", r"r\.csv:1: no column title_id, genres, corrected")
    refused(b"title_id,genres,corrected\nid-a,Drama,Caf\xe9\n", "not UTF-8")
    refused(b'title_id,genres,corrected\nid-a,Drama,"Horror', r"not CSV after line 1")
    refused(b"title_id,genres,corrected\nid-a,Drama,Horror,Western\n", r"r\.csv:2: more cells than columns")
    with pytest.raises(LabelError, match=r"no\.csv: cannot be read: No such file"):
        import_review_file(home, tmp_path / "no.csv", name="ann")


def test_without_data_there_is_nothing_to_correct(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError):
        import_review_file(settings, corrected(tmp_path / "r.csv", "a"), name="ann")


def test_an_empty_review_changes_nothing(home: Settings, tmp_path: Path) -> None:
    found = import_review_file(home, review(tmp_path / "r.csv", {"title_id": "id-a"}), name="ann")
    assert (found.changed, found.confirmed, found.left, found.version) == (0, 0, 1, None)


def test_a_review_file_opens_in_a_spreadsheet_with_all_its_columns(tmp_path: Path) -> None:
    file = review(tmp_path / "deep" / "r.csv", {"title_id": "id-a", "title": 'Amélie, "the" film'})
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(newline="", encoding="utf-8-sig") as opened:
        (row,) = csv.DictReader(opened)
    assert tuple(row) == COLUMNS
    assert row["title"] == 'Amélie, "the" film'
    assert row["corrected"] == ""
