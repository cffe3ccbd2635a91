"""Several runs as one: the union of their stores, in any order and any number of times the same."""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lawful.core.digest import digest
from lawful.core.errors import InputError, LawfulError
from lawful.core.files import folder_lock, replacing
from lawful.judge.rows import COLUMNS
from lawful.judge.runfile import RUN_FILE, RunFile, versions_here, write_run_file
from lawful.judge.schema import DATABASE, UNREADABLE, damaged, open_reader, open_writer
from lawful.judge.store import other_files

EVIDENCE = "evidence"
"""Folder of a run in which evidence files are."""
_MARK_DIGITS = 8
_KEYS = {
    "video": "sha256",
    "judge": "fingerprint",
    "question": "sha256",
    "given": "sha256",
    "sheet": "sha256",
}
"""The tables whose rows are named by their content, and the column that does."""
_ORDER = (
    "coalesce({0}reason, ''), coalesce({0}label, ''), coalesce({0}score, -1), coalesce({0}probabilities, ''),"
    " coalesce({0}detail, ''), coalesce({0}evidence, ''), {0}seconds, {0}tokens"
)
_DRIFT_ORDER = (
    "{0}n_frames, coalesce({0}brightness, -1), coalesce({0}saturation, -1), coalesce({0}sharpness, -1),"
    " coalesce({0}motion_per_s, -1), {0}reason"
)
_Numbers = dict[str, dict[int, int]]
"""For each table, a run's numbers and those of the new run."""


@dataclass(frozen=True)
class MergeSummary:
    """What a merge came to."""

    folder: Path
    """The new run folder."""
    n_inputs: int
    """Inputs in it."""
    n_verdicts: int
    """Outcomes of questions in it."""
    renamed: tuple[str, ...]
    """Names that stand for different inputs in different runs; each of those now ends in a mark."""
    n_evidence_files: int
    """Evidence files in it."""


@dataclass(frozen=True)
class _Source:
    """An input as one run holds it."""

    run: int
    number: int
    name: str
    path: str
    known: tuple[Any, ...]
    sha256: str | None

    @property
    def mark(self) -> str:
        return digest([self.sha256, *self.known])[:_MARK_DIGITS]


def merge_runs(runs: Sequence[Path], out: Path) -> MergeSummary:
    """Put several runs together into a new one.

    A verdict that several runs hold is kept once. An input that several runs hold under one name is one input if
    its bytes and what is known of it agree; otherwise each is kept, its name followed by a mark in brackets. A
    look that failed in one run and succeeded in another has succeeded.

    Args:
        runs: Run folders; they are only read.
        out: The new run folder; must be empty or not there.

    Raises:
        InputError: A folder holds no run, or one that is damaged or of a newer version.
        LawfulError: `out` is not empty, in use, or cannot be written.
    """
    out = out.absolute()
    for run in runs:
        open_reader(run / DATABASE).close()
    if out.exists() and (not out.is_dir() or other_files(out)):
        raise LawfulError(f"{out}: is not empty. Choose a new folder with --out.")
    try:
        return _merge(runs, out)
    except OSError as error:
        raise LawfulError(f"{out}: the merge failed: {error}. Remove the folder and try again.") from error


def _merge(runs: Sequence[Path], out: Path) -> MergeSummary:
    with folder_lock(out), replacing(out / DATABASE) as temporary:
        connection, _ = open_writer(temporary)
        try:
            connection.execute("BEGIN")
            numbers = [_add_run(connection, run) for run in runs]
            sources = [source for at, run in enumerate(runs) for source in _sources(run, at)]
            inputs, renamed = _add_inputs(connection, sources, len(runs))
            for at, run in enumerate(runs):
                _add_tasks(connection, run, numbers[at], inputs[at])
            n_verdicts = connection.execute("SELECT count(*) FROM verdict").fetchone()[0]
            connection.execute("COMMIT")
            # All must be in the one file that is about to get its name.
            connection.execute("PRAGMA journal_mode=DELETE")
        finally:
            connection.close()
        n_files = _copy_evidence(runs, out)
        paths = [str(run.absolute()) for run in runs]
        write_run_file(out / RUN_FILE, RunFile("merge", {"runs": paths}, {"runs": paths}, versions_here()))
    n_inputs = len({number for table in inputs for number in table.values()})
    return MergeSummary(out, n_inputs, n_verdicts, renamed, n_files)


def _read(run: Path, query: str) -> Iterator[tuple[Any, ...]]:
    path = run / DATABASE
    with closing(open_reader(path)) as connection:
        try:
            yield from connection.execute(query)
        except UNREADABLE as error:
            raise damaged(path, error) from error


def _add_run(connection: sqlite3.Connection, run: Path) -> _Numbers:
    """Add what is named by content, and the verdicts."""
    numbers: _Numbers = {}
    try:
        _add_named(connection, run, numbers, "video", "duration_s, width_px, height_px, n_frames")
        _add_named(connection, run, numbers, "judge", "name, identity, rule, series, fps, wordings")
        _add_named(connection, run, numbers, "question", "body")
        _add_named(connection, run, numbers, "given", "body")
        _add_named(connection, run, numbers, "sheet", "suite, version, gate_at")
        connection.executemany(
            "INSERT OR IGNORE INTO sheet_line VALUES (?, ?, ?, ?, ?)",
            (
                (numbers["sheet"][sheet], position, name, numbers["question"][question], tier)
                for sheet, position, name, question, tier in _read(
                    run, "SELECT sheet, position, name, question, tier FROM sheet_line"
                )
            ),
        )
        # Of two outcomes under one key the lesser is kept, so that the order of the runs does not matter.
        connection.executemany(
            f"INSERT INTO verdict (video, given, judge, repeat, question, {COLUMNS})"  # noqa: S608 - constants
            f" VALUES ({', '.join('?' * 13)}) ON CONFLICT DO UPDATE SET"
            f" {', '.join(f'{name} = excluded.{name}' for name in COLUMNS.split(', '))}"
            f" WHERE ({_ORDER.format('excluded.')}) < ({_ORDER.format('verdict.')})",
            _verdicts(run, numbers),
        )
        connection.executemany(
            "INSERT INTO drift VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"  # noqa: S608 - constants
            " n_frames = excluded.n_frames, brightness = excluded.brightness, saturation = excluded.saturation,"
            " sharpness = excluded.sharpness, motion_per_s = excluded.motion_per_s, reason = excluded.reason"
            f" WHERE ({_DRIFT_ORDER.format('excluded.')}) < ({_DRIFT_ORDER.format('drift.')})",
            ((numbers["video"][video], *rest) for video, *rest in _read(run, "SELECT * FROM drift")),
        )
    except (KeyError, sqlite3.IntegrityError) as error:
        raise damaged(run / DATABASE, error) from error
    return numbers


def _verdicts(run: Path, numbers: _Numbers) -> Iterator[tuple[Any, ...]]:
    video, given, judge, question = (numbers[name] for name in ("video", "given", "judge", "question"))
    query = f"SELECT video, given, judge, repeat, question, {COLUMNS} FROM verdict"  # noqa: S608 - constants
    for row in _read(run, query):
        yield video[row[0]], given[row[1]], judge[row[2]], row[3], question[row[4]], *row[5:]


def _add_named(
    connection: sqlite3.Connection, run: Path, numbers: _Numbers, table: str, columns: str
) -> None:
    key = _KEYS[table]
    names = columns.split(", ")
    more = ", ".join(
        f"{name} = coalesce(max({name}, excluded.{name}), {name}, excluded.{name})" for name in names
    )
    insert = (  # the names are constants of this file
        f"INSERT INTO {table} ({key}, {columns}) VALUES ({', '.join('?' * (1 + len(names)))})"  # noqa: S608
        f" ON CONFLICT ({key}) DO UPDATE SET {more} RETURNING id"
    )
    numbers[table] = {
        row[0]: connection.execute(insert, row[1:]).fetchone()[0]
        for row in _read(run, f"SELECT id, {key}, {columns} FROM {table}")  # noqa: S608 - constants
    }


def _sources(run: Path, at: int) -> Iterator[_Source]:
    query = (
        "SELECT id, name, path, prompt, story, generator, seed, image_fps, licence,"
        " (SELECT max(video.sha256) FROM task JOIN video ON video.id = task.video WHERE task.input = input.id)"
        " FROM input"
    )
    for number, name, path, *known, sha256 in _read(run, query):
        if not isinstance(name, str) or not isinstance(path, str):
            raise damaged(run / DATABASE, ValueError(f"input {number} has no name or path"))
        source = _Source(at, number, name, path, tuple(known), sha256)
        # An input that a merge has marked before is known by its old name.
        yield replace(source, name=name.removesuffix(f" [{source.mark}]"))


def _add_inputs(
    connection: sqlite3.Connection, sources: Sequence[_Source], n_runs: int
) -> tuple[list[dict[int, int]], tuple[str, ...]]:
    """Add the inputs; for each run, its numbers and the new ones, and the names that stood for several."""
    by_name: dict[str, list[_Source]] = {}
    for source in sources:
        by_name.setdefault(source.name, []).append(source)
    numbers: list[dict[int, int]] = [{} for _ in range(n_runs)]
    renamed = []
    for name in sorted(by_name):
        groups = _same(by_name[name])
        if len(groups) > 1:
            renamed.append(name)
        for mark in sorted(groups):
            first = min(groups[mark], key=lambda source: (source.sha256 is None, source.path))
            shown = f"{name} [{mark}]" if len(groups) > 1 else name
            number = connection.execute(
                "INSERT INTO input VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (shown, min(source.path for source in groups[mark]), *first.known),
            ).fetchone()[0]
            for source in groups[mark]:
                numbers[source.run][source.number] = number
    return numbers, tuple(renamed)


def _same(sources: Sequence[_Source]) -> dict[str, list[_Source]]:
    """Inputs of one name by mark; one that could not be read goes with the only one that could."""
    groups: dict[str, list[_Source]] = {}
    for source in sources:
        readable = {
            other.mark for other in sources if other.sha256 is not None and other.known == source.known
        }
        alone = source.sha256 is None and len(readable) == 1
        groups.setdefault(readable.pop() if alone else source.mark, []).append(source)
    return groups


def _add_tasks(connection: sqlite3.Connection, run: Path, numbers: _Numbers, inputs: dict[int, int]) -> None:
    query = "SELECT input, sheet, judge, until_s, repeat, given, video, error FROM task"
    try:
        for source, sheet, judge, until_s, repeat, given, video, error in _read(run, query):
            key = (inputs[source], numbers["sheet"][sheet], numbers["judge"][judge], until_s, repeat)
            rest = (
                numbers["given"][given],
                None if video is None else numbers["video"][video],
                error,
            )
            held = connection.execute(
                "SELECT given, video, error FROM task"
                " WHERE input = ? AND sheet = ? AND judge = ? AND until_s = ? AND repeat = ?",
                key,
            ).fetchone()
            if held is None or _rank(connection, rest) < _rank(connection, held):
                connection.execute(
                    "INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*key, *rest)
                )
    except (KeyError, sqlite3.IntegrityError) as error:
        raise damaged(run / DATABASE, error) from error


def _rank(connection: sqlite3.Connection, rest: tuple[int, int | None, str | None]) -> tuple[bool, str, str]:
    given, _, error = rest
    sha256 = connection.execute("SELECT sha256 FROM given WHERE id = ?", (given,)).fetchone()[0]
    return error is not None, error or "", sha256


def _copy_evidence(runs: Sequence[Path], out: Path) -> int:
    copied = set()
    for run in runs:
        for folder, folders, files in os.walk(run / EVIDENCE):
            for name in [*folders, *files]:
                if (Path(folder) / name).is_symlink():
                    raise InputError(f"{Path(folder) / name}: is a link; evidence is made of plain files")
            for name in files:
                # What a process that was killed had begun to write; no verdict cites it.
                if name.startswith("."):
                    continue
                source = Path(folder) / name
                target = out / source.relative_to(run)
                copied.add(target)
                # Names hold a digest of the content; should two differ all the same, the lesser is kept.
                if target.exists() and target.read_bytes() <= source.read_bytes():
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    return len(copied)
