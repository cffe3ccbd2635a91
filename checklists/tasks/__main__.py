"""Writes the suite `rules` with its drawn first frames into a folder: `python -m lawful.checklists.tasks FOLDER`."""

import argparse
import json
from pathlib import Path

from lawful.checklists.document import suite_document
from lawful.checklists.load import load_suite
from lawful.checklists.tasks.make import SHIPPED_EACH, SHIPPED_SEED, drawn_anew, write_first_frames


def main(arguments: list[str] | None = None) -> None:
    """Write them."""
    parser = argparse.ArgumentParser(prog="python -m lawful.checklists.tasks", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--seed",
        type=int,
        default=SHIPPED_SEED,
        help="other tasks of the same kinds (default: those that ship)",
    )
    parser.add_argument("--each", type=int, default=SHIPPED_EACH, help="tasks of each kind")
    given = parser.parse_args(arguments)
    suite, tasks = drawn_anew(load_suite("rules"), given.seed, given.each)
    write_first_frames(tasks, given.folder)
    text = json.dumps(suite_document(suite), indent=1, ensure_ascii=False)
    (given.folder / "rules.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
