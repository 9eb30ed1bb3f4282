"""Trending Now: film and TV catalogues into genres, on Ray."""
