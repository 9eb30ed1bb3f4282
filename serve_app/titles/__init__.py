"""The read side of the tables: a search index of one snapshot, nearest plots, feedback. Nothing here needs Ray."""
