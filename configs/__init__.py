"""Thresholds and policies as data."""
