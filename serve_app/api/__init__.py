"""The HTTP API: routes, words, limits, errors. No Ray in it."""
