from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from trending.catalog.tables import Tables
from trending.errors import TrainingError
from trending.features import embeddings, encoders
from trending.features.embeddings import SentenceEncoder, embed_documents, load_encoder
from trending.features.encoders import encoder_folder
from trending.settings import EmbeddingSettings, Settings

DOCUMENTS = [
    "A sheriff and a gunslinger meet at the saloon of a dusty frontier town.",
    "A marshal waits for the noon train and for help that never comes, while the town looks away.",
    "A pastry chef teaches children to bake bread.",
    "Bread.",
    "A cowboy rides home.",
]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_encoder(EmbeddingSettings())


def test_vectors_have_length_one_and_like_texts_are_near(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(DOCUMENTS)
    assert vectors.shape == (len(DOCUMENTS), encoder.width)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1


def test_a_vector_is_the_same_whatever_texts_share_its_batch(encoder: SentenceEncoder) -> None:
    together = encoder.encode(DOCUMENTS)
    alone = np.vstack([encoder.encode([document]) for document in DOCUMENTS])
    np.testing.assert_array_equal(together, alone)


def test_the_encoder_in_a_bundle_is_the_same(encoder: SentenceEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path / "copy")
    copy = SentenceEncoder(tmp_path / "copy", max_tokens=encoder.max_tokens, batch_size=2)
    np.testing.assert_array_equal(copy.encode(DOCUMENTS), encoder.encode(DOCUMENTS))


def test_only_the_first_tokens_count(encoder: SentenceEncoder) -> None:
    short = SentenceEncoder(encoder.folder, max_tokens=8, batch_size=4)
    first = "A sheriff and a gunslinger meet at"
    np.testing.assert_array_equal(*short.encode([f"{first} the saloon", f"{first} a wedding in Rome"]))


def test_no_document_gives_no_vector(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.width)


@pytest.fixture(scope="module")
def home(ray_cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Where the vectors of these tests are kept: actors need long to start."""
    return Settings(home=tmp_path_factory.mktemp("vectors"))


def test_nothing_is_embedded_twice(
    home: Settings, monkeypatch: pytest.MonkeyPatch, encoder: SentenceEncoder
) -> None:
    embedded: list[set[str]] = []
    original = embeddings._embed

    def watch(missing, *rest):
        embedded.append(set(missing.values()))
        return original(missing, *rest)

    monkeypatch.setattr(embeddings, "_embed", watch)
    first = embed_documents([DOCUMENTS[0], DOCUMENTS[1], DOCUMENTS[0]], home)
    second = embed_documents(DOCUMENTS, home)
    third = embed_documents(DOCUMENTS[::-1], home)
    assert embedded == [set(DOCUMENTS[:2]), set(DOCUMENTS[2:])]
    np.testing.assert_array_equal(second, encoder.encode(DOCUMENTS))
    np.testing.assert_array_equal(first, second[[0, 1, 0]])
    np.testing.assert_array_equal(third, second[::-1])
    assert Tables(home).rows("features.embeddings") == len(DOCUMENTS)


def test_another_token_limit_is_another_vector(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def limits(missing, folder, chosen):
        vectors = [[float(chosen.max_tokens)]] * len(missing)
        return pa.table({"key": list(missing), "vector": vectors}, schema=embeddings.SCHEMA)

    monkeypatch.setattr(embeddings, "_embed", limits)
    limited = settings.model_copy(deep=True)
    limited.train.embedding.max_tokens = 8
    for chosen, expected in ((settings, 128), (limited, 8), (settings, 128)):
        assert embed_documents(DOCUMENTS[1:2], chosen).tolist() == [[expected]]


def test_embedding_nothing_asks_for_nothing(settings: Settings) -> None:
    assert len(embed_documents([], settings)) == 0


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(TrainingError, match="make setup"):
        encoder_folder(EmbeddingSettings().model)


def test_a_folder_can_be_named_instead_of_the_package(encoder: SentenceEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    assert encoder_folder(str(tmp_path)) == tmp_path
