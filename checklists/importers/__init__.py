"""Suites from the published files of benchmarks."""
