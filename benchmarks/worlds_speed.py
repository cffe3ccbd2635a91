"""How fast simulated clips are made: clips of 3 s at 256x256 and 24 frames a second, by kind, with two processes.

    python benchmarks/worlds_speed.py --clips 48 --runs 3

Truth is made as well (states, boxes, visible shares); files are written only for the rows that say so. Every scene
family of a kind takes its turn, with all the variety there is. Each run makes other clips.
"""

import argparse
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

FORM = {"duration_s": 3.0, "fps": 24.0, "width_px": 256, "height_px": 256}


def make(scene: str, seed: int, folder: str | None) -> None:
    """Make one clip, and write it where a folder is given."""
    from lawful.generators.worlds.clip_files import write_clip
    from lawful.generators.worlds.make import make_clip
    from lawful.generators.worlds.variety import RICH

    clip = make_clip(scene, seed, variety=RICH, **FORM)
    if folder is not None:
        write_clip(Path(folder), f"{scene}-{seed}", clip)


def rate(
    pool: ProcessPoolExecutor, scenes: list[str], first_seed: int, clips: int, folder: str | None
) -> float:
    """Clips a second over some clips, each scene in its turn."""
    start_s = time.perf_counter()
    jobs = [(scenes[k % len(scenes)], first_seed + k, folder) for k in range(clips)]
    list(pool.map(make, *zip(*jobs, strict=True)))
    return clips / (time.perf_counter() - start_s)


def main() -> None:
    """Print a row a kind: least, median and most of the runs."""
    from lawful.generators.worlds.families import FAMILIES

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=48, help="clips a run and kind")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    kinds = {
        "flat": [name for name, family in FAMILIES.items() if not family.solid],
        "solid": [name for name, family in FAMILIES.items() if family.solid],
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(arguments.processes, mp_context=get_context("spawn")) as pool,
    ):
        for kind, scenes in kinds.items():
            rate(pool, scenes, 10_000, 2 * len(scenes), None)  # imports, contexts, caches
            for what, place in (("made", None), ("made and written", folder)):
                rates = [
                    rate(pool, scenes, 1000 * run, arguments.clips, place) for run in range(arguments.runs)
                ]
                low, middle, high = min(rates), float(np.median(rates)), max(rates)
                print(
                    f"{kind:6} {what:17} {middle:6.2f} clips/s ({low:.2f}-{high:.2f}), n {arguments.clips} x {arguments.runs}"
                )


if __name__ == "__main__":
    main()
