"""Collected only where vLLM is installed: `make test-vllm` has an environment of its own for it."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("vllm") else ["test_*.py"]
