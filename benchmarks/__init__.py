"""Side-by-side measurements. Never imported by the product."""
