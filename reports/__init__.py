"""Verdicts in, numbers and pages out."""
