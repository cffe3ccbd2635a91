"""How well bodies are found and followed on simulated worlds: against the truth, by camera and by scene.

Run from the repository's root, on a split whose clips were not tuned on::

    python benchmarks/kinematic_objects.py --split dev --seed 900 --clips 60

Lawful clips. A body counts from when it has moved by 2 px and three hundredths of its size; one that has lain still so
far is neither asked for nor held against. Found: overlap (IoU) of the boxes of 0.3 or more.
"""

import argparse
import math
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
from scipy.optimize import linear_sum_assignment

from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT
from lawful.generators.worlds.pairs import make_lawful
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.bodies import Body, Glimpse
from lawful.judge.kinematic.objects.push import open_objects
from lawful.judge.kinematic.objects.watch import push_watched, steps_of
from lawful.judge.kinematic.true_bodies import glimpses
from lawful.video.frames import Frames

_IOU = 0.3
_LEAST_PX = 12
_MOVED_PX, _MOVED_OF_SIZE = 2.0, 0.03
_LONG_S = 0.5
_RESAMPLES = 1000

_Box = tuple[float, float, float, float]


@dataclass
class Score:
    """Sums over the frames of one clip."""

    scene: str
    """Scene family."""
    moving: bool
    """True if the camera moves."""
    number: int
    """Which clip of the split."""
    asked: int = 0
    """True bodies in view, over all frames."""
    found: int = 0
    """Those that were found."""
    false: int = 0
    """Bodies told of where there is none."""
    switches: int = 0
    """Times that a body got another id."""
    bodies: int = 0
    """True bodies that were ever asked for."""
    errors_px: list[float] = field(default_factory=list)
    """Distance of the centres."""
    shot_errors_px: list[float] = field(default_factory=list)
    """The same in shot coordinates."""
    overlaps: list[float] = field(default_factory=list)
    """IoU of the boxes."""
    turns_rad: list[float] = field(default_factory=list)
    """Error of the turn since the first match."""
    sights: int = 0
    """Bodies known whose sight was judged."""
    sights_right: int = 0
    """Those whose sight was right."""
    spells: int = 0
    """Times that a body that had been found was hidden for half a second or more, and came back."""
    survived: int = 0
    """Those after which it had the id from before."""
    frames: int = 0
    """Frames."""
    seconds: float = 0.0
    """CPU time of finding the bodies, tracks and camera aside."""


@dataclass
class _Known:
    id: int | None = None
    hidden_s: float = 0.0
    checks_until_s: float = -1.0
    turn: float = math.nan
    start: tuple[float, float] | None = None
    moved: bool = False
    counted: bool = False


def main() -> None:
    """Score the clips and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="also print every clip")
    arguments = parser.parse_args()
    work = partial(score_one, arguments.split, arguments.seed)
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        scores = list(pool.map(work, range(arguments.clips)))
    for line in table(scores):
        print(line)
    if arguments.list:
        for score in scores:
            print(score.number, _row(f"{score.scene} {'moving' if score.moving else 'still'}", [score]))


def score_one(split_name: str, seed: int, number: int) -> Score:
    """One clip of a split."""
    pools = replace(split(split_name), violations=())
    clip = make_lawful(number, seed, pools, AS_THE_SEED_HAS_IT)
    return score_clip(clip, list(glimpses(clip)), number)


def score_clip(clip: WorldClip, truth: list[Glimpse], number: int) -> Score:
    """What was found in one clip, against the truth."""
    import cv2

    cv2.setNumThreads(1)
    score = Score(clip.scene, not all(glimpse.camera_still for glimpse in truth), number)
    starts = [k for k, glimpse in enumerate(truth) if math.isnan(glimpse.step_s)] + [len(truth)]
    next_id = 0
    for first, last in pairwise(starts):
        state = open_objects(next_id)
        known: defaultdict[int, _Known] = defaultdict(_Known)
        for frame, watched in enumerate(steps_of(_part(clip.frames, first, last)), start=first):
            begin = time.process_time()
            told = push_watched(state, watched)
            score.seconds += time.process_time() - begin
            score.frames += 1
            _compare(score, clip, frame, truth[frame], told, known)
        next_id = state.next_id
        score.bodies += sum(body.counted for body in known.values())
    return score


def _part(frames: Frames, first: int, last: int) -> Frames:
    return Frames(frames.rgb[first:last], frames.times_s[first:last], frames.indices[first:last])


def _compare(
    score: Score,
    clip: WorldClip,
    frame: int,
    truth: Glimpse,
    told: Glimpse,
    known: defaultdict[int, _Known],
) -> None:
    asked, still = [], list(_hanging(clip, frame, truth))
    for body in truth.bodies:
        memory = known[body.id]
        if memory.start is None:
            memory.start = body.at_px
        least = _MOVED_PX + _MOVED_OF_SIZE * math.sqrt(max(body.area_px, 1.0))
        memory.moved |= math.dist(body.at_px, memory.start) > least
        in_view = body.sight in ("seen", "partly") and body.area_px >= _LEAST_PX
        if in_view and memory.moved:
            asked.append(body)
            memory.counted = True
        elif body.sight in ("seen", "partly"):
            still.append(body.box_px)
    shown = [
        body for body in told.bodies if body.sight in ("seen", "partly") and np.isfinite(body.box_px).all()
    ]
    pairs = _pairs(asked, shown, known)
    score.asked += len(asked)
    score.found += len(pairs)
    matched = set(pairs.values())
    for k, body in enumerate(shown):
        excused = any(_iou(body.box_px, box) > 0.1 or _inside(body.xy_px, box) for box in still)
        score.false += k not in matched and not excused
    for row, body in enumerate(asked):
        _follow(score, body, shown[pairs[row]] if row in pairs else None, truth, known[body.id])
    _hide(score, truth, told, known)


def _follow(score: Score, body: Body, found: Body | None, truth: Glimpse, memory: _Known) -> None:
    long_hidden = memory.hidden_s >= _LONG_S and memory.id is not None
    if long_hidden:
        score.spells += 1
        memory.checks_until_s = truth.time_s + _LONG_S
    memory.hidden_s = 0.0
    if found is None:
        return
    if truth.time_s <= memory.checks_until_s:
        score.survived += found.id == memory.id
        memory.checks_until_s = -1.0
    if memory.id is not None and memory.id != found.id:
        score.switches += 1
        memory.turn = math.nan
    memory.id = found.id
    score.errors_px.append(math.dist(body.xy_px, found.xy_px))
    score.shot_errors_px.append(math.dist(body.at_px, found.at_px))
    score.overlaps.append(_iou(body.box_px, found.box_px))
    score.sights += 1
    score.sights_right += body.sight == found.sight
    if math.isfinite(body.angle_rad) and math.isfinite(found.angle_rad):
        off = found.angle_rad - body.angle_rad
        memory.turn = off if math.isnan(memory.turn) else memory.turn
        score.turns_rad.append(abs(math.remainder(off - memory.turn, 2 * math.pi)))


def _hide(score: Score, truth: Glimpse, told: Glimpse, known: defaultdict[int, _Known]) -> None:
    for body in truth.bodies:
        memory = known[body.id]
        if body.sight == "hidden" and memory.id is not None:
            memory.hidden_s += truth.step_s
            carried = told.body(memory.id)
            score.sights += 1
            score.sights_right += carried is not None and carried.sight == "hidden"


def _pairs(asked: list[Body], shown: list[Body], known: defaultdict[int, _Known]) -> dict[int, int]:
    if not asked or not shown:
        return {}
    overlap = np.array([[_iou(one.box_px, two.box_px) for two in shown] for one in asked])
    # Who was the same in the frame before stays so, as long as it fits.
    same = np.array([[known[one.id].id == two.id for two in shown] for one in asked])
    gain = np.where(overlap >= _IOU, overlap + same, 0.0)
    rows, columns = linear_sum_assignment(-gain)
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if gain[r, c] > 0}


def _hanging(clip: WorldClip, frame: int, truth: Glimpse) -> Iterator[_Box]:
    """Boxes of what hangs in the background and has no part in what happens."""
    size = np.array([truth.width_px, truth.height_px] * 2)
    for item, motion in zip(clip.objects, clip.simulated.motions, strict=True):
        if not motion.body.touches and np.isfinite(item.box[frame]).all():
            x0, y0, x1, y1 = item.box[frame] * size
            yield float(x0), float(y0), float(x1), float(y1)


def _iou(one: _Box, two: _Box) -> float:
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (two[2] - two[0]) * (two[3] - two[1])
    return both / (areas - both)


def _inside(xy: tuple[float, float], box: _Box) -> bool:
    return box[0] <= xy[0] <= box[2] and box[1] <= xy[1] <= box[3]


def table(scores: list[Score]) -> Iterator[str]:
    """The printed lines."""
    yield (
        f"{'':22s}clips  bodies  recall [95 %]     precision [95 %]  centre px: median, p90  in shot p90   IoU  "
        "turn p90  switches/clip  sight  hidden >= 0.5 s: n, kept  ms/frame"
    )
    yield _row("all", scores)
    for moving in (False, True):
        yield _row("moving camera" if moving else "still camera", [s for s in scores if s.moving is moving])
    for scene in sorted({score.scene for score in scores}):
        yield _row(scene, [score for score in scores if score.scene == scene])


def _row(name: str, scores: list[Score]) -> str:
    if not scores:
        return f"{name:22s}{0:5d}"
    asked, found, false = (np.array([getattr(s, key) for s in scores]) for key in ("asked", "found", "false"))
    recall = _interval(found, asked)
    precision = _interval(found, found + false)
    sums = {
        key: sum(getattr(s, key) for s in scores)
        for key in ("bodies", "switches", "sights", "sights_right", "spells", "survived", "frames")
    }
    pooled = {
        key: [value for s in scores for value in getattr(s, key)]
        for key in ("errors_px", "shot_errors_px", "overlaps", "turns_rad")
    }
    error, error90 = _quantile(pooled["errors_px"], 50), _quantile(pooled["errors_px"], 90)
    kept = f"{sums['spells']:3d} {_share(sums['survived'], sums['spells'])}"
    return (
        f"{name:22s}{len(scores):5d}  {sums['bodies']:6d}  {recall}  {precision}  {error:14.2f} {error90:6.2f}  "
        f"{_quantile(pooled['shot_errors_px'], 90):11.2f}  {_mean(pooled['overlaps']):4.2f}  "
        f"{_quantile(pooled['turns_rad'], 90):8.2f}  {sums['switches'] / len(scores):13.2f}  "
        f"{_share(sums['sights_right'], sums['sights'])}  {kept:>24s}  "
        f"{1000 * sum(s.seconds for s in scores) / max(sums['frames'], 1):8.1f}"
    )


def _interval(part: np.ndarray, whole: np.ndarray) -> str:
    """A share over clips with its interval by resampling clips."""
    if not whole.sum():
        return f"{'nan':>17s}"
    rows = np.random.default_rng(0).integers(len(part), size=(_RESAMPLES, len(part)))
    shares = part[rows].sum(axis=1) / np.maximum(whole[rows].sum(axis=1), 1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return f"{part.sum() / whole.sum():.2f} [{low:.2f}, {high:.2f}]"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:5.2f}" if whole else "  nan"


def _quantile(values: list[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else math.nan


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else math.nan


if __name__ == "__main__":
    main()
