"""Boosted trees on Ray Train: features out of fold, boosting across workers."""
