"""Ratings of files in any format that is known."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lawful.core.errors import AbsentError, InputError
from lawful.reports.ratings import importers
from lawful.reports.ratings.cells import Entry, Rules, collect_ratings
from lawful.reports.ratings.columns import Columns, read_columns
from lawful.reports.ratings.label_studio import label_studio
from lawful.reports.ratings.record import RatingTable

PUBLISHED: dict[str, Callable[[Sequence[Path]], Iterator[Entry]]] = {
    "genai-bench": importers.genai_bench,
    "video-bench": importers.video_bench,
    "tc-bench": importers.tc_bench,
    "fetv": importers.fetv,
    "videophy2": importers.videophy2,
    "phyground": importers.phyground,
}
"""Formats of benchmarks."""
TABULAR = {"csv": ".csv", "tsv": ".tsv", "jsonl": ".jsonl", "parquet": ".parquet"}
"""Formats with columns, and the ending that each is told by."""
FORMATS = (*TABULAR, *PUBLISHED, "label-studio")
"""All formats."""
MAX_FILES = 10_000
"""Files of one table."""
_IN_FOLDERS = (".json", ".jsonl", ".csv", ".tsv", ".parquet")


def read_ratings(
    paths: Sequence[Path],
    format: str | None = None,
    columns: Columns | None = None,
    rules: Rules | None = None,
) -> RatingTable:
    """One table of the ratings of some files; what cannot be used is in its problems.

    Args:
        paths: Files; of a folder, all files below it.
        format: One of `FORMATS`; None goes by the ending of each file.
        columns: What the columns mean, for formats that have columns.
        rules: Scales, names and choices.

    Raises:
        InputError: A file as a whole cannot be read.
        AbsentError: The format is not known, or needs a package that is not installed.
    """
    if format is not None and format not in FORMATS:
        raise AbsentError(f"there is no format {format!r} of ratings. Known: {', '.join(FORMATS)}.")
    files, column = _files(paths), columns or Columns()
    if format in PUBLISHED:
        entries = PUBLISHED[format](files)
    elif format == "label-studio":
        entries = label_studio(files, column.map)
    else:
        suffix = None if format is None else TABULAR[format]
        entries = itertools.chain.from_iterable(read_columns(path, column, suffix) for path in files)
    return collect_ratings(entries, rules)


def _files(paths: Sequence[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in _IN_FOLDERS and p.is_file())
        if not inside:
            raise InputError(f"{path}: holds no file that ends in {', '.join(_IN_FOLDERS)}")
        found.update(dict.fromkeys(inside))
    if len(found) > MAX_FILES:
        raise InputError(f"{len(found):,} files. Allowed: {MAX_FILES:,}.")
    return list(found)
