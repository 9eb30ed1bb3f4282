"""Search for better settings of a model with Ray Tune: what is searched, how trials run, what is kept of them."""
