"""Language models behind one protocol: embedded OpenVINO, vLLM on Ray Serve, any OpenAI-compatible address."""
