"""Contacts, occlusions, entries and exits that are seen in lawful clips, beside the truth: precision and recall.

From the repository's root::

    python benchmarks/kinematic_events.py --split train --clips 40 --bodies true,estimated

The truth of contacts is the simulation's first touches of things that close at a twentieth of the picture's shorter
side a second or more; that of the rest is the visible share of each body, which comes from or goes to nothing behind
something or at the edge. With estimated bodies, which have no names, an event is held to be right if the truth has
one of its kind within the time below.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import cv2
import numpy as np

from lawful.generators.worlds.make import Format
from lawful.generators.worlds.pairs import make_lawful
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.camera import camera_step
from lawful.judge.kinematic.events.watch import Watch, push_watch
from lawful.judge.kinematic.objects.push import open_objects, push_objects
from lawful.judge.kinematic.shot import small_picture
from lawful.judge.kinematic.tracker import LucasKanade, Tracks, advance_tracks, seed_tracks
from lawful.judge.kinematic.true_bodies import glimpses
from lawful.judge.kinematic.window import change_between, held_along

SOURCES = ("true", "estimated")
KINDS = ("contact", "occlusion_in", "occlusion_out", "entry", "exit")
_WITHIN_FRAMES = 2.5
_LEAST_CLOSING = 0.05
_TRACE = 0.02
_LEFT_OUT = ("splash",)
"""Its heap of drops has more contacts than all other clips together."""


def main() -> None:
    """Print a table for each source of bodies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--split", default="train")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bodies", default=",".join(SOURCES))
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    sources = arguments.bodies.split(",")
    if unknown := set(sources) - set(SOURCES):
        parser.error(f"unknown bodies {sorted(unknown)}; known: {', '.join(SOURCES)}")
    work = partial(counts, split_name=arguments.split, seed=arguments.seed, sources=sources)
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        rows = list(pool.map(work, range(arguments.clips)))
    for source, clips in zip(sources, zip(*rows, strict=True), strict=True):
        total = sum(clips, Counter[tuple[str, str]]())
        print(
            f"\n{source} bodies, split {arguments.split}, {len(clips)} lawful clips of seed {arguments.seed}\n"
        )
        print("| event | in truth | seen | precision | recall |\n|---|---|---|---|---|")
        for kind in KINDS:
            truth, seen = total[kind, "truth"], total[kind, "seen"]
            right, met = total[kind, "right"], total[kind, "met"]
            shares = [
                f"{part / whole:.2f}" if whole else "-" for part, whole in ((right, seen), (met, truth))
            ]
            print(f"| {kind} | {truth} | {seen} | {' | '.join(shares)} |")


def counts(number: int, split_name: str, seed: int, sources: Sequence[str]) -> list[Counter[tuple[str, str]]]:
    """How many events of each kind a clip has, how many are seen, and how many of each have a partner."""
    pools = split(split_name)
    pools = replace(pools, scenes=tuple(scene for scene in pools.scenes if scene not in _LEFT_OUT))
    clip = make_lawful(number, seed, pools, Format(2.5, 24.0, 256, 256, None))
    truth = list(true_events(clip))
    near_s = _WITHIN_FRAMES / clip.fps
    found = []
    for source in sources:
        watch, seen = Watch(), list[tuple[str, float]]()
        for glimpse in glimpses(clip) if source == "true" else estimated(clip):
            seen += [(event.kind, event.time_s) for event in push_watch(watch, glimpse)]
        row = Counter[tuple[str, str]]()
        for kind in KINDS:
            there = np.array([time_s for name, time_s in truth if name == kind])
            told = np.array([time_s for name, time_s in seen if name == kind])
            apart = np.abs(there[:, None] - told[None])
            row[kind, "truth"], row[kind, "seen"] = len(there), len(told)
            if apart.size:
                row[kind, "met"] = int((apart.min(axis=1) <= near_s).sum())
                row[kind, "right"] = int((apart.min(axis=0) <= near_s).sum())
        found.append(row)
    return found


def true_events(clip: WorldClip) -> Iterator[tuple[str, float]]:
    """Kind and time of what happens in a clip."""
    side = min(clip.world.view_width_m, clip.world.view_height_m)
    for contact in clip.contacts:
        if contact.approach_m_s >= _LEAST_CLOSING * side:
            yield "contact", contact.time_s
    for truth, motion in zip(clip.objects, clip.simulated.motions, strict=True):
        if motion.body.touches:
            yield from _sights(truth, clip.frames.times_s)


def _sights(truth: ObjectTruth, times_s: np.ndarray) -> Iterator[tuple[str, float]]:
    seen = truth.visible >= _TRACE
    for frame in np.flatnonzero(seen[1:] != seen[:-1]) + 1:
        unseen = frame - 1 if seen[frame] else frame
        centre = truth.centre[unseen]
        outside = bool(((centre < 0) | (centre > 1)).any())
        kind = (
            ("entry" if outside else "occlusion_out")
            if seen[frame]
            else "exit"
            if outside
            else "occlusion_in"
        )
        yield kind, float(times_s[frame])


def estimated(clip: WorldClip) -> Iterator[Glimpse]:
    """The bodies that are measured in a clip's pictures, cuts taken as known."""
    cuts = [cut.time_s for cut in getattr(clip.world.camera, "cuts", ())]
    tracker, state, tracks, before = LucasKanade(), open_objects(), Tracks(), None
    for frame, time_s in enumerate(clip.frames.times_s.tolist()):
        picture = small_picture(clip.frames.rgb[frame], 320)
        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        starts = any(clip.frames.times_s[frame - 1] < cut <= time_s for cut in cuts) if frame else True
        if starts or before is None:
            tracks = seed_tracks(Tracks(next_id=tracks.next_id), gray, None)
            state = open_objects(state.next_id)
            yield push_objects(state, picture, time_s, float("nan"), tracks, None, None, None)
        else:
            old, old_gray, old_s = before
            tracks, step = advance_tracks(tracks, tracker, old_gray, gray)
            camera = camera_step(old_gray, gray, step)
            change = change_between(held_along(old, picture, camera), picture, camera)
            moving = cv2.dilate((change > 18).astype(np.uint8) * 255, np.ones((5, 5), np.uint8))
            tracks = seed_tracks(tracks, gray, moving)
            yield push_objects(state, picture, time_s, time_s - old_s, tracks, step, camera, change)
        before = picture, gray, time_s


if __name__ == "__main__":
    main()
