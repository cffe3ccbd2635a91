"""The tails that the kinematic judge weighs its findings against: fitted on simulated clips, most of them lawful.

Run from the repository's root whenever a witness, the tracker or a family changes; the families are those of
`lawful.judge.kinematic.settings.FAMILIES`::

    python benchmarks/kinematic_calibration.py --clips 400 --plain 400 --broken 255 --jobs 2  # writes configs/kinematic_lawful.json
    python benchmarks/kinematic_calibration.py --clips 400 --split dev --seed 1 --check  # how well they hold

Clips are drawn from a split that nothing is measured on. One lawful clip in four lasts 6 s, the others what their seed
says. Plain ones are of another painter, the one that the embedded generator learns from, at random sizes and frame
rates: neither the net nor the witnesses were made on such pictures, and what is rare in those that the net knows is not
rare in others. Rates of findings and the promise on false alarms come from lawful clips alone; clips that break a law say how much
each kind of finding is to be trusted beside the others.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np

from lawful.core.files import write_atomic
from lawful.generators.worlds.make import Format
from lawful.generators.worlds.pairs import make_lawful, make_pair
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.combine import conditions_of
from lawful.judge.kinematic.fit_tails import fit_all
from lawful.judge.kinematic.fit_trust import Looked
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.ledger import strengths_of
from lawful.judge.kinematic.settings import FAMILIES, NET, TAILS
from lawful.judge.kinematic.tails import TAILS_FILE, Tails, as_json, by_fitted_name
from lawful.video.frames import ClipMeta, Frames

OUT = Path(__file__).resolve().parent.parent / "configs" / TAILS_FILE
LONG_S = 6.0
"""Length of one clip in four."""
BROKEN_SEED = 500_000
"""Added to the seed for broken clips: lawful ones of another run are no twins of theirs."""
PLAIN_FRAMES = 32
"""Length of a plain clip."""
PLAIN_FPS = (8, 10, 12, 16, 24, 30)
"""Rates at which one may be played."""
Kind = Literal["lawful", "plain", "broken"]
RATES = (0.01, 0.02, 0.05, 0.1, 0.2)


def look(number: int, name: str, seed: int, kind: Kind) -> Looked:
    """What the judge finds in one clip, whatever it weighs."""
    import cv2

    cv2.setNumThreads(1)
    violation = None
    if kind == "plain":
        frames = plain_clip(number, seed)
    elif kind == "broken":
        clip = make_pair(number, seed + BROKEN_SEED, split(name), Format())[1]
        frames, violation = clip.frames, clip.violation
    else:
        asked = Format(duration_s=LONG_S) if number % 4 == 3 else Format()
        frames = make_lawful(number, seed, replace(split(name), violations=()), asked).frames
    height, width = frames.rgb.shape[1:3]
    fps = 1 / float(np.median(np.diff(frames.times_s)))
    # With a level for each no tail is needed to look.
    judge = make_kinematic(
        {"levels": {family: {"threshold": 0.5, "scale": 0.1} for family in (*FAMILIES, NET)}}
    )
    state = judge.open(ClipMeta("0" * 64, f"{kind} {number}", width, height, fps), (), {})
    state = judge.push(state, frames)
    judge.close(state)
    return Looked(conditions_of(state.tally), strengths_of(state.ledger), violation)


def plain_clip(number: int, seed: int) -> Frames:
    """A lawful clip of discs on even ground, of some size, rate and noise: played faster or slower it is lawful too."""
    import cv2

    from lawful.generators.tiny.batches import draw_crop, paint_crops
    from lawful.generators.tiny.picture import as_uint8
    from lawful.generators.tiny.scenes import simulate_states

    rng = np.random.default_rng([seed, number])
    states = simulate_states(seed, range(number, number + 1), PLAIN_FRAMES)
    crop = draw_crop(states, rng, PLAIN_FRAMES, 1.0)
    (pictures,) = as_uint8(paint_crops(states, [crop], PLAIN_FRAMES)[0])
    side, noise = round(64 * float(rng.uniform(1.0, 5.0))), float(rng.uniform(0.0, 2.0))
    larger = [cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC) for picture in pictures]
    rgb = np.stack(larger) + noise * rng.standard_normal((len(larger), side, side, 3))
    n = len(rgb)
    times_s = np.arange(n) / float(rng.choice(PLAIN_FPS))
    return Frames(np.clip(rgb, 0, 255).astype(np.uint8), times_s, np.arange(n, dtype=np.int64))


def looked_at(arguments: argparse.Namespace, kind: Kind) -> Iterator[Looked]:
    """Every clip of a kind, told as they come."""
    started = time.perf_counter()
    clips = {"lawful": arguments.clips, "plain": arguments.plain, "broken": arguments.broken}[kind]
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
        work = partial(look, name=arguments.split, seed=arguments.seed, kind=kind)
        for done, clip in enumerate(pool.map(work, range(clips), chunksize=4), 1):
            if done % 50 == 0 or done == clips:
                spent_s = time.perf_counter() - started
                print(f"{done}/{clips} {kind} clips, {spent_s:.0f} s", file=sys.stderr)
            yield clip


def show(clips: list[Looked]) -> None:
    """What was found, family by family."""
    exposure = np.array([clip.conditions.exposure_s for clip in clips])
    print(f"{len(clips)} clips, {exposure.sum():.0f} s of exposure, median {np.median(exposure):.1f} s")
    fitted = [by_fitted_name(clip.strongest) for clip in clips]
    found = Counter(tail for strongest in fitted for tail in strongest)
    for tail in TAILS:
        strengths = [strongest[tail] for strongest in fitted if tail in strongest]
        best = "" if not strengths else f", strongest {max(strengths):.2f}, median {np.median(strengths):.2f}"
        print(f"{tail:28s} in {found[tail]:4d} clips{best}")


def check(clips: list[Looked]) -> None:
    """Share of the clips whose smallest chance is at most a rate, beside the rate."""
    weigher = make_kinematic({}).weigher
    chances = np.array([weigher.question_chance(FAMILIES, clip.strongest, clip.conditions) for clip in clips])
    for rate in RATES:
        share = float((chances <= rate).mean())
        print(f"promised {rate:.2f}, measured {share:.4f}, ratio {share / rate:.2f} (n = {len(chances)})")


def main() -> None:
    """Look at the clips, and fit or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--plain", type=int, default=400, help="lawful clips of another painter")
    parser.add_argument("--broken", type=int, default=255, help="clips that break a law, to set the trust by")
    parser.add_argument("--split", default="wide")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--check", action="store_true", help="measure the shipped tails; write nothing")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    lawful, plain = (list(looked_at(arguments, kind)) for kind in ("lawful", "plain"))
    for clips in (lawful, plain):
        if clips:
            show(clips)
            if arguments.check:
                check(clips)
    if arguments.check:
        return
    # In turn, so that each fold has its share of both.
    order = np.argsort([*np.linspace(0, 1, len(lawful)), *np.linspace(0, 1, len(plain))], kind="stable")
    clips = [(lawful + plain)[at] for at in order]
    made_on = (
        f"{arguments.clips} lawful clips of the worlds' split {arguments.split}, seed {arguments.seed}, one in four "
        f"of {LONG_S:g} s, and {arguments.plain} plain ones of the embedded generator's painter, "
        f"{sum(clip.conditions.exposure_s for clip in clips):.0f} s of exposure; trust by "
        f"{arguments.broken} broken ones of seed {arguments.seed + BROKEN_SEED} (benchmarks/kinematic_calibration.py)"
    )
    broken = list(looked_at(arguments, "broken"))
    show(broken)
    tails = Tails(made_on, *fit_all(clips, TAILS, broken))
    for name, tail in sorted(tails.tails.items(), key=lambda item: -item[1].trust):
        print(f"{name:28s} trust {tail.trust:.2f}")
    write_atomic(arguments.out, json.dumps(as_json(tails), indent=1) + "\n")
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
