"""The tables of `lawful.db`, and how the file is opened.

A verdict is keyed by the video, by what the judge was asked and given (`question` and `given`: together the
request), by the judge's fingerprint, and by the repeat. All but `verdict`, `drift` and `task` are named by content, so
stores can be merged. Text keys are turned into numbers to keep a million verdicts small.
"""

import sqlite3
from pathlib import Path
from typing import Literal

from lawful.core.errors import InputError, LawfulError

DATABASE = "lawful.db"
SCHEMA = 5
APPLICATION_ID = 0x6C617766
"""The letters "lawf": tells our databases from others."""
WHOLE_S = 0.0
"""`task.until_s` of a look at the whole clip."""
BUSY_S = 60.0
"""How long a connection waits for another one."""

UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite raises at a damaged file."""

_NO_ROOM = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
"""What SQLite raises where it may not make the files that WAL needs."""

Journal = Literal["wal", "delete"]

_NETWORK = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "glusterfs", "gpfs", "lustre",
    "nfs", "nfs4", "smb3", "smbfs",
})  # fmt: skip
"""File systems over which several machines may share a folder; the memory that WAL shares is not theirs."""

TABLES = """
CREATE TABLE file (
  path TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE video (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE,
  duration_s REAL, width_px INTEGER, height_px INTEGER, n_frames INTEGER
) STRICT;
CREATE TABLE judge (
  id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, identity TEXT NOT NULL, rule TEXT NOT NULL,
  series TEXT NOT NULL, fps REAL, wordings INTEGER NOT NULL
) STRICT;
CREATE TABLE question (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, body TEXT NOT NULL
) STRICT;
CREATE TABLE given (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, body TEXT NOT NULL
) STRICT;
CREATE TABLE sheet (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, suite TEXT NOT NULL, version TEXT NOT NULL, gate_at REAL
) STRICT;
CREATE TABLE sheet_line (
  sheet INTEGER NOT NULL REFERENCES sheet, position INTEGER NOT NULL,
  name TEXT NOT NULL, question INTEGER NOT NULL REFERENCES question, tier INTEGER,
  PRIMARY KEY (sheet, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE input (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
  prompt TEXT, story TEXT, generator TEXT, seed INTEGER, image_fps REAL, licence TEXT
) STRICT;
CREATE TABLE task (
  input INTEGER NOT NULL REFERENCES input, sheet INTEGER NOT NULL REFERENCES sheet,
  judge INTEGER NOT NULL REFERENCES judge, until_s REAL NOT NULL, repeat INTEGER NOT NULL,
  given INTEGER NOT NULL REFERENCES given, video INTEGER REFERENCES video, error TEXT,
  PRIMARY KEY (input, sheet, judge, until_s, repeat)
) STRICT, WITHOUT ROWID;
CREATE TABLE drift (
  video INTEGER NOT NULL REFERENCES video, until_s REAL NOT NULL, n_frames INTEGER NOT NULL,
  brightness REAL, saturation REAL, sharpness REAL, motion_per_s REAL, reason TEXT NOT NULL,
  PRIMARY KEY (video, until_s)
) STRICT, WITHOUT ROWID;
CREATE TABLE verdict (
  video INTEGER NOT NULL REFERENCES video, given INTEGER NOT NULL REFERENCES given,
  judge INTEGER NOT NULL REFERENCES judge, repeat INTEGER NOT NULL,
  question INTEGER NOT NULL REFERENCES question,
  reason TEXT, label TEXT, score REAL, probabilities TEXT, detail TEXT, evidence TEXT,
  seconds REAL NOT NULL, tokens INTEGER NOT NULL,
  PRIMARY KEY (video, given, judge, repeat, question),
  CHECK (score BETWEEN 0 AND 1), CHECK (reason IS NOT NULL OR (label IS NOT NULL AND score IS NOT NULL))
) STRICT, WITHOUT ROWID;
"""
"""`input.story` is the case of the suite (CASE is a word of SQL), `input.licence` that of its generator's weights. `task` is what the run was asked for and did;
`task.error` is null where all its verdicts are here; `task.until_s` is where the look ends, 0 for the whole clip.
`sheet.gate_at` is null where tiers only order. `judge.series` is one for a judge at all frame rates, `judge.fps` its rate (null where none chooses its frames),
`judge.wordings` how many wordings its repeats use in turn. `drift` is what a video looks like just before `until_s`; it is the same for every judge. `verdict.reason` is null for a verdict; otherwise the
question is unscored and `score` is its leaning."""


def open_writer(path: Path) -> tuple[sqlite3.Connection, Journal]:
    """Open the store for the one process that writes it, making it if it is not there.

    Returns:
        The connection (transactions are the caller's) and the journal that the folder allows.

    Raises:
        InputError: The file is no store of this version.
        LawfulError: It cannot be made or opened.
    """
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise LawfulError(f"{path}: cannot be opened for writing: {error}") from error
    try:
        wanted: Journal = "delete" if _file_system(path.parent) in _NETWORK else "wal"
        if not _is_empty(connection):
            check(connection, path)
        journal: Journal = connection.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0]
        connection.execute("PRAGMA synchronous=NORMAL" if journal == "wal" else "PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=OFF")
        if _is_empty(connection):
            _create(connection)
        return connection, journal
    except UNREADABLE as error:
        connection.close()
        raise damaged(path, error) from error
    except BaseException:
        connection.close()
        raise


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a store for reading alone, also while it is being written and in a read-only folder.

    Raises:
        InputError: There is no store, or it is not of this version, or damaged.
    """
    if not path.is_file():
        raise InputError(
            f"{path.parent}: no run is here ({path.name} is missing). Make one with: lawful score"
        )
    try:
        try:
            return _reader(path, "mode=rw")
        except sqlite3.OperationalError as error:
            # A folder that cannot be written has no room for WAL's shared memory; with no log there is none to
            # share, and the file will not change.
            if _code(error) not in _NO_ROOM or _has_log(path):
                raise
            return _reader(path, "immutable=1")
    except UNREADABLE as error:
        raise damaged(path, error) from error


def _reader(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{how}", uri=True, isolation_level=None, timeout=BUSY_S
    )
    try:
        # Opened for writing, the last reader tidies WAL's files away; nothing else may be written.
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        check(connection, path)
        # SQLite takes what is missing of a last page for zeros.
        pages, page_bytes = (
            connection.execute(f"PRAGMA page_{what}").fetchone()[0] for what in ("count", "size")
        )
        size = path.stat().st_size
        if size < pages * page_bytes and not _has_log(path):
            raise damaged(path, ValueError(f"{size} of {pages * page_bytes} bytes are there"))
        return connection
    except BaseException:
        connection.close()
        raise


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse databases that are not ours or not of this version.

    Raises:
        InputError: Says which, and what to do.
    """
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise InputError(f"{path}: is a database, but not a run's store. Choose another run folder.")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA:
        raise InputError(
            f"{path}: has schema {version}, made by a newer lawful; this one knows {SCHEMA}. "
            "Upgrade with: pip install --upgrade lawful"
        )
    if version < SCHEMA:
        raise InputError(
            f"{path}: has schema {version}, which this lawful no longer reads; it knows {SCHEMA}. "
            "Score again into another folder with --out, or remove this one first."
        )


def damaged(path: Path, error: Exception) -> InputError:
    """The error for a store that SQLite cannot read."""
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return InputError(
            f"{path}: another program has kept it locked for {BUSY_S:g} s. Try again when it is done."
        )
    if code in _NO_ROOM:
        return InputError(
            f"{path}: cannot be opened ({error}). Its write-ahead log may be cut off in a read-only folder: "
            "copy the run folder to a place where you can write."
        )
    return InputError(
        f"{path}: is damaged or no store of a run ({error}). "
        "Restore it from a copy, or score again into another folder."
    )


def _code(error: Exception) -> int | None:
    # Only errors that SQLite itself reports have a code; the low byte is the kind.
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0


def _create(connection: sqlite3.Connection) -> None:
    # One transaction: a kill leaves either no table or all of them with their version.
    marks = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA};"
    connection.executescript(f"BEGIN IMMEDIATE; {TABLES} {marks} COMMIT;")


def _file_system(folder: Path) -> str:
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return "unknown"
    here = folder.resolve()
    best, kind = "", "unknown"
    for line in mounts.read_text(errors="replace").splitlines():
        _, mount, file_system, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        if len(mount) >= len(best) and here.is_relative_to(mount):
            best, kind = mount, file_system
    return kind
