"""The net of the kinematic judge: examples made, trained, measured, written.

Run from the repository's root whenever what the net sees or what is simulated changes (raise `VERSION` in
`lawful.judge.kinematic.spine.views` then); then make the tails anew
(benchmarks/kinematic_calibration.py)::

    python benchmarks/kinematic_spine.py --jobs 2 --keep FOLDER [--start WEIGHTS]

Pairs are of the splits train and wide; what is measured beside them is of dev. Examples that lie in FOLDER are not made
again; training holds all of them, 18 GiB. With --start training goes on from weights that were trained before. The
weights go to judge/kinematic/spine/weights, with the command, the numbers and the log beside them.
"""

import argparse
import json
import os
import pickle
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from lawful.core.digest import digest
from lawful.core.files import replacing, write_atomic
from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT
from lawful.generators.worlds.pairs import make_pair
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.spine.examples import AFTER, BEFORE, Example, example_of
from lawful.judge.kinematic.spine.eye import FORMAT, WEIGHTS_FILE, Eye, read_eye
from lawful.judge.kinematic.spine.measure import told_of
from lawful.judge.kinematic.spine.views import VERSION
from lawful.reports.stats.categorical import auroc

OUT = Path(__file__).resolve().parent.parent / "judge" / "kinematic" / "spine" / "weights"
SEEDS = {"train": 9100, "wide": 9200, "dev": 78}
A_FILE = 100
"""Pairs whose examples are kept in one file."""
NEAR = 4
"""Frames by which a moment may be missed."""


def make(number: int, name: str) -> Example | None:
    """The example of a pair of a split."""
    import cv2

    cv2.setNumThreads(1)
    lawful, broken = make_pair(number, SEEDS[name], split(name), AS_THE_SEED_HAS_IT)
    return example_of(lawful, broken, make_kinematic({"net": False}).instruments)


def examples(name: str, pairs: int, jobs: int, keep: Path) -> Iterator[Example]:
    """Those of some pairs of a split: from files, or made and kept."""
    started = time.perf_counter()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for first in range(0, pairs, A_FILE):
            last = min(first + A_FILE, pairs)
            path = keep / f"{name}-{first}-{last}-{recipe(name)}.pickle"
            if not path.is_file():
                found = [each for each in pool.map(partial(make, name=name), range(first, last)) if each]
                with replacing(path) as temporary:
                    temporary.write_bytes(pickle.dumps(found, protocol=5))
                print(
                    f"{name}: {last}/{pairs} pairs, {time.perf_counter() - started:.0f} s",
                    file=sys.stderr,
                    flush=True,
                )
            yield from pickle.loads(path.read_bytes())  # noqa: S301 - made by this script


def recipe(name: str) -> str:
    """Digest of what examples of a split are made of: those of another recipe are not taken again."""
    return digest([VERSION, BEFORE, AFTER, SEEDS[name], repr(split(name))])[:12]


def measured(eye: Eye, pairs: Sequence[Example]) -> dict[str, float]:
    """Paired accuracy, AUROC, the most amiss frame within 4 of the moment, and its family named."""
    told = [told_of(eye, each) for each in pairs]
    broken, lawful = (np.array([getattr(each, side) for each in told]) for side in ("broken", "lawful"))
    labels = np.repeat([1.0, 0.0], len(told))
    return {
        "paired": float((0.5 + 0.5 * np.sign(broken - lawful)).mean()),
        "auroc": auroc(labels, np.concatenate([broken, lawful])).value,
        "onset": float(np.mean([abs(each.late) <= NEAR for each in told])),
        "named": float(np.mean([each.family == pair.family for each, pair in zip(told, pairs, strict=True)])),
    }


def main() -> None:
    """Make the examples, train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5100)
    parser.add_argument("--wide-pairs", type=int, default=3400)
    parser.add_argument("--dev-pairs", type=int, default=170)
    parser.add_argument("--steps", type=int, default=11000)
    parser.add_argument(
        "--rate", type=float, help="highest learning rate; by default 1e-3 with --start, else 2e-3"
    )
    parser.add_argument("--seed", type=int, default=7, help="chooses order and windows")
    parser.add_argument("--start", type=Path, help="weights to go on from; fresh ones without")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, required=True, help="folder of the examples")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    arguments.keep.mkdir(parents=True, exist_ok=True)
    trained = list(examples("train", arguments.pairs, arguments.jobs, arguments.keep))
    trained += examples("wide", arguments.wide_pairs, arguments.jobs, arguments.keep)
    held_out = list(examples("dev", arguments.dev_pairs, arguments.jobs, arguments.keep))
    write(arguments, trained, held_out)


def before(path: Path, families: Sequence[str]) -> tuple[Mapping[str, Any], str]:
    """Weights to go on from, and the SHA-256 of their file; ends the program if they are of other families."""
    from safetensors.torch import load

    held = path.read_bytes()
    eye = read_eye(held, str(path))
    if eye.families != tuple(families):
        sys.exit(f"{path} tells apart {', '.join(eye.families)}; expected {', '.join(families)}")
    return load(held), eye.sha256


def write(arguments: argparse.Namespace, trained: list[Example], held_out: list[Example]) -> None:
    """Train on examples and write what comes of it."""
    import torch
    from safetensors.torch import save_file

    from lawful.judge.kinematic.spine.fit import FitConfig, fit
    from lawful.judge.kinematic.spine.net import folded

    torch.set_num_threads(arguments.jobs)
    families = split("train").violations
    start, start_sha256 = (None, None) if arguments.start is None else before(arguments.start, families)
    rate = arguments.rate or (FitConfig.rate if start is None else 1e-3)
    config = FitConfig(arguments.steps, rate=rate, seed=arguments.seed)
    started, log = time.perf_counter(), []

    def tell(step: int, losses: Mapping[str, float]) -> None:
        log.append({"step": step, **{name: round(loss, 4) for name, loss in losses.items()}})
        print(f"{log[-1]}, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)

    net = fit(trained, families, config, tell, start)
    made_on = (
        f"{len(trained)} pairs of the worlds' split train, seed {SEEDS['train']}, and the split wide, seed "
        f"{SEEDS['wide']}, {arguments.steps} batches"
        f"{'' if start_sha256 is None else f' from weights {start_sha256[:12]}'} (benchmarks/kinematic_spine.py)"
    )
    about = {"format": FORMAT, "families": json.dumps(list(families)), "made_on": made_on}
    arguments.out.mkdir(parents=True, exist_ok=True)
    with replacing(arguments.out / WEIGHTS_FILE) as temporary:
        halves = {name: weight.half().contiguous() for name, weight in folded(net).items()}
        save_file(halves, temporary, metadata=about)
    eye = read_eye((arguments.out / WEIGHTS_FILE).read_bytes(), WEIGHTS_FILE)
    figures = {name: round(value, 4) for name, value in measured(eye, held_out).items()}
    rows = "".join(json.dumps(row) + "\n" for row in log)
    write_atomic(arguments.out / "spine.log.jsonl", rows)
    numbers: dict[str, float] = {
        "--pairs": arguments.pairs,
        "--wide-pairs": arguments.wide_pairs,
        "--dev-pairs": arguments.dev_pairs,
        "--steps": arguments.steps,
        "--rate": rate,
        "--seed": arguments.seed,
        "--jobs": arguments.jobs,
    }
    told = [word for name, number in numbers.items() for word in (name, str(number))]
    told += [] if start is None else ["--start", "WEIGHTS"]
    training = {
        "command": shlex.join(["python", "benchmarks/kinematic_spine.py", *told, "--keep", "FOLDER"]),
        "made_on": made_on,
        "start": start_sha256,
        "torch": torch.__version__,
        "examples": {name: recipe(name) for name in SEEDS},
        "fit": asdict(config),
        "seconds": round(time.perf_counter() - started),
        "dev": {"pairs": len(held_out), "seed": SEEDS["dev"], **figures},
    }
    write_atomic(arguments.out / "training.json", json.dumps(training, indent=1) + "\n")
    print(json.dumps(training, indent=1))


if __name__ == "__main__":
    main()
