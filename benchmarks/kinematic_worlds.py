"""How well the kinematic judge does on simulated worlds: recall by family, false alarms, coverage, onset error.

Run from the repository's root; seeds other than those in `made_on` of `configs/kinematic.toml`::

    python benchmarks/kinematic_worlds.py --first-seed 1000 --seeds 15 --processes 2
"""

import argparse
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from lawful.checklists.suite import Question, Scale
from lawful.core.errors import InputError
from lawful.generators.worlds.make import make_clip
from lawful.judge.fold import judge_clip
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.settings import FAMILIES
from lawful.judge.summary import summarise
from lawful.video.frames import ClipMeta

SCENES = ("bounce", "billiards", "slide", "pendulum", "screen", "pan", "still")
"""The scene families that the figures in the docs are of."""
_SCALE = Scale("yes_no", {"yes": 1.0, "no": 0.0})
_QUESTIONS = tuple(
    Question(family, f"Free of {family}?", "physics", _SCALE, None, (family,)) for family in FAMILIES
)


@dataclass(frozen=True)
class Row:
    """What the judge said of one clip."""

    violation: str | None
    """The family that the clip shows; None for a lawful one."""
    scene: str
    """Its scene."""
    seed: int
    """Its seed."""
    answer: str
    """The judge's answer."""
    reason: str
    """Its reason."""
    named: str | None
    """Family of the strongest evidence; None without evidence."""
    probability: float
    """Its probability, 0 without evidence."""
    onset_error_frames: float
    """Start of that evidence less the true onset, in frames; NaN without either."""


def main() -> None:
    """Judge the clips and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=15)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="also print every clip that went wrong")
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    jobs = [(scene, seed, family) for family in (None, *FAMILIES) for seed in seeds for scene in SCENES]
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        rows = [row for row in pool.map(judge_one, jobs, chunksize=8) if row is not None]
    for line in table(rows):
        print(line)
    if arguments.list:
        for row in rows:
            if row.answer != ("none_found" if row.violation is None else "violation"):
                print(row)


def judge_one(job: tuple[str, int, str | None]) -> Row | None:
    """The judge's word on one clip; None where the scene cannot show the violation."""
    scene, seed, violation = job
    try:
        clip = make_clip(scene, seed, violation=violation)
    except InputError:
        return None
    height, width = clip.frames.rgb.shape[1:3]
    judge = make_kinematic({})
    meta = ClipMeta(f"{scene}-{seed}", scene, width, height, clip.fps)
    result = summarise(judge_clip(judge, meta, [clip.frames], _QUESTIONS, {}), judge.rule)
    evidence = [(item.probability, verdict, item) for verdict in result.verdicts for item in verdict.evidence]
    best = max(evidence, key=lambda entry: entry[0], default=None)
    error = math.nan
    if best is not None and clip.onset_s is not None:
        error = (best[2].start_s - clip.onset_s) * clip.fps
    return Row(
        violation,
        scene,
        seed,
        result.answer,
        result.reason,
        None if best is None else best[1].question_id,
        0.0 if best is None else best[0],
        error,
    )


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The printed lines."""
    groups: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.violation].append(row)
    yield "family          n  flagged [95 %]           answered [95 %]          named  onset: median, within 4 frames"
    for family in (None, *FAMILIES):
        held = groups[family]
        flagged = [row for row in held if row.answer == "violation"]
        answered = sum(row.answer != "not_sure" for row in held)
        line = f"{family or 'lawful':14s}{len(held):4d}  {_share(len(flagged), len(held))}  {_share(answered, len(held))}"
        if family is not None and flagged:
            named = sum(row.named == family for row in flagged) / len(flagged)
            errors = np.array([row.onset_error_frames for row in flagged])
            line += f"  {named:5.0%}  {np.median(errors):5.1f}, {np.mean(np.abs(errors) <= 4.05):.0%}"
        yield line
    yield "lawful clips, not sure: " + _counted(
        re.split(r":| \(", row.reason)[0] for row in groups[None] if row.answer == "not_sure"
    )
    yield "lawful clips, flagged as: " + _counted(
        str(row.named) for row in groups[None] if row.answer == "violation"
    )


def _counted(names: Iterable[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(names).most_common()) or "none"


def _share(k: int, n: int) -> str:
    """A share with its Wilson 95 % interval (Wilson 1927)."""
    if n == 0:
        return "    nan"
    z = 1.959964
    middle = (k / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    return f"{k / n:6.1%} [{middle - half:6.1%}, {middle + half:6.1%}]"


if __name__ == "__main__":
    main()
