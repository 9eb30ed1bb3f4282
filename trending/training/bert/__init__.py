"""Fine-tuning an encoder on Ray Train: batches, engines, checkpoints, the loop, and what comes after it."""
