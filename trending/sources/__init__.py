"""Where titles and reviews come from: one module a source, one small protocol."""
