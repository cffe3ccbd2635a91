"""Prompt in, video out: simulated worlds now, causal generators later."""
