"""The examples of a training, part by part; simulated clips are made where they are not there."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lawful.checklists.load import load_suite
from lawful.core.errors import InputError
from lawful.core.files import write_atomic
from lawful.generators.worlds.dataset import DatasetRequest, make_dataset
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.make import Format
from lawful.generators.worlds.splits import split as named_split
from lawful.generators.worlds.variety import PLAIN
from lawful.judge.vlm.train.config import DataConfig, PartConfig, WorldsSource
from lawful.judge.vlm.train.examples import (
    Example,
    check_apart,
    held_out,
    labelled_examples,
    world_examples,
)
from lawful.video.read import source_sha256

_DIGESTS = "digests.json"
_HELD_OUT_SEED = 0


@dataclass(frozen=True, eq=False)
class Data:
    """What is learnt from, and what is measured on."""

    train: Sequence[Example]
    """Learnt from."""
    dev: Sequence[Example]
    """Decides when to stop."""
    test: Sequence[Example]
    """Measured at the end; may be empty."""
    digests: Mapping[Path, str]
    """SHA-256 of every clip."""


def read_data(
    config: DataConfig,
    out: Path,
    workers: int = 1,
    heard: Callable[[int, int], None] = lambda done, total: None,
) -> Data:
    """The examples of every part.

    Args:
        config: Where they come from.
        out: Folder of the clips that are made.
        workers: Processes that make clips.
        heard: Told after every pair of clips that was made how many are done, of how many.

    Raises:
        InputError: A file is not usable, clips that are learnt from are of a split that others are kept for, or a clip is
            in two parts.
        AbsentError: A suite, or something that simulating needs, is not here.
    """
    train = _part("train", config.train, config, out, workers, heard)
    if config.dev is None:
        train, dev = held_out(train, config.dev_share, _HELD_OUT_SEED)
    else:
        dev = _part("dev", config.dev, config, out, workers, heard)
    test = [] if config.test is None else _part("test", config.test, config, out, workers, heard)
    parts = {"train": train, "dev": dev, "test": test}
    digests = _digests({one.clip for examples in parts.values() for one in examples}, out)
    check_apart(parts, digests)
    return Data(train, dev, test, digests)


def _part(
    name: str,
    part: PartConfig,
    config: DataConfig,
    out: Path,
    workers: int,
    heard: Callable[[int, int], None],
) -> list[Example]:
    # Clips of the splits for tuning and testing are never learnt from.
    split = "train" if name == "train" else None
    if part.worlds is not None:
        folder = out / name
        make_dataset(_request(part.worlds, folder, workers), heard)
        return world_examples(folder, config.questions, split)
    if part.folder is not None:
        return world_examples(Path(part.folder), config.questions, split)
    assert part.labels is not None
    return labelled_examples(Path(part.labels), load_suite(config.suite))


def _request(source: WorldsSource, folder: Path, workers: int) -> DatasetRequest:
    pools = named_split(source.split)
    for kind, asked, known in (
        ("scene", source.scenes, pools.scenes),
        ("violation", source.violations, pools.violations),
    ):
        for name in asked:
            if name not in known:
                raise InputError(
                    f"no {kind} is called {name!r} in the split {source.split}. Known: {', '.join(known)}."
                )
    scenes = source.scenes or pools.scenes
    able = {violation for scene in scenes for violation in FAMILIES[scene].possible}
    violations = source.violations or tuple(one for one in pools.violations if one in able)
    pools = replace(pools, scenes=scenes, violations=violations)
    if source.plain:
        pools = replace(pools, variety=PLAIN)
    asked = Format(source.duration_s, source.fps, source.width_px, source.height_px, source.noise)
    return DatasetRequest(folder, pools, source.count, source.seed, asked, workers)


def _digests(clips: set[Path], out: Path) -> dict[Path, str]:
    """SHA-256 of clips; kept beside the data, by path, size and time of change, as they are asked for by every training."""
    path = out / _DIGESTS
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    if not isinstance(known, dict):
        known = {}
    found, kept = {}, {}
    for clip in sorted(clips):
        status = clip.stat()
        key = f"{clip.absolute()}|{status.st_size}|{status.st_mtime_ns}"
        found[clip] = kept[key] = known.get(key) or source_sha256(clip)
    if kept != known:
        write_atomic(path, json.dumps(kept, indent=0))
    return found
