"""How well judges tell lawful clips from their broken twins, violation by violation, with intervals.

python benchmarks/baseline_pairs.py [--pairs N] [--seed S] [--judge NAME]...
"""

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np

from lawful.generators.worlds.pairs import make_pairs
from lawful.judge.api import score_video
from lawful.judge.baselines import STATISTICS
from lawful.judge.make import make_judge
from lawful.judge.task import JudgeSpec

FAMILIES = ("vanish", "appear", "teleport", "freeze", "super_elastic", "colour_change")
"""Those that the kinematic judge claims to see; the figures in the docs are of these."""
SCENES = ("bounce", "billiards", "slide", "pendulum", "screen", "pan", "still")
"""The scene families that the figures in the docs are of."""
SIZE = {"width_px": 256, "height_px": 256, "fps": 24.0, "duration_s": 2.5}
N_RESAMPLES = 2000


@dataclass
class Scores:
    """What a judge said of the pairs of one violation."""

    pairs: list[tuple[float, float]]
    """Score of the lawful clip and of its twin."""
    flagged: list[tuple[bool, bool]]
    """Whether each was called a violation."""
    seconds: float = 0.0
    """Time spent."""


def paired(pairs):
    """Share of pairs in which the lawful clip has the higher score; ties count half."""
    return np.mean((pairs[..., 0] > pairs[..., 1]) + 0.5 * (pairs[..., 0] == pairs[..., 1]), axis=-1)


def auroc(pairs):
    """Chance that any lawful clip has a higher score than any broken one; ties count half."""
    lawful, broken = pairs[..., 0][..., :, None], pairs[..., 1][..., None, :]
    return np.mean((lawful > broken) + 0.5 * (lawful == broken), axis=(-2, -1))


def with_interval(statistic, pairs, rng):
    """A statistic and its 95 % interval by resampling pairs."""
    drawn = [statistic(pairs[rng.integers(len(pairs), size=len(pairs))]) for _ in range(N_RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{statistic(pairs):.2f} [{low:.2f}, {high:.2f}]"


def row(cells):
    """A line of a markdown table."""
    return "| " + " | ".join(cells) + " |"


def report(name, violation, scores, rng):
    """The line of a judge for a violation."""
    pairs = np.array([pair for pair in scores.pairs if np.isfinite(pair).all()])
    flagged = np.array(scores.flagged)
    called = f"{flagged[:, 0].mean():.2f} / {flagged[:, 1].mean():.2f}"
    cost = f"{scores.seconds / (2 * len(scores.pairs)):.2f}"
    if not len(pairs):
        return row([violation, name, "-", "-", called, "0", str(len(scores.pairs)), cost])
    numbers = [with_interval(statistic, pairs, rng) for statistic in (paired, auroc)]
    return row(
        [violation, name, *numbers, called, str(len(pairs)), str(len(scores.pairs) - len(pairs)), cost]
    )


def main():
    """Make the pairs, score them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40, help="pairs a violation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--judge", action="append", help="name of a judge; may be repeated (default: the baselines)"
    )
    arguments = parser.parse_args()
    names = arguments.judge or list(STATISTICS)
    judges = {name: make_judge(JudgeSpec(name)) for name in names}
    rng = np.random.default_rng(arguments.seed)
    print(f"`python {' '.join(sys.argv)}`: clips of {SIZE['duration_s']} s, 256x256, 24 fps, raw frames\n")
    heads = ["violation", "judge", "paired accuracy [95 %]", "AUROC [95 %]"]
    heads += ["flagged lawful / broken", "n pairs", "without score", "s a clip"]
    print(row(heads))
    print(row(["---"] * len(heads)))
    everything = {name: Scores([], []) for name in names}
    for number, violation in enumerate(FAMILIES):
        here = {name: Scores([], []) for name in names}
        # Pairs of their own for each violation: no clip counts twice in the last lines.
        seed = len(FAMILIES) * arguments.seed + number
        for twins in make_pairs(arguments.pairs, seed, scenes=SCENES, violations=[violation], **SIZE):
            for name, judge in judges.items():
                start = time.perf_counter()
                results = [score_video(clip.frames, judge=judge) for clip in twins]
                for scores in (here[name], everything[name]):
                    scores.seconds += time.perf_counter() - start
                    scores.pairs.append((results[0].score, results[1].score))
                    scores.flagged.append(tuple(result.answer == "violation" for result in results))
        for name in names:
            print(report(name, violation, here[name], rng), flush=True)
    for name in names:
        print(report(name, "all", everything[name], rng))


if __name__ == "__main__":
    main()
