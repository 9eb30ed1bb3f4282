"""What a cluster must have for so many titles and requests, from rates that were measured."""
