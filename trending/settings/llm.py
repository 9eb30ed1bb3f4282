"""Settings of the language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from trending.settings.section import Section


class LLMSettings(Section):
    """Which language model answers, and how much it may be asked."""

    engine: Literal["openvino", "vllm", "openai", "none"] = "openvino"
    """`openvino`: in the replica, on the CPU. `vllm`: a deployment of `ray.serve.llm`. `openai`: any address that
    speaks OpenAI's chat format. `none`: no language model; every answer stands on a lower rung."""
    model: str = "packaged"
    """`openvino`: `packaged`, a GGUF file or an OpenVINO folder. `vllm`: the same GGUF, or a Hugging Face folder
    or name. `openai`: the model's name at that address."""
    base_url: str = "https://api.openai.com/v1"
    """Address of the engine `openai`."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key of the engine `openai`."""
    api_key_file: Path | None = None
    """File that holds the key instead; the file wins."""
    max_tokens: int = Field(default=256, ge=1)
    """Most tokens of an answer where the request does not say."""
    max_prompt_tokens: int = Field(default=2048, ge=16)
    """A longer prompt is refused."""
    deadline_s: float = Field(default=60.0, gt=0)
    """Most seconds from the request to the end of its answer, waiting included."""
    max_concurrent: int = Field(default=16, ge=1)
    """Requests that the engine works on at once."""
    max_queued: int = Field(default=64, ge=0)
    """Requests that may wait; one more is refused."""
    daily_tokens: int | None = Field(default=None, ge=1)
    """Tokens of prompts and answers a day (UTC). None: no limit."""
    daily_cost: float | None = Field(default=None, gt=0)
    """Money a day, in the currency of the prices. None: no limit."""
    prompt_price: float = Field(default=0.0, ge=0)
    """Price of a million tokens of prompts."""
    completion_price: float = Field(default=0.0, ge=0)
    """Price of a million tokens of answers."""
    cache_gb: int = Field(default=1, ge=1)
    """Key-value cache of the engine `openvino`, in GiB."""
    threads: int = Field(default=0, ge=0)
    """Threads of the engine `openvino`; 0: as many as there are cores."""
    vllm: dict[str, Any] = Field(default_factory=dict)
    """Arguments of vLLM's engine: `tensor_parallel_size`, `dtype`, `max_model_len`, ..."""
    vllm_cpus: int | None = Field(default=None, ge=1)
    """CPUs of a vLLM replica on a machine without GPUs. None: it gets GPUs."""
