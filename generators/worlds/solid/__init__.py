"""Solid worlds: simulated and rendered by MuJoCo, and a ray caster of our own for tests."""
