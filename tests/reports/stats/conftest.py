"""Published human ratings, from the fixtures."""

import csv
from pathlib import Path

import numpy as np
import pytest

FIXTURES = Path(__file__).parent / "fixtures"


def rows(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def genai_bench() -> dict[str, np.ndarray]:
    """Raw votes by column, one entry a pair."""
    table = rows("genai_bench_video_votes.csv")
    return {name: np.array([row[name] for row in table]) for name in table[0]}


@pytest.fixture(scope="session")
def video_bench() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """By dimension: ratings (items by four raters), prompt and generator of each item."""
    found: dict[str, list[tuple[list[float], str, str]]] = {}
    for row in rows("video_bench_ratings.csv"):
        dimension, prompt = row.pop("dimension"), row.pop("prompt")
        for generator, digits in row.items():
            if digits:
                found.setdefault(dimension, []).append(
                    ([float(digit) for digit in digits], prompt, generator)
                )
    return {name: tuple(np.array(part) for part in zip(*items, strict=True)) for name, items in found.items()}


@pytest.fixture(scope="session")
def tc_bench() -> dict[str, np.ndarray]:
    """`ratings` (items by six scores), `generator` and four metrics."""
    table = rows("tc_bench_i2v.csv")
    scores = [
        [float("nan") if digit == "-" else float(digit) for digit in row["r0"] + row["r1"]] for row in table
    ]
    metrics = {
        name: np.array([float(row[name] or "nan") for row in table])
        for name in ("clip", "viclip", "umtscore", "evalcrafter")
    }
    return {
        "ratings": np.array(scores),
        "generator": np.array([row["generator"] for row in table]),
        **metrics,
    }
