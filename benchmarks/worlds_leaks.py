"""What tells broken clips from their lawful twins without any look at physics, as written files, with intervals.

python benchmarks/worlds_leaks.py [--pairs N] [--seed S] [--variety plain|rich|worn] [--scenes NAME,NAME...] [--all]
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lawful.generators.worlds.breaking.violations import NO_SHARED_PREFIX, VIOLATIONS
from lawful.generators.worlds.clip_files import clip_name, even_sizes, write_clip
from lawful.generators.worlds.degrade import DEGRADATIONS
from lawful.generators.worlds.families import FAMILIES, POSSIBLE
from lawful.generators.worlds.leaks import NEUTRAL, PHYSICAL, LeakRow, leak_table, trivial_features
from lawful.generators.worlds.pairs import make_pairs
from lawful.generators.worlds.variety import PLAIN, RICH

SIZE = {"width_px": 128, "height_px": 96, "duration_s": 2.5}
VARIETIES = {"plain": PLAIN, "rich": RICH, "worn": replace(RICH, degradations=DEGRADATIONS)}
"""What the clips look like; `worn` are rich ones with degradations."""

Features = tuple[Mapping[str, float], Mapping[str, float]]


def features(
    n: int, seed: int, violation: str, scenes: tuple[str, ...], variety: str, folder: Path
) -> Iterator[Features]:
    """Trivial features of the files of each pair of twins."""
    able = [scene for scene in scenes if violation in POSSIBLE[scene]]
    twins = make_pairs(n, seed, scenes=able, violations=[violation], variety=VARIETIES[variety], **SIZE)
    for number, (lawful, broken) in enumerate(twins):
        videos = [write_clip(folder, clip_name(number, clip), clip)[0] for clip in (lawful, broken)]
        even_sizes(videos)
        yield trivial_features(videos[0]), trivial_features(videos[1])


def cell(row: LeakRow) -> str:
    """Accuracy with its interval."""
    return f"{row.accuracy:.2f} [{row.low:.2f}, {row.high:.2f}]"


def line(*cells: str) -> str:
    """A line of a markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Make the pairs, write them, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40, help="pairs a violation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variety", choices=tuple(VARIETIES), default="plain")
    parser.add_argument("--scenes", help="names with commas between (default: the flat ones)")
    parser.add_argument("--all", action="store_true", help="all scenes, the solid ones too")
    arguments = parser.parse_args()
    scenes = tuple(name for name, family in FAMILIES.items() if arguments.all or not family.solid)
    if arguments.scenes:
        scenes = tuple(arguments.scenes.split(","))
    asked = [name for name in VIOLATIONS if any(name in POSSIBLE[scene] for scene in scenes)]
    print(f"`python {' '.join(sys.argv)}`: clips of {SIZE['duration_s']} s, 128x96, as mp4 files\n")
    print(
        "Share of pairs in which the broken twin has more, ties counted half [exact 95 %]; 0.5 is chance.\n"
    )
    print(line("violation", "n pairs", *PHYSICAL))
    print(line("---", "--:", *["---"] * len(PHYSICAL)))
    everything: list[Features] = []
    shared: list[Features] = []
    for violation in asked:
        seed = len(VIOLATIONS) * arguments.seed + VIOLATIONS.index(violation)
        with tempfile.TemporaryDirectory() as folder:
            here = list(features(arguments.pairs, seed, violation, scenes, arguments.variety, Path(folder)))
        rows = {row.feature: row for row in leak_table(here)}
        print(line(violation, str(len(here)), *(cell(rows[name]) for name in PHYSICAL)), flush=True)
        everything += here
        shared += here if violation not in NO_SHARED_PREFIX else []
    print(f"\nAll {len(everything)} pairs together, and the {len(shared)} that share their beginning:\n")
    print(line("feature", "all", "ties", "AUROC", "sign test p", "sharing their beginning", "ties"))
    print(line("---", "---", "--:", "--:", "--:", "---", "--:"))
    for row, own in zip(leak_table(everything), leak_table(shared), strict=True):
        print(
            line(
                row.feature + ("" if row.feature in NEUTRAL else " (physics)"),
                cell(row),
                str(row.n_ties),
                f"{row.auroc:.3f}",
                f"{row.p:.2g}",
                cell(own),
                str(own.n_ties),
            )
        )


if __name__ == "__main__":
    main()
