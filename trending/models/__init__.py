"""The genre models and the bundle: what is saved is what is served."""
