"""Scored clips made by hand."""

import math
import zlib

import numpy as np
import pytest

from lawful.judge.stored import AskedQuestion
from lawful.reports.scores import Answered, ScoredClip

YES_NO = {"no": 0.0, "yes": 1.0}
ASKED = {
    "gone": AskedQuestion("gone", "Does every object stay?", "physics", "permanence", YES_NO),
    "fall": AskedQuestion("fall", "Does what is let go fall?", "physics", "gravity", YES_NO),
    "ask": AskedQuestion("ask", "Does it show what was asked for?", "prompt", None, YES_NO),
}


def make_scored(generator="wan", case="drop", seed=0, scores=None, **changes):
    scores = {"gone": 0.9, "fall": 0.8} if scores is None else scores
    answers = tuple(
        Answered(ASKED[name], math.nan, None, "abstained")
        if math.isnan(score)
        else Answered(ASKED[name], score, "yes" if score >= 0.5 else "no", None)
        for name, score in scores.items()
    )
    known = [score for score in scores.values() if not math.isnan(score)]
    worst = min(known, default=math.nan)
    answer = "not_sure" if len(known) < len(scores) else "violation" if worst < 0.5 else "none_found"
    name = f"{generator}/{case}-{seed}.mp4"
    values = {
        "run": "mine",
        "video": name,
        "sha256": f"{zlib.crc32(name.encode()):064x}",
        "suite": "physics",
        "judge": "looker",
        "fingerprint": "f" * 64,
        "generator": generator,
        "case": case,
        "prompt": None,
        "seed": seed,
        "answer": answer,
        "score": worst,
        "answers": answers,
        "repeats": (answers,),
    }
    return ScoredClip(**{**values, **changes})


@pytest.fixture
def scored():
    return make_scored


@pytest.fixture
def three_generators():
    """30 prompts x 2 seeds: `good` is better than `twin` and `same`, which differ by noise alone."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(30):
        hard = rng.uniform(-0.1, 0.1)
        for seed in range(2):
            for generator, mean in (("good", 0.8), ("same", 0.6), ("twin", 0.6)):
                gone, fall = np.clip(mean + hard + rng.normal(0, 0.05, 2), 0, 1)
                scores = {"gone": float(gone), "fall": float(fall), "ask": 0.75}
                found.append(make_scored(generator, f"case-{number:02d}", seed, scores))
    return found
