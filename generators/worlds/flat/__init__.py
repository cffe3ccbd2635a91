"""Flat worlds: simulated by pymunk, painted by OpenCV."""
