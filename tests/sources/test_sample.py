from __future__ import annotations

from trending.sources.sample import sample


def test_the_shipped_catalogue_flows_whole_with_its_reviews(ray_cluster: None) -> None:
    source = sample()
    titles, reviews = source.titles(), source.reviews()
    assert source.name == "sample"
    assert titles is not None
    assert reviews is not None
    title_rows, review_rows = titles.take_all(), reviews.take_all()
    assert (len(title_rows), len(review_rows)) == source.count()
    assert not [row for row in [*title_rows, *review_rows] if row["fault"]]
    assert {row["vocabulary"] for row in title_rows} == {"canonical"}
    about = {(row["kind"], row["title"], row["release_year"]) for row in title_rows}
    assert {(row["kind"], row["title"], row["release_year"]) for row in review_rows} <= about
    assert all(row["text"] for row in review_rows)
