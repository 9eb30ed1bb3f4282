"""How good a model is on titles that it never saw, and how sure one can be of it."""
