"""Simulated scenes with known truth, lawful and with one law broken."""
