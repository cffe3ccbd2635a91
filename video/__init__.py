"""Frames with true times, and the files they come from and go to. No models."""
