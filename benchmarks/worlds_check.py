"""How well the truth-level checker tells broken simulated clips from their lawful twins; nothing is drawn.

Run from the repository's root::

    python benchmarks/worlds_check.py --pairs 500 --seed 0 --processes 2
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from lawful.generators.worlds.check.table import PairCheck, check_pair, table
from lawful.generators.worlds.families import POSSIBLE, SCENES
from lawful.generators.worlds.pairs import Pools
from lawful.generators.worlds.variety import PLAIN, RICH


def main() -> None:
    """Check the pairs and print the table, then every pair that is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--scenes", nargs="*", choices=SCENES, default=SCENES)
    parser.add_argument("--rich", action="store_true", help="with other gravities, cameras and distractors")
    arguments = parser.parse_args()
    pools = Pools(scenes=tuple(arguments.scenes), variety=RICH if arguments.rich else PLAIN)
    pools = Pools(pools.scenes, _able(pools), pools.variety)
    job = partial(check_pair, seed=arguments.seed, pools=pools)
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        checks = list(pool.map(job, range(arguments.pairs), chunksize=8))
    for line in table(checks):
        print(line)
    for one in checks:
        if not one.fine:
            print(_said(one))


def _able(pools: Pools) -> tuple[str, ...]:
    return tuple(v for v in pools.violations if any(v in POSSIBLE[scene] for scene in pools.scenes))


def _said(one: PairCheck) -> str:
    what = f"pair {one.number}, {one.violation} in {one.scene}, onset in frame {one.onset_frame}:"
    if one.lawful:
        what += f" false alarm: {one.lawful[0].text} (frame {one.lawful[0].frame})"
    if one.early:
        what += f" early: {one.early[0].text} (frame {one.early[0].frame})"
    if one.right is None:
        what += f" not found in time; later: {one.late.text if one.late else 'nothing'}"
    return what


if __name__ == "__main__":
    main()
