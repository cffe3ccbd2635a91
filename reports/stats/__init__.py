"""Statistics of agreement and comparison: pure functions on arrays, each with its source and an oracle."""
