"""Scored clips made by hand."""

import math

import numpy as np
import pytest

from lawful.judge.stored import AskedQuestion
from lawful.reports.scores import Answered, ScoredClip

RULER_SCALE = {"Poor": 0.0, "Medium": 0.5, "Good": 1.0}
ONE_TO_FIVE = {str(rating): (rating - 1) / 4 for rating in range(1, 6)}
ZERO_TO_FOUR = {str(rating): rating / 4 for rating in range(5)}


def make_answer(axis, said, scale, *, score=None, law=None, tier=None, name=None):
    """The answer `said`: a label of the scale (its value is the score, unless one is given), or a reason."""
    question = AskedQuestion(name or f"{axis} {law} {tier}", "?", axis, law, scale, tier)
    if said not in scale:
        return Answered(question, math.nan, None, said)
    return Answered(question, scale[said] if score is None else score, said, None)


def make_clip(case, answers, generator="wan", **changes):
    values = {
        "run": "run",
        "video": f"{generator}/{case}.mp4",
        "sha256": "a" * 64,
        "suite": "suite",
        "judge": "judge",
        "fingerprint": "f" * 64,
        "generator": generator,
        "case": case,
        "prompt": None,
        "seed": None,
        "answer": "not_sure" if answers else None,
        "score": math.nan,
        "answers": tuple(answers),
        "repeats": (),
    }
    return ScoredClip(**{**values, **changes})


def ruler_clip(case, said, generator="wan", **changes):
    """`said`: labels by the first letters of a metric's words ("IF"), several where there are several questions."""
    names = {
        "IF": "Instruction Following",
        "VC": "Visual Consistency",
        "VF": "Visual Fidelity",
        "RC": "Rule Coherence",
    }
    answers = [
        make_answer(names[short], label, RULER_SCALE, name=f"{short}{number}")
        for short, labels in said.items()
        for number, label in enumerate([labels] if isinstance(labels, str) else labels)
    ]
    return make_clip(case, answers, generator, **changes)


@pytest.fixture
def answer():
    return make_answer


@pytest.fixture
def clip():
    return make_clip


@pytest.fixture
def ruler():
    return ruler_clip


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def many():
    """Clips of two generators for each aggregation, some answers missing, some clips failed, two seeds a case."""
    return {name: make(np.random.default_rng(1)) for name, make in MAKERS.items()}


def _ruler(rng, missing=True):
    clips = []
    for generator in ("wan", "veo"):
        for category, tasks in RULER_TASKS.items():
            for task in tasks:
                for index in range(3):
                    for seed in range(2):
                        shorts = ["VC", "VF", "RC"] + ["IF"] * (category != "vision rule")
                        said = {
                            short: rng.choice([*RULER_SCALE, "Good"], size=2).tolist() for short in shorts
                        }
                        if missing and index == 2 and seed == 0:
                            said["RC"] = ["unparsed", "premise_not_met"]
                        if missing and index == 1:
                            del said["VF"]
                        clips.append(ruler_clip(f"{category}/{task}/{index}", said, generator, seed=seed))
    if missing:
        clips.append(make_clip("game/chess/0", (), "veo", seed=7, sha256=None))
    return clips


RULER_TASKS = {
    "science": ("chemistry", "life"),
    "game": ("chess",),
    "semantic": ("idioms", "metaphors"),
    "hypothetical": ("subjective_change",),
    "humanity": ("food", "dress"),
    "vision rule": ("color", "count", "size"),
}


def _mme_cof(rng):
    axes = (
        "instruction_alignment",
        "temporal_consistency",
        "visual_stability",
        "content_fidelity",
        "focus_relevance",
    )
    clips = []
    for generator in ("wan", "veo"):
        for category, n in (("gui reasoning", 3), ("rotation reasoning", 4), ("2D geometry reasoning", 7)):
            for index in range(n):
                for seed in range(2):
                    said = [str(rng.integers(0, 5)) for _ in axes]
                    if index == 1 and seed == 1:
                        said[2] = "unparsed"
                    answers = [
                        make_answer(axis, one, ZERO_TO_FOUR) for axis, one in zip(axes, said, strict=True)
                    ]
                    clips.append(make_clip(f"{category}/{index}", answers, generator, seed=seed))
    clips.append(make_clip("gui reasoning/0", (), "wan", seed=7))
    return clips


def _pyramid(rng):
    scale = {"no": 0.0, "yes": 1.0}
    clips = []
    for generator in ("wan", "veo"):
        for index in range(12):
            for seed in range(2):
                answers = []
                for tier in (1, 2, 3):
                    score = float(rng.uniform())
                    said = "abstained" if rng.uniform() < 0.1 else "yes" if score >= 0.5 else "no"
                    answers.append(make_answer("tier", said, scale, score=score, tier=tier))
                clips.append(make_clip(f"case{index}", answers, generator, seed=seed))
    clips.append(make_clip("case0", (), "wan", seed=7))
    return clips


def _phyground(rng):
    clips = []
    for generator in ("wan", "veo"):
        for index in range(12):
            for seed in range(2):
                answers = [
                    make_answer(axis, str(rng.integers(1, 6)), ONE_TO_FIVE)
                    for axis in ("SA", "PTV", "persistence")
                ]
                laws = ("gravity", "shadow") if index % 2 else ("gravity", "buoyancy", "collision")
                for law in laws:
                    said = "unparsed" if rng.uniform() < 0.1 else str(rng.integers(1, 6))
                    answers.append(make_answer("physics", said, ONE_TO_FIVE, law=law))
                clips.append(make_clip(f"case{index}", answers, generator, seed=seed))
    clips.append(make_clip("case0", (), "wan", seed=7))
    return clips


def _videophy2(rng):
    clips = []
    for generator in ("wan", "veo"):
        for index in range(12):
            for seed in range(2):
                sa, pc = (str(rng.integers(2, 6)) for _ in range(2))
                pc = "unparsed" if index == 3 else pc
                score = min(1.0, ONE_TO_FIVE[sa] + 0.13)
                answers = [
                    make_answer("sa", sa, ONE_TO_FIVE, score=score),
                    make_answer("pc", pc, ONE_TO_FIVE),
                ]
                clips.append(make_clip(f"case{index}", answers, generator, seed=seed))
    clips.append(make_clip("case0", (), "wan", seed=7))
    return clips


LETTERS = {"A": 1.0, "B": 0.0, "C": 0.75, "D": 0.25, "E": 0.75, "F": 0.25, "G": 0.5}
"""The scale of a scenario whose right letters are A and B."""


def _implausibench(rng):
    clips = []
    for generator in ("wan", "veo"):
        for index in range(12):
            for kind in ("real", "implausible"):
                said = "unparsed" if rng.uniform() < 0.1 else str(rng.choice([*LETTERS, "A", "B"]))
                answers = [make_answer("implausibench", said, LETTERS)]
                clips.append(make_clip(f"scene{index}/{kind}", answers, generator))
    clips.append(make_clip("scene0/real", (), "wan", seed=7))
    return clips


def ruler_complete(rng):
    return _ruler(rng, missing=False)


MAKERS = {
    "ruler": _ruler,
    "mme-cof": _mme_cof,
    "pyramid": _pyramid,
    "phyground": _phyground,
    "videophy2": _videophy2,
    "implausibench": _implausibench,
}


@pytest.fixture
def complete_ruler():
    """Clips of RULER-Bench with all answers."""
    return ruler_complete(np.random.default_rng(2))
