"""Fitting the models on a snapshot, and recording what came of it."""
