"""Puts the results of a training in stages where they ship: ``python -m lawful.generators.tiny.ship RUNS FOLDER``."""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from lawful.core.errors import AbsentError
from lawful.core.files import write_atomic
from lawful.generators.tiny.train import WEIGHTS
from lawful.generators.tiny.watch import CURVE, LOG, read_log
from lawful.generators.tiny.weights_file import VARIANTS

LICENCE = "Apache-2.0"
DATA = "clips simulated by lawful.generators.tiny.scenes and painted by lawful.generators.tiny.picture; nothing else"
COMMAND = "lawful train generator --config tiny_generator --out RUNS"


def ship(runs: Path, folder: Path) -> list[Path]:
    """Copy the weights of the variants, their logs and curves, and write `training.json`.

    Args:
        runs: Folder of `lawful train generator`.
        folder: Where they ship.

    Raises:
        AbsentError: A variant has not been trained to its end.
    """
    made, about = [], {}
    for name in VARIANTS:
        source = runs / name / WEIGHTS
        if not source.is_file():
            raise AbsentError(f"{source}: is not there; train the stage {name} to its end first")
        stages = _stages(runs, name)
        for suffix, file in ((".safetensors", WEIGHTS), (".log.jsonl", LOG), (".curve.svg", CURVE)):
            shutil.copyfile(runs / name / file, folder / f"{name}{suffix}")
            made.append(folder / f"{name}{suffix}")
        about[name] = {
            "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
            "licence": LICENCE,
            "data": DATA,
            "command": COMMAND,
            "stages": stages,
        }
    write_atomic(folder / "training.json", json.dumps(about, indent=1) + "\n")
    return [*made, folder / "training.json"]


def _stages(runs: Path, name: str | None) -> list[dict[str, Any]]:
    """The stages that lead to one, in order: settings, last row of the log."""
    stages: list[dict[str, Any]] = []
    while name is not None:
        config = json.loads((runs / name / "config.json").read_text())
        stages.insert(0, {"name": name, "config": config, "end": read_log(runs / name)[-1]})
        name = config["start"]
    return stages


if __name__ == "__main__":
    ship(*map(Path, sys.argv[1:3]))
