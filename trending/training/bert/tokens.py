"""Documents as token ids, in the form in which they travel to the workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trending.features.documents import DocumentSet

if TYPE_CHECKING:
    import torch

Window = dict[str, "torch.Tensor"]
"""Rows as flat tensors: `ids` `[tokens]`, `lengths` `[n]`, `labels` `[n, genres]`, `weight` and `row` `[n]`."""

AT_ONCE = 4096


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of an encoder's folder."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def token_table(
    titles: DocumentSet, weights: npt.NDArray[np.float32], tokenizer: Any, *, max_tokens: int
) -> pa.Table:
    """One row a title: `row` (its position), `ids`, `labels` `[genres]` as 0 and 1, `weight`."""
    parts = []
    for start in range(0, len(titles.documents), AT_ONCE):
        chosen = titles.documents[start : start + AT_ONCE]
        ids = tokenizer(chosen, truncation=True, max_length=max_tokens)["input_ids"]
        parts.append(pa.array(ids, pa.list_(pa.int32())))
    labels = np.ascontiguousarray(titles.labels, np.float32)
    return pa.table(
        {
            "row": pa.array(np.arange(len(titles.documents), dtype=np.int64)),
            "ids": pa.chunked_array(parts, pa.list_(pa.int32())).combine_chunks(),
            "labels": pa.FixedSizeListArray.from_arrays(pa.array(labels.reshape(-1)), labels.shape[1]),
            "weight": pa.array(weights, pa.float32()),
        }
    )


def to_window(rows: pa.Table) -> Window:
    """The tensors of some rows of a token table."""
    import torch

    rows = rows.combine_chunks()
    ids, labels = rows["ids"].combine_chunks(), rows["labels"].combine_chunks()
    flat = labels.flatten().to_numpy(zero_copy_only=False)
    return {
        "row": torch.tensor(rows["row"].to_numpy()),
        "ids": torch.tensor(ids.flatten().to_numpy(zero_copy_only=False).astype(np.int64)),
        "lengths": torch.tensor(ids.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)),
        "labels": torch.tensor(flat.reshape(rows.num_rows, -1)),
        "weight": torch.tensor(rows["weight"].to_numpy()),
    }
