"""Scores over rollout time, with what the pictures look like beside them."""
