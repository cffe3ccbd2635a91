"""The kinematic judge on the pairs of a split of simulated worlds, beside the trivial baselines on the same pairs.

Run from the repository's root; `test` and `cross` are for measuring, and nothing may be tuned on them::

    python benchmarks/kinematic_split.py --split dev --pairs 240 --jobs 2 --rows dev.jsonl --json dev.json

Violations take turns, so that a multiple of their number gives each as many pairs. The judge is asked the suite
`physics`. Each pair, and each lawful hard case, is a line of `--rows`; a run that was stopped goes on there.
"""

import argparse
import json
import math
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
from typing import Any

import numpy as np
from split_tables import answers, margin, ranking, shown, table_of

from lawful.checklists.load import load_suite
from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT
from lawful.generators.worlds.pairs import Pools, make_lawful, make_pair
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.splits import split
from lawful.judge.api import score_video
from lawful.judge.baselines import STATISTICS
from lawful.judge.make import make_judge
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Unscored
from lawful.judge.task import JudgeSpec

HARD: dict[str, dict[str, Any]] = {
    **{
        f"scene {name}": {"scenes": (name,)}
        for name in ("elastic", "cushion", "magnet", "hand", "splash", "spin")
    },
    "camera shake": {"cameras": ("shake",)},
    "cut": {"cameras": ("cut",)},
    "flash": {"lightings": ("flash",)},
    "switch of light": {"lightings": ("switch",)},
    "poor coding": {"degradations": ("codec",)},
    "lost frames": {"degradations": ("drop",)},
}
"""Lawful clips that look like broken ones: what is changed of the split's pools."""
NEAR_FRAMES = 4.05


def said(clip: WorldClip, name: str) -> dict[str, Any]:
    """What a judge says of a clip."""
    started = time.perf_counter()
    judge = make_judge(JudgeSpec(name))
    result = score_video(clip.frames, judge=judge)
    found: dict[str, Any] = {
        "score": None if math.isnan(result.score) else result.score,
        "answer": result.answer,
        "seconds": time.perf_counter() - started,
    }
    if name in STATISTICS:
        return found
    gated = [verdict for verdict in result.verdicts if isinstance(verdict, Unscored)]
    evidence = [item for verdict in result.verdicts for item in verdict.evidence]
    best = max(evidence, key=lambda item: item.probability, default=None)
    error = math.inf
    if best is not None and clip.onset_s is not None:
        error = abs(best.start_s - clip.onset_s) * clip.fps
    return found | {
        "reason": result.reason,
        "abstained": any(verdict.reason == "abstained" for verdict in gated),
        "law": None if best is None else best.law,
        "named": best is not None and best.law in clip.laws,
        "near": error <= NEAR_FRAMES,
    }


def facts(clip: WorldClip) -> dict[str, Any]:
    """What a clip is."""
    return {
        "scene": clip.scene,
        "seed": clip.seed,
        "violation": clip.violation,
        "moving": not clip.world.camera.still,
        "fps": clip.fps,
    }


def work(job: tuple[str, int], name: str, seed: int, judge: str) -> dict[str, Any]:
    """The row of a pair, or of a lawful hard case."""
    import cv2

    cv2.setNumThreads(1)
    kind, number = job
    pools = split(name)
    row: dict[str, Any] = {"kind": kind, "number": number}
    if kind == "pair":
        clips = make_pair(number, seed, pools, AS_THE_SEED_HAS_IT)
        judges = (judge, *STATISTICS)
        return row | facts(clips[1]) | {"clips": [{one: said(clip, one) for one in judges} for clip in clips]}
    clip = make_lawful(number, seed, hard_pools(pools, kind), AS_THE_SEED_HAS_IT)
    return row | facts(clip) | {"clips": [{judge: said(clip, judge)}]}


def hard_pools(pools: Pools, kind: str) -> Pools:
    """The pools of a hard case."""
    changes = dict(HARD[kind])
    scenes = changes.pop("scenes", pools.scenes)
    return Pools(scenes, (), replace(pools.variety, **changes), pools.seeds)


def rows_of(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """All rows, those of an earlier run among them."""
    head = {
        "split": arguments.split,
        "seed": arguments.seed,
        "judge": arguments.judge,
        "fingerprint": fingerprint(make_judge(JudgeSpec(arguments.judge))),
    }
    held: list[dict[str, Any]] = []
    if arguments.rows is not None and arguments.rows.exists():
        first, *held = [json.loads(text) for text in arguments.rows.read_text().splitlines()]
        if first != head:
            sys.exit(f"{arguments.rows} holds rows of {first}, and {head} is asked for: name another file")
    elif arguments.rows is not None:
        arguments.rows.write_text(json.dumps(head) + "\n")
    jobs = [("pair", number) for number in range(arguments.pairs)]
    jobs += [(kind, number) for number in range(arguments.hard) for kind in HARD]
    done = {(row["kind"], row["number"]) for row in held}
    rows = [row for row in held if (row["kind"], row["number"]) in set(jobs)]
    for row in made([job for job in jobs if job not in done], arguments):
        rows.append(row)
        if arguments.rows is not None:
            with arguments.rows.open("a") as file:
                file.write(json.dumps(row) + "\n")
    return rows


def made(jobs: list[tuple[str, int]], arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The rows of some jobs, told as they come."""
    started = time.perf_counter()
    one = partial(work, name=arguments.split, seed=arguments.seed, judge=arguments.judge)
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
        for done, row in enumerate(pool.map(one, jobs, chunksize=2), 1):
            if done % 20 == 0 or done == len(jobs):
                spent = time.perf_counter() - started
                left = spent / done * (len(jobs) - done)
                print(f"{done}/{len(jobs)}, {spent:.0f} s, {left:.0f} s left", file=sys.stderr, flush=True)
            yield row


def figures(rows: list[dict[str, Any]], judge: str, seed: int) -> dict[str, Any]:
    """All figures as JSON."""
    rng = np.random.default_rng(seed)
    promised = make_judge(JudgeSpec(judge)).rule.violation_at or math.nan
    pairs = [row for row in rows if row["kind"] == "pair"]
    groups = {"all": pairs}
    groups |= {"still camera": [row for row in pairs if not row["moving"]]}
    groups |= {"moving camera": [row for row in pairs if row["moving"]]}
    names = sorted({row["violation"] for row in pairs})
    groups |= {name: [row for row in pairs if row["violation"] == name] for name in names}
    found: dict[str, Any] = {"promised": promised, "groups": {}}
    for name, held in groups.items():
        ranked = {one: ranking(held, one, rng) for one in (judge, *STATISTICS)}
        best = margin(held, judge, tuple(STATISTICS), rng)
        found["groups"][name] = {
            "n": len(held),
            "ranking": ranked,
            "answers": best | answers(held, judge, promised, rng),
        }
    found["hard"] = {}
    for kind in HARD:
        held = [row["clips"][0][judge] for row in rows if row["kind"] == kind]
        flagged, gated = (
            sum(clip["answer"] == "violation" for clip in held),
            sum(clip["abstained"] for clip in held),
        )
        found["hard"][kind] = {"n": len(held), "flagged": flagged, "abstained": gated}
    reasons = [clip[judge] for row in pairs for clip in row["clips"] if clip[judge]["abstained"]]
    found["abstained for"] = dict(
        Counter(clip["reason"].partition(":")[0] for clip in reasons if clip["answer"] == "not_sure")
    )
    return found


def show(found: dict[str, Any], judge: str) -> None:
    """Print the tables."""
    whole = found["groups"]["all"]
    print(f"\n{whole['n']} pairs; intervals of 95 % by resampling pairs\n")
    heads = list(whole["ranking"][judge])
    print(
        table_of(
            ["judge", *heads], [[one, *map(shown, row.values())] for one, row in whole["ranking"].items()]
        )
    )
    print(
        "\n" + table_of([judge, "value"], [[name, shown(value)] for name, value in whole["answers"].items()])
    )
    print(f"\nPromised false alarms: {found['promised']:g}. Abstained for: {found['abstained for']}\n")
    columns = ["broken clips flagged", "lawful clips flagged", "lawful clips answered"]
    columns += ["onset within 4 frames, of flagged", "a right law named, of flagged"]
    rows = []
    for name, group in list(found["groups"].items())[1:]:
        one = group["ranking"][judge]
        best = max(
            (row["paired accuracy"]["value"] or 0, other)
            for other, row in group["ranking"].items()
            if other != judge
        )
        rows.append([
            name, str(group["n"]), shown(one["paired accuracy"]), f"{best[0]:.2f} ({best[1]})", shown(one["AUROC"]),
            *(shown(group["answers"][column]) for column in columns),
        ])  # fmt: skip
    print(table_of(["pairs", "n", "paired accuracy", "best baseline", "AUROC", *columns], rows))
    hard = found["hard"]
    total = {name: sum(row[name] for row in hard.values()) for name in ("n", "flagged", "abstained")}
    print("\nLawful hard cases\n")
    cells = [
        [kind, str(row["n"]), str(row["flagged"]), str(row["abstained"])]
        for kind, row in {**hard, "all": total}.items()
    ]
    print(table_of(["case", "n", "flagged", "abstained"], cells))


def main() -> None:
    """Make the rows, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--pairs", type=int, default=240)
    parser.add_argument("--hard", type=int, default=10, help="lawful clips of each hard case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--judge", default="kinematic")
    parser.add_argument("--rows", type=Path, help="JSON lines to go on with")
    parser.add_argument("--json", type=Path, help="where the figures go as JSON")
    arguments = parser.parse_args()
    load_suite("physics")
    os.environ["OMP_NUM_THREADS"] = "1"
    found = figures(rows_of(arguments), arguments.judge, arguments.seed)
    print(f"`python {' '.join(sys.argv)}`")
    show(found, arguments.judge)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
