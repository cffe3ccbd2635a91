"""The prompts file: which prompt, case, generator and seed belongs to which clip."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from lawful.core.errors import InputError
from lawful.video.collect import ClipInput

_REQUIRED = ("file", "prompt")
_OPTIONAL = ("case", "generator", "seed")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,30}")
_MAX_CELL_CHARACTERS = 100_000


@dataclass(frozen=True)
class PromptRow:
    """One row of a prompts file."""

    line: int
    """Line of the file in which it ends, from 1."""
    file: str
    """The clip as the row names it."""
    prompt: str | None
    """What the generator was told; None where the cell is empty."""
    case: str | None = None
    """Case of the suite."""
    generator: str | None = None
    """Who made it."""
    seed: int | None = None
    """The seed it was made with."""
    licence: str | None = None
    """Licence of its generator's weights, which a manifest tells and no prompts file."""


@dataclass(frozen=True)
class PromptTable:
    """A prompts file."""

    path: Path
    """The file."""
    rows: tuple[PromptRow, ...]
    """Its rows, in order."""
    ignored_columns: tuple[str, ...]
    """Columns that mean nothing here."""


@dataclass(frozen=True)
class PromptMatch:
    """Which row belongs to which clip."""

    rows: Mapping[Path, PromptRow]
    """The row of a clip, by the clip's absolute path."""
    inputs_without_row: tuple[ClipInput, ...]
    """Clips that no row names."""
    rows_without_input: tuple[PromptRow, ...]
    """Rows whose clip is not among the inputs."""


def read_prompts(path: Path) -> PromptTable:
    """Read a CSV with a header and the columns file, prompt and, if wanted, case, generator and seed.

    Raises:
        InputError: It cannot be read or a row is wrong; the message has the file and the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _table(path, file)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 (byte {error.object[error.start]:#04x} at {error.start}). Save it as UTF-8."
        ) from error


def match(table: PromptTable, inputs: Sequence[ClipInput]) -> PromptMatch:
    """Find the clip of every row.

    A row's file is, in this order: a path from the folder of the prompts file, or an absolute one; a clip's name
    as it is shown; the end of exactly one clip's path, such as its bare file name.

    Raises:
        InputError: A row fits two clips, or two rows fit one.
    """
    index = _Index(inputs)
    rows: dict[Path, PromptRow] = {}
    unmatched: list[PromptRow] = []
    for row in table.rows:
        clip = index.find(table, row)
        if clip is None:
            unmatched.append(row)
        elif clip.path in rows:
            raise InputError(
                f"{table.path}: lines {rows[clip.path].line} and {row.line} name the same video, {clip.name}"
            )
        else:
            rows[clip.path] = row
    without = tuple(clip for clip in inputs if clip.path not in rows)
    return PromptMatch(rows, without, tuple(unmatched))


class _Index:
    """Clips by path, by name and by bare file name."""

    def __init__(self, inputs: Sequence[ClipInput]) -> None:
        self._by_path: dict[Path | None, ClipInput] = {clip.path: clip for clip in inputs}
        self._by_name = {clip.name: clip for clip in inputs}
        self._by_base: dict[str, list[ClipInput]] = {}
        for clip in inputs:
            self._by_base.setdefault(clip.path.name, []).append(clip)

    def find(self, table: PromptTable, row: PromptRow) -> ClipInput | None:
        asked = PurePath(row.file)
        clip = self._by_path.get(_absolute(table.path.parent / asked)) or self._by_name.get(str(asked))
        if clip is not None or asked.is_absolute():
            return clip
        parts = asked.parts
        fitting = [c for c in self._by_base.get(asked.name, []) if c.path.parts[-len(parts) :] == parts]
        if len(fitting) > 1:
            raise InputError(
                f"{table.path}, line {row.line}: {row.file!r} fits {len(fitting)} videos, {fitting[0].name} and "
                f"{fitting[1].name}. Write more of its path."
            )
        return fitting[0] if fitting else None


def _absolute(path: Path) -> Path | None:
    """The path as the clips are known by; None where links lead in a circle."""
    try:
        return path.parent.resolve() / path.name
    except (OSError, RuntimeError):
        return None


def _table(path: Path, lines: Iterable[str]) -> PromptTable:
    reader = csv.reader(lines, strict=True)
    columns: list[str] | None = None
    rows: list[PromptRow] = []
    seen: dict[str, int] = {}
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(path, cells)
                continue
            row = _row(path, reader.line_num, columns, cells)
            if row.file in seen:
                raise InputError(
                    f"{path}, line {row.line}: {row.file!r} was named already in line {seen[row.file]}"
                )
            seen[row.file] = row.line
            rows.append(row)
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not valid CSV: {error}") from error
    if columns is None:
        raise InputError(f"{path}: the file is empty; its first line must be {','.join(_REQUIRED)}")
    ignored = tuple(name or "(no name)" for name in columns if name not in _REQUIRED + _OPTIONAL)
    return PromptTable(path, tuple(rows), ignored)


def _columns(path: Path, cells: Sequence[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise InputError(
            f"{path}: the column {missing[0]!r} is missing; found {', '.join(columns)}. "
            f"The first line must name {', '.join(_REQUIRED)} and may name {', '.join(_OPTIONAL)}."
        )
    double = [name for name in _REQUIRED + _OPTIONAL if columns.count(name) > 1]
    if double:
        raise InputError(f"{path}: the column {double[0]!r} stands there twice")
    return columns


def _row(path: Path, line: int, columns: Sequence[str], cells: Sequence[str]) -> PromptRow:
    where = f"{path}, line {line}"
    if len(cells) != len(columns):
        raise InputError(
            f"{where}: {len(cells)} cells where the header has {len(columns)}. Quote cells that hold a comma."
        )
    if any("\0" in cell for cell in cells):
        raise InputError(f"{where}: holds a NUL character; this is no text file")
    values = {name: cell.strip() or None for name, cell in zip(columns, cells, strict=True)}
    file = values["file"]
    if file is None:
        raise InputError(f"{where}: the cell 'file' is empty")
    if any(len(cell) > _MAX_CELL_CHARACTERS for cell in cells):
        raise InputError(f"{where}: a cell has more than {_MAX_CELL_CHARACTERS} characters")
    return PromptRow(
        line=line,
        file=file,
        prompt=values["prompt"],
        case=values.get("case"),
        generator=values.get("generator"),
        seed=_seed(where, values.get("seed")),
    )


def _seed(where: str, text: str | None) -> int | None:
    if text is None:
        return None
    if _WHOLE_NUMBER.fullmatch(text) is None:
        raise InputError(f"{where}: the seed must be a whole number, got {text[:40]!r}")
    seed = int(text)
    if not -(2**63) <= seed < 2**63:
        raise InputError(f"{where}: the seed must lie between -2^63 and 2^63 - 1, got {text[:40]}")
    return seed
