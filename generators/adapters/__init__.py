"""Published checkpoints behind the one `Generator` protocol: one part for each family of models."""
