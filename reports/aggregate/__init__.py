"""Scores of generators put together as published benchmarks do, with what those leave out: missing answers, intervals."""
