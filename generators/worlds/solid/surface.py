"""Surfaces of solid bodies: points on them, what hides them, the box around them."""
