"""The promotion gate: what a model must prove before it serves, and the record of how it was decided."""
