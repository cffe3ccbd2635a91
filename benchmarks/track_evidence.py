"""Tracks measured on simulated clips beside their true tracks, and what attention along tracks costs.

Run from the repository's root::

    OMP_NUM_THREADS=1 python benchmarks/track_evidence.py --first-seed 100 --seeds 10
"""

import argparse
import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import torch

from lawful.generators.worlds.make import make_clip, true_tracks
from lawful.generators.worlds.records import WorldClip
from lawful.judge.vlm.tracks.attention import TrajectoryAttention
from lawful.judge.vlm.tracks.cells import TrackCells, place_tracks, token_grid
from lawful.judge.vlm.tracks.form import AttentionSettings
from lawful.judge.vlm.tracks.motion import meetings, object_paths
from lawful.judge.vlm.tracks.source import KinematicTracks, track
from lawful.judge.vlm.tracks.tracked import Tracked
from lawful.video.frames import ClipMeta, PointTracks

SCENES = ("throw", "bounce", "billiards", "roll")
SIZE = (320, 240)
_NEAR_S, _APART_S = 0.13, 0.3
_SOURCES: dict[str, Callable[[WorldClip], Tracked]] = {
    "true": lambda clip: _true(clip),
    "kinematic": lambda clip: track(
        KinematicTracks(), ClipMeta("0" * 64, "clip", *SIZE, 24.0), [clip.frames]
    ),
}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    print(
        f"{'scene':10} {'tracks':10} {'objects':>9} {'path error px':>14} {'meetings right':>15} {'found':>9} {'ms/frame':>9}"
    )
    for scene in SCENES:
        clips = [
            make_clip(scene, seed, width_px=SIZE[0], height_px=SIZE[1], fps=24, duration_s=3, noise=0)
            for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds)
        ]
        for name, source in _SOURCES.items():
            print(_row(scene, name, clips, source))
    torch.set_num_threads(1)
    print("\nattention along tracks, one thread, 16 steps of 256 tokens of width 64, 4 heads of 16")
    for tracks in (50, 200, 800):
        print(_cost(tracks, chosen.repeats))


def _row(scene: str, name: str, clips: list[WorldClip], source: Callable[[WorldClip], Tracked]) -> str:
    objects = true_objects = found = right = touches = touched = frames = 0
    errors: list[float] = []
    start = time.perf_counter()
    tracked = [source(clip) for clip in clips]
    spent_s = time.perf_counter() - start
    for clip, one in zip(clips, tracked, strict=True):
        paths = object_paths(one, *SIZE)
        truths = {truth.name: truth.centre * SIZE for truth in clip.objects}
        nearest = {}
        for path in paths:
            off = {name: _off(path.xy_px[path.seen], centre[path.seen]) for name, centre in truths.items()}
            nearest[path.number] = min(off, key=lambda name: off[name])
            errors.append(off[nearest[path.number]])
        met = [({nearest[m.first], nearest[m.second]}, m.time_s) for m in meetings(one, paths, *SIZE)]
        true = list(_touches(clip, {*truths}))
        objects, true_objects = objects + len(paths), true_objects + len(truths)
        found, touches, frames = found + len(met), touches + len(true), frames + len(clip.frames)
        right += sum(any(p == q and abs(t - u) < _NEAR_S for q, u in true) for p, t in met)
        touched += sum(any(p == q and abs(t - u) < _NEAR_S for q, u in met) for p, t in true)
    return (
        f"{scene:10} {name:10} {objects:4}/{true_objects:<4} {median(errors):14.1f} {right:7}/{found:<7} "
        f"{touched:4}/{touches:<4} {1000 * spent_s / frames:9.1f}"
    )


def _true(clip: WorldClip) -> Tracked:
    points = true_tracks(clip)
    return Tracked(points, points.ids // 1000, False)


def _off(path: np.ndarray, centre: np.ndarray) -> float:
    """The median distance; infinite where the object is never there at the same time."""
    gaps = np.linalg.norm(path - centre, axis=1)
    return float(np.nanmedian(gaps)) if np.isfinite(gaps).any() else np.inf


def _touches(clip: WorldClip, names: set[str]) -> Iterator[tuple[set[str], float]]:
    """First touches of two objects after they were apart for a while."""
    last: dict[frozenset[str], float] = {}
    for contact in clip.contacts:
        pair = frozenset({contact.first, contact.second})
        if pair <= names and contact.time_s - last.get(pair, -1.0) > _APART_S:
            yield {*pair}, contact.time_s
        last[pair] = contact.time_s


def _cost(tracks: int, repeats: int) -> str:
    steps, side, width = 16, 16, 64
    rng = np.random.default_rng(0)
    start, drift = rng.random((tracks, 1, 2)), rng.normal(0, 0.02, (tracks, steps, 2)).cumsum(1)
    xy = (start + drift).astype(np.float32)
    points = PointTracks(np.arange(tracks), np.arange(steps) / 2.0, xy, rng.random((tracks, steps)) < 0.9)
    placed = place_tracks(points, token_grid(points.times_s, side, side))
    form = AttentionSettings(heads=4, head_width=16, spatial=False, relative=False)
    module = TrajectoryAttention(width, form, torch.Generator().manual_seed(0)).eval()
    tokens = torch.randn(steps, side * side, width, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        gathered = _seconds(lambda: module(tokens, placed), repeats)
        masked = _seconds(lambda: _dense(module, tokens, placed), max(1, repeats // 2))
    return f"{tracks:5} tracks: gathered {1000 * gathered:7.1f} ms, one dense mask {1000 * masked:7.1f} ms"


def _dense(module: TrajectoryAttention, tokens: torch.Tensor, placed: TrackCells) -> torch.Tensor:
    """One mask over all pairs of tokens that share a track: what gathering avoids."""
    count = tokens.shape[0] * tokens.shape[1]
    mask = torch.eye(count, dtype=torch.bool)
    for track_cells in placed.cells:
        on = torch.from_numpy(
            np.nonzero(track_cells >= 0)[0] * tokens.shape[1] + track_cells[track_cells >= 0]
        )
        mask[on[:, None], on[None]] = True
    flat = tokens.flatten(0, 1)[None]
    return module.temporal.out(module.temporal.looked(flat, mask[None, None]))


def _seconds(work: Callable[[], object], repeats: int) -> float:
    spent = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return median(spent[1:])


if __name__ == "__main__":
    main()
