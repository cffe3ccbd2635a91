"""The rule by which the kinematic judge tells what is out of scope: fitted, and tried on what it was not fitted on.

Run from the repository's root::

    python benchmarks/kinematic_scope.py --clips 400 --jobs 2            # writes configs/kinematic_scope.json
    python benchmarks/kinematic_scope.py --look FOLDER                   # what the shipped rule says of some videos

Rigid clips are pairs of a split; soft ones are drawn by `lawful.generators.worlds.soft`. The rule is fitted on one way
to draw each kind (river, plume, flag, walkers) and on the split train, and tried on the other way (pour, flames,
curtain, hands) and on the split dev. Then it is fitted on all ways, and that is what ships.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from lawful.core.files import write_atomic
from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT
from lawful.generators.worlds.pairs import make_pair
from lawful.generators.worlds.soft.make import SOFT, make_soft
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.scope_rule import FEATURES, ScopeRule, features_of, shipped_rule
from lawful.video.frames import ClipMeta, Frames

OUT = Path(__file__).resolve().parent.parent / "configs" / "kinematic_scope.json"
FITTED = ("river", "plume", "flag", "walkers")
TRIED = ("pour", "flames", "curtain", "hands")


@dataclass(frozen=True)
class Row:
    """The statistics of a clip."""

    kind: str
    """How it was drawn, or the split that it is of."""
    features: tuple[float, ...]
    """In the order of `FEATURES`."""
    moves: bool
    """True where something was measured; without that the judge has nothing to judge anyway."""


def look(job: tuple[str, int]) -> list[Row]:
    """The statistics of a soft clip, or of the two clips of a pair."""
    import cv2

    cv2.setNumThreads(1)
    kind, number = job
    if kind in SOFT:
        return [row(kind, make_soft(kind, number))]
    pair = make_pair(number, 77, split(kind), AS_THE_SEED_HAS_IT)
    return [row(kind, clip.frames) for clip in pair]


def row(kind: str, frames: Frames) -> Row:
    """The statistics of some frames."""
    judge = make_kinematic({})
    height, width = frames.rgb.shape[1:3]
    state = judge.open(ClipMeta("0" * 64, kind, width, height, 24.0), (), {})
    state = judge.push(state, frames)
    judge.close(state)
    tally = state.tally.scope
    return Row(kind, tuple(features_of(tally).tolist()), tally.measured > 0.15 * max(tally.steps, 1))


def table(rows: Sequence[Row]) -> np.ndarray:
    """The statistics of some clips, one a line."""
    return np.array([one.features for one in rows]).reshape(-1, len(FEATURES))


def fitted(rigid: Sequence[Row], soft: Sequence[Row], made_on: str) -> ScopeRule:
    """A rule, both sides counting alike."""
    values = np.concatenate([table(rigid), table(soft)])
    labels = np.repeat([0, 1], [len(rigid), len(soft)])
    scaler = StandardScaler().fit(values)
    model = LogisticRegression(C=0.5, class_weight="balanced", max_iter=2000)
    model.fit(scaler.transform(values), labels)
    weights = model.coef_[0] / scaler.scale_
    offset = float(model.intercept_[0] - weights @ scaler.mean_)
    return ScopeRule(made_on, tuple(round(float(weight), 4) for weight in weights), round(offset, 4))


def chances(rule: ScopeRule, rows: Sequence[Row]) -> np.ndarray:
    """What a rule says."""
    logits = table(rows) @ np.array(rule.weights) + rule.offset
    return 1 / (1 + np.exp(-logits))


def wilson(k: int, n: int) -> str:
    """A share with its Wilson 95 % interval (Wilson 1927)."""
    if n == 0:
        return "-"
    z = 1.959964
    middle = (k / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    return f"{k / n:.2f} [{middle - half:.2f}, {middle + half:.2f}]"


def tell(rule: ScopeRule, groups: dict[str, list[Row]], most: float) -> None:
    """Shares that a rule puts out of scope, of clips in which something moves."""
    for name, rows in groups.items():
        moving = [one for one in rows if one.moves]
        out = int((chances(rule, moving) > most).sum()) if moving else 0
        print(
            f"{name:10s} n {len(moving):4d} (nothing measured: {len(rows) - len(moving)})  out of scope {wilson(out, len(moving))}"
        )


def watch(folder: Path, most: float) -> None:
    """What the shipped rule says of the videos of a folder."""
    from lawful.judge.api import score_video
    from lawful.video.collect import collect
    from lawful.video.read import open_video, read_frames
    from lawful.video.sampling import Sampling

    for clip in collect([folder]).inputs:
        with open_video(clip.path) as video:
            frames = read_frames(video, Sampling(long_side_px=480))
        one = row(clip.name, frames)
        result = score_video(frames)
        shown = " ".join(f"{name} {value:.2f}" for name, value in zip(FEATURES, one.features, strict=True))
        mark = "OUT" if chances(shipped_rule(), [one])[0] > most else "in "
        print(
            f"{mark} {chances(shipped_rule(), [one])[0]:.2f} {clip.name:32s} {result.answer} {result.reason[:60]} | {shown}"
        )


def main() -> None:
    """Make the clips, fit, try, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--clips", type=int, default=400, help="rigid clips of each split; as many soft ones in all"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--look", type=Path, help="a folder of videos")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    most = make_kinematic({}).settings.gates.max_out_of_scope
    if arguments.look is not None:
        watch(arguments.look, most)
        return
    each = arguments.clips // 8
    jobs = [(name, number) for number in range(each) for name in SOFT]
    jobs += [(name, number) for number in range(arguments.clips // 2) for name in ("train", "dev")]
    groups: dict[str, list[Row]] = {name: [] for name in (*SOFT, "train", "dev")}
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
        for done, rows in enumerate(pool.map(look, jobs, chunksize=4), 1):
            groups[rows[0].kind] += rows
            if done % 50 == 0 or done == len(jobs):
                print(f"{done}/{len(jobs)}", file=sys.stderr, flush=True)
    soft = {name: [one for one in groups[name] if one.moves] for name in SOFT}
    rigid = [one for one in groups["train"] if one.moves]
    trial = fitted(rigid, [one for name in FITTED for one in soft[name]], "a trial")
    print("fitted on train and", ", ".join(FITTED))
    tell(trial, groups, most)
    held, fresh = [one for name in TRIED for one in soft[name]], [one for one in groups["dev"] if one.moves]
    labels = np.repeat([0, 1], [len(fresh), len(held)])
    print(
        f"AUROC on dev against {', '.join(TRIED)}: {roc_auc_score(labels, chances(trial, [*fresh, *held])):.3f}"
    )
    everything = [one for name in SOFT for one in soft[name]]
    made_on = (
        f"{len(rigid)} rigid clips of the worlds' split train and {len(everything)} drawn ones of water, smoke, cloth and "
        "people, no real ones (benchmarks/kinematic_scope.py)"
    )
    rule = fitted(rigid, everything, made_on)
    print("fitted on all (dev is not among them)")
    tell(rule, groups, most)
    print(dict(zip(FEATURES, rule.weights, strict=True)), rule.offset)
    write_atomic(arguments.out, json.dumps(rule.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
