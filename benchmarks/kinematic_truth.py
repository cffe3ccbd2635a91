"""The kinematic judge's witnesses on true bodies beside bodies that it estimated: pairs of twins, family by family.

With true bodies all that goes wrong is the witnesses' own; what estimated bodies lose is the tracking's. From the
repository's root::

    python benchmarks/kinematic_truth.py --split train --pairs 170 --bodies true,estimated
"""

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np

from lawful.checklists.laws import families
from lawful.generators.worlds.families import FAMILIES as SCENES
from lawful.generators.worlds.make import Format
from lawful.generators.worlds.pairs import make_pair
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.examine import close_examination, open_examination, push_examination
from lawful.judge.kinematic.findings import Finding, Said
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.settings import LAWS
from lawful.judge.kinematic.tails import family_of
from lawful.judge.kinematic.true_bodies import glimpses
from lawful.video.frames import ClipMeta

SOURCES = ("true", "estimated")
RIGID_FORMAT = Format(2.5, 24.0, 256, 256, None)
_FLAGGED = 0.5
_ONSET_FRAMES = 4.05


@dataclass(frozen=True)
class Clip:
    """The strongest finding in one clip."""

    strength: float
    """0 where nothing was found."""
    family: str | None
    """Of the finding."""
    onset_frames: float
    """Its start less the true onset; NaN where there is none."""


@dataclass(frozen=True)
class Pair:
    """What was found in a lawful clip and its twin."""

    violation: str
    """Family of the twin."""
    scene: str
    """Family of the scene."""
    lawful: Clip
    """In the lawful clip."""
    broken: Clip
    """In its twin."""

    @property
    def right(self) -> float:
        """1 if the twin has the stronger finding, a half for ties."""
        return 0.5 + 0.5 * float(np.sign(self.broken.strength - self.lawful.strength))


def main() -> None:
    """Print a table for each source of bodies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--split", default="train")
    parser.add_argument("--pairs", type=int, default=170)
    parser.add_argument("--seed", type=int, default=7, help="chooses the pairs")
    parser.add_argument("--bodies", default=",".join(SOURCES))
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    sources = arguments.bodies.split(",")
    if unknown := set(sources) - set(SOURCES):
        parser.error(f"unknown bodies {sorted(unknown)}; known: {', '.join(SOURCES)}")
    work = partial(judge_pair, split_name=arguments.split, seed=arguments.seed, sources=sources)
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        rows = list(pool.map(work, range(arguments.pairs), chunksize=2))
    for source, pairs in zip(sources, zip(*rows, strict=True), strict=True):
        print(f"\n{source} bodies, split {arguments.split}, {len(pairs)} pairs of seed {arguments.seed}\n")
        print_table(pairs)


def judge_pair(number: int, split_name: str, seed: int, sources: Sequence[str]) -> tuple[Pair, ...]:
    """What is found in one pair, for each source of bodies."""
    lawful, broken = make_pair(number, seed, split(split_name), RIGID_FORMAT)
    assert broken.violation is not None
    assert broken.onset_s is not None
    found = []
    for source in sources:
        look = of_true_bodies if source == "true" else of_judge
        clips = [strongest(look(clip), broken.onset_s, broken.fps) for clip in (lawful, broken)]
        found.append(Pair(broken.violation, broken.scene, *clips))
    return tuple(found)


def of_true_bodies(clip: WorldClip) -> list[Finding]:
    """All that the witnesses find on a clip's true bodies."""
    examination, said = open_examination(), list[Said]()
    for glimpse in glimpses(clip):
        if not glimpse.step_s > 0:
            said += close_examination(examination, _bare)
        said += push_examination(examination, glimpse, _bare)
    return [item.finding for item in (*said, *close_examination(examination, _bare))]


def of_judge(clip: WorldClip) -> list[Finding]:
    """All that the witnesses find in a clip's pictures, of bodies and of pixels: up to three of each tail."""
    judge = make_kinematic({"net": False})
    height, width = clip.frames.rgb.shape[1:3]
    state = judge.open(ClipMeta("0" * 64, clip.scene, width, height, clip.fps), (), {})
    state = judge.push(state, clip.frames)
    judge.close(state)
    return [
        Finding(
            family_of(tail),
            held.evidence.start_s,
            held.evidence.end_s,
            held.evidence.box,
            held.strength,
            held.evidence.magnitude,
            held.evidence.unit,
            held.evidence.text,
        )
        for tail, kept in state.ledger.shown.items()
        for held in kept
    ]


def strongest(found: Sequence[Finding], onset_s: float, fps: float) -> Clip:
    """The strongest finding of a clip."""
    best = max(found, key=lambda finding: finding.strength, default=None)
    if best is None:
        return Clip(0.0, None, math.nan)
    return Clip(best.strength, best.family, (best.start_s - onset_s) * fps)


def print_table(pairs: Sequence[Pair]) -> None:
    """By family, then over all, then the false findings."""
    groups: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.violation].append(pair)
    print("| family | n | paired | found | right law | onset within 4 frames |\n|---|---|---|---|---|---|")
    for violation, held in [*sorted(groups.items()), ("all", list(pairs))]:
        print(f"| {violation} | {len(held)} | {_row(held)} |")
    hard = [pair for pair in pairs if SCENES[pair.scene].hard]
    for name, held in (("lawful clips", pairs), ("hard lawful clips", hard)):
        flagged = [pair.lawful.family for pair in held if pair.lawful.strength >= _FLAGGED]
        counts = ", ".join(f"{family} {count}" for family, count in Counter(flagged).most_common())
        print(
            f"\n{name} with a finding of {_FLAGGED} or more: {len(flagged)} of {len(held)} ({counts or 'none'})"
        )


def _row(held: Sequence[Pair]) -> str:
    right = np.array([pair.right for pair in held])
    draws = np.random.default_rng(0).integers(len(right), size=(2000, len(right)))
    low, high = np.quantile(right[draws].mean(axis=1), [0.025, 0.975])
    found = [pair for pair in held if pair.broken.strength >= _FLAGGED]
    named = np.mean([_names(pair) for pair in found]) if found else math.nan
    onset = np.mean([abs(pair.broken.onset_frames) <= _ONSET_FRAMES for pair in found]) if found else math.nan
    share = len(found) / len(held)
    return f"{right.mean():.2f} [{low:.2f}, {high:.2f}] | {share:.2f} | {named:.2f} | {onset:.2f}"


def _names(pair: Pair) -> bool:
    assert pair.broken.family is not None
    return LAWS[pair.broken.family] in families()[pair.violation].laws


def _bare(finding: Finding) -> Said:
    return Said(finding, (), None)


if __name__ == "__main__":
    main()
