"""The model card: what was found out about a bundle, for the person who decides whether to use it."""
