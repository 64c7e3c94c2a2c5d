"""language: what a spec says of values: their types, how they become others, and what is computed of them."""
