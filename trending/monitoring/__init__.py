"""What changed since a model was trained: in the texts that come in, and in what it answers."""
