"""Video in, verdicts out: judges, the fold over a clip, the store, the workers."""
