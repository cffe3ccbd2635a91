"""The tables of `lawful.db`, and how the file is opened.

A verdict is keyed by the video, by what the judge was asked and given (`question` and `given`: together the
request), by the judge's fingerprint, and by the repeat. All but `verdict` and `task` are named by content, so
stores can be merged. Text keys are turned into numbers to keep a million verdicts small.
"""

import sqlite3
from pathlib import Path
from typing import Literal

from lawful.core.errors import InputError, LawfulError

DATABASE = "lawful.db"
SCHEMA = 1
APPLICATION_ID = 0x6C617766
"""The letters "lawf": tells our databases from others."""
BUSY_S = 60.0
"""How long a connection waits for another one."""

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
  name TEXT NOT NULL, identity TEXT NOT NULL, rule TEXT NOT NULL
) STRICT;
CREATE TABLE question (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, body TEXT NOT NULL
) STRICT;
CREATE TABLE given (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, body TEXT NOT NULL
) STRICT;
CREATE TABLE sheet (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, suite TEXT NOT NULL, version TEXT NOT NULL
) STRICT;
CREATE TABLE sheet_line (
  sheet INTEGER NOT NULL REFERENCES sheet, position INTEGER NOT NULL,
  name TEXT NOT NULL, question INTEGER NOT NULL REFERENCES question,
  PRIMARY KEY (sheet, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE input (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
  prompt TEXT, story TEXT, generator TEXT, seed INTEGER, image_fps REAL
) STRICT;
CREATE TABLE task (
  input INTEGER NOT NULL REFERENCES input, sheet INTEGER NOT NULL REFERENCES sheet,
  judge INTEGER NOT NULL REFERENCES judge, repeat INTEGER NOT NULL,
  given INTEGER NOT NULL REFERENCES given, video INTEGER REFERENCES video, error TEXT,
  PRIMARY KEY (input, sheet, judge, repeat)
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
"""`input.story` is the case of the suite (CASE is a word of SQL). `task` is what the run was asked for and did;
`task.error` is null where all its verdicts are here. `verdict.reason` is null for a verdict; otherwise the
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
        if not _is_empty(connection, path):
            check(connection, path)
        journal: Journal = connection.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0]
        connection.execute("PRAGMA synchronous=NORMAL" if journal == "wal" else "PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=OFF")
        if _is_empty(connection, path):
            _create(connection)
        return connection, journal
    except sqlite3.DatabaseError as error:
        connection.close()
        raise damaged(path, error) from error
    except BaseException:
        connection.close()
        raise


def close_writer(connection: sqlite3.Connection) -> None:
    """Close the store and leave it as one plain file, which can be copied and read from a read-only folder.

    If somebody reads it just now the write-ahead log stays beside it; that is as whole as the plain file.
    """
    try:
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
    finally:
        connection.close()


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
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        connection.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")
        connection.execute("PRAGMA trusted_schema=OFF")
    except sqlite3.DatabaseError as error:
        raise damaged(path, error) from error
    try:
        check(connection, path)
        return connection
    except sqlite3.DatabaseError as error:
        connection.close()
        raise damaged(path, error) from error
    except BaseException:
        connection.close()
        raise


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
        raise InputError(f"{path}: has schema {version}, which this lawful no longer reads; score again.")


def damaged(path: Path, error: Exception) -> InputError:
    """The error for a store that SQLite cannot read."""
    if isinstance(error, sqlite3.OperationalError) and "unable to open" in str(error):
        return InputError(
            f"{path}: cannot be opened ({error}). Its write-ahead log may be cut off in a read-only folder: "
            "copy the run folder to a place where you can write."
        )
    return InputError(
        f"{path}: is damaged or no store of a run ({error}). "
        "Restore it from a copy, or score again into another folder."
    )


def _is_empty(connection: sqlite3.Connection, path: Path) -> bool:
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
