"""Generators compared on the same prompts, and runs compared with each other."""
