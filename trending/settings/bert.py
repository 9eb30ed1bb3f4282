"""Settings of the fine-tuned encoder: the network, its training, its export."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from trending.settings.resources import Device, WorkerResources
from trending.settings.section import Section


class BertOptimizerSettings(Section):
    """AdamW with a learning rate of its own for each layer (Howard and Ruder 2018), warm-up and decay."""

    learning_rate: float = Field(default=2e-4, gt=0)
    """Peak rate of the top layer of the encoder."""
    head_learning_rate: float = Field(default=1e-3, gt=0)
    """Peak rate of the classification layer, which starts from nothing."""
    layer_decay: float = Field(default=0.9, gt=0, le=1)
    """Each layer learns this much slower than the one above it; the word embeddings slowest."""
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_share: float = Field(default=0.06, ge=0, lt=1)
    """Share of all steps in which the rate rises to its peak; then it falls linearly to 0."""
    gradient_clipping: float = Field(default=1.0, gt=0)
    """Largest global norm of a step's gradient."""


class BertExportSettings(Section):
    """What a trained network becomes on a CPU."""

    runtime: Literal["auto", "torch", "openvino-fp32", "openvino-int8"] = "auto"
    """Of the bundle on a CPU. `auto`: int8 unless it loses more than `max_loss`, then fp32. A GPU runs PyTorch."""
    max_loss: float = Field(default=0.01, ge=0)
    """Macro-F1 on validation that int8 may lose against PyTorch."""
    calibration_texts: int = Field(default=300, ge=1)
    """Training documents that int8 is calibrated on."""
    threads: int = Field(default=0, ge=0)
    """Threads of one model on a CPU; 0 leaves it to the runtime."""


class BertSettings(Section):
    """Fine-tuning of a Hugging Face encoder on Ray Train."""

    model: str = "packaged"
    """`packaged`: all-MiniLM-L6-v2 from the installed package; else a Hugging Face folder or name."""
    max_tokens: int = Field(default=96, ge=8, le=512)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Between the pooled encoder and the classification layer; inside the encoder it is the model's own."""
    freeze_embeddings: bool = True
    """Leave the word embeddings as they are: half of a small encoder, and of what workers exchange each step."""
    frozen_layers: int = Field(default=2, ge=0)
    """Lowest layers that are left as they are, with the embeddings: their backward pass and exchange are saved."""

    num_workers: int | tuple[int, int] = 2
    """Data-parallel workers. Two numbers, least and most: elastic, as many as the cluster has room for."""
    elastic_check_s: float = Field(default=60.0, gt=0)
    """Seconds between two looks at whether the cluster has room for more elastic workers, or for fewer."""
    engine: Literal["deepspeed", "torch"] = "deepspeed"
    zero_stage: int = Field(default=1, ge=0, le=3)
    """What DeepSpeed shards over the workers: 1 optimiser states, 2 and gradients, 3 and weights; 0 nothing."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """`auto`: bfloat16 autocast on GPUs, float32 on CPUs. Weights and optimiser states are float32 always."""
    device: Device = "auto"
    """`auto`: CUDA where Ray has a GPU for every worker."""
    resources: WorkerResources = WorkerResources()
    """Of each worker."""

    epochs: int = Field(default=4, ge=1)
    patience: int = Field(default=2, ge=1)
    """Epochs without a better validation macro-F1 after which the training stops."""
    batch_size: int = Field(default=32, ge=1)
    """Titles in one step, over all workers: the same however many there are."""
    gradient_accumulation: int = Field(default=1, ge=1)
    """Parts in which each worker takes its share of a step, to fit its memory."""
    shuffle_rows: int = Field(default=50_000, ge=1)
    """Rows among which an epoch is shuffled: all of a catalogue of this size."""
    bucket_batches: int = Field(default=32, ge=1)
    """Batches that are sorted by length together, so that little is padded; 1: no bucketing."""
    checkpoint_steps: int = Field(default=100, ge=1)
    """Steps between checkpoints inside an epoch; every epoch ends with one."""

    class_weight_power: float = Field(default=0.5, ge=0, le=1)
    """Weight of a genre's positive titles: (negatives / positives) to this power. 0 none, 0.5 square root."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=0.5)
    """Targets are this far from 0 and 1."""
    optimizer: BertOptimizerSettings = BertOptimizerSettings()
    export: BertExportSettings = BertExportSettings()

    @model_validator(mode="after")
    def _least_and_most(self) -> BertSettings:
        if not 1 <= self.least_workers <= self.most_workers:
            raise ValueError("num_workers: a number from 1 on, or two of them, the least and the most")
        return self

    @property
    def least_workers(self) -> int:
        """Workers without which a training does not start."""
        return self.num_workers if isinstance(self.num_workers, int) else self.num_workers[0]

    @property
    def most_workers(self) -> int:
        """Workers at the most."""
        return self.num_workers if isinstance(self.num_workers, int) else self.num_workers[1]
