"""The store of a run, as the one process that writes it sees it (reading: `lawful.judge.reading`).

Everything about one look at one clip is written in one transaction: it is all there or not at all. So the store
is at once the cache and the point from which a run that was cut off goes on.
"""

import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawful.checklists.suite import Question
from lawful.core.digest import canonical_json, digest
from lawful.core.errors import LawfulError
from lawful.core.files import folder_lock
from lawful.judge.codec import DRIFT_NUMBERS, rule_to_json
from lawful.judge.protocol import Judge, Varied, fingerprint, series
from lawful.judge.records import RETRIED, Unscored, Verdict
from lawful.judge.request import request_of
from lawful.judge.rows import COLUMNS, storable, to_row
from lawful.judge.schema import DATABASE, WHOLE_S, Journal, damaged, open_reader, open_writer
from lawful.judge.task import Outcome
from lawful.video.drift import Drift

LOCK_FILE = ".lock"
"""What `lawful.core.files.folder_lock` leaves in a folder."""


@dataclass(frozen=True)
class StoredInput:
    """One video of a run, as the user gave it."""

    name: str
    """How it is shown to people; unique within the run."""
    path: str
    """Absolute path."""
    prompt: str | None = None
    """Its prompt, where the user gave it."""
    case: str | None = None
    """Its case of the suite, where the user gave it."""
    generator: str | None = None
    """Who made it, where the user gave it."""
    seed: int | None = None
    """The seed it was made with, where the user gave it."""
    image_fps: float | None = None
    """Frames a second, for a folder of images."""
    licence: str | None = None
    """Licence of its generator's weights, where a manifest tells it."""


@dataclass(frozen=True)
class Sheet:
    """The questions of a suite for one clip, as the store knows them."""

    id: int
    """Its number in the store."""
    suite: str
    """Id of the suite."""
    questions: tuple[Question, ...]
    """What is asked, in order."""
    rows: tuple[int, ...]
    """The store's number for each question's request."""
    gate_at: float | None = None
    """Mean score from which a tier bears the next; None where tiers only order."""


@dataclass(frozen=True)
class Look:
    """The key of an item of work: one judge's look at one clip with one sheet."""

    sheet: Sheet
    """What is asked."""
    judge: int
    """The judge's number in the store."""
    fingerprint: str
    """The judge's fingerprint."""
    given: int
    """The number of what the judge is given."""
    video_sha256: str | None
    """Digest of the clip; None if it cannot be read."""
    repeat: int
    """Which of the repeated looks, from 0."""
    until_s: float | None = None
    """Where the look ends, seconds from the first decoded frame; None for the whole clip. `given` tells it too."""


class Store:
    """The open store of a run. Made by `open_store`; used from one thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path, journal: Journal) -> None:
        self._connection = connection
        self._path = path
        self._known: dict[tuple[str, str], int] = {}
        self.journal: Journal = journal

    def known_sha256(self, path: Path, stamp: str) -> str | None:
        """The digest of a file that was read before, if its stamp (size and time of change) is the same."""
        row = self._connection.execute(
            "SELECT sha256 FROM file WHERE path = ? AND stamp = ?", (str(path), stamp)
        ).fetchone()
        return None if row is None else row[0]

    def remember_sha256(self, path: Path, stamp: str, sha256: str) -> None:
        """Keep the digest of a file."""
        with self.item():
            self._connection.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?)", (str(path), stamp, sha256)
            )

    def duration_s(self, sha256: str) -> float | None:
        """How long a video is that was looked at to its end; None where that is not known."""
        row = self._connection.execute("SELECT duration_s FROM video WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else row[0]

    def judge(self, judge: Judge) -> int:
        """The number of a judge."""
        identity, rule = canonical_json(judge.identity()), canonical_json(rule_to_json(judge.rule))
        fps, n_wordings = (judge.fps, judge.n_wordings) if isinstance(judge, Varied) else (None, 1)
        body = (judge.name, identity, rule, series(judge), fps, n_wordings)
        return self._number(
            "judge", fingerprint(judge), "INSERT INTO judge VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", body
        )

    def given(self, given: Mapping[str, Any]) -> int:
        """The number of what a judge is given beside pixels and questions."""
        text = canonical_json(dict(given))
        return self._number("given", digest(dict(given)), "INSERT INTO given VALUES (NULL, ?, ?)", (text,))

    def sheet(
        self, suite: str, version: str, questions: Sequence[Question], gate_at: float | None = None
    ) -> Sheet:
        """The number of an ordered list of questions, and of each question.

        Raises:
            InputError: A question depends on one that is not asked.
        """
        requests = [request_of(question, questions) for question in questions]
        lines = [
            [question.id, digest(request), question.tier]
            for question, request in zip(questions, requests, strict=True)
        ]
        with self.item():
            rows = tuple(
                self._number(
                    "question", sha256, "INSERT INTO question VALUES (NULL, ?, ?)", (canonical_json(request),)
                )
                for (_, sha256, _), request in zip(lines, requests, strict=True)
            )
            sha256 = digest([suite, version, lines, *(() if gate_at is None else (gate_at,))])
            is_new = self._find("sheet", sha256) is None
            number = self._number(
                "sheet", sha256, "INSERT INTO sheet VALUES (NULL, ?, ?, ?, ?)", (suite, version, gate_at)
            )
            if is_new:
                self._connection.executemany(
                    "INSERT INTO sheet_line VALUES (?, ?, ?, ?, ?)",
                    [
                        (number, at, name, row, tier)
                        for at, ((name, _, tier), row) in enumerate(zip(lines, rows, strict=True))
                    ],
                )
        return Sheet(number, suite, tuple(questions), rows, gate_at)

    def missing(self, look: Look) -> tuple[Question, ...]:
        """The questions of a look that have no outcome yet, or one that is to be asked again."""
        video = None if look.video_sha256 is None else self._find("video", look.video_sha256)
        if video is None:
            return look.sheet.questions
        held = {
            question
            for question, reason in self._connection.execute(
                "SELECT question, reason FROM verdict WHERE video = ? AND given = ? AND judge = ? AND repeat = ?",
                (video, look.given, look.judge, look.repeat),
            )
            if reason not in RETRIED
        }
        pairs = zip(look.sheet.questions, look.sheet.rows, strict=True)
        return tuple(question for question, row in pairs if row not in held)

    def record(
        self, source: StoredInput, look: Look, outcome: Outcome | None, asked: Sequence[Question]
    ) -> None:
        """Store that an input was looked at, and what came of it, all at once.

        Of a look at a clip that is too short for it, what is found out of the clip is stored and nothing else.

        Args:
            source: The input.
            look: The look.
            outcome: What came of the task; None if all its verdicts are in the store.
            asked: The questions that the outcome answers, in its order.

        Raises:
            LawfulError: The disk is full or cannot be written.
        """
        with self.item():
            number = self._input(source)
            video = None
            if look.video_sha256 is not None:
                video = self._number(
                    "video", look.video_sha256, "INSERT INTO video VALUES (NULL, ?, ?, ?, ?, ?)", (None,) * 4
                )
            error = None if outcome is None else outcome.error
            if outcome is not None and outcome.error is None and video is not None:
                if look.until_s is None or outcome.too_short:
                    self._facts(video, outcome)
                if outcome.too_short:
                    return
                self._verdicts(video, look, asked, outcome.verdicts)
                if look.until_s is not None and outcome.drift is not None:
                    self._drift(video, look.until_s, outcome.drift)
            self._task(number, look, video, error)

    @contextmanager
    def item(self) -> Iterator[None]:
        """A transaction: all that is stored in the block is kept, or nothing of it.

        Raises:
            LawfulError: The disk is full or cannot be written.
        """
        if self._connection.in_transaction:
            yield
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            # Numbers given out in a block that failed are not in the file.
            self._known.clear()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise LawfulError(
                    f"{self._path}: cannot be written ({error}). What was stored before is safe; "
                    "make room or give write permission and run the same command again."
                ) from error
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.IntegrityError):
                raise damaged(self._path, error) from error
            raise

    def _number(self, table: str, sha256: str, insert: str, values: Sequence[Any]) -> int:
        number = self._find(table, sha256)
        if number is None:
            cursor = self._connection.execute(insert, (sha256, *values))
            number = cursor.lastrowid
            assert number is not None
            self._known[table, sha256] = number
        return number

    def _find(self, table: str, sha256: str) -> int | None:
        number = self._known.get((table, sha256))
        if number is None:
            column = "fingerprint" if table == "judge" else "sha256"
            row = self._connection.execute(
                f"SELECT id FROM {table} WHERE {column} = ?",  # noqa: S608 - both are names from this file
                (sha256,),
            ).fetchone()
            if row is None:
                return None
            number = self._known[table, sha256] = row[0]
        return number

    def _input(self, source: StoredInput) -> int:
        return self._connection.execute(
            "INSERT INTO input VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " path = excluded.path, prompt = excluded.prompt, story = excluded.story,"
            " generator = excluded.generator, seed = excluded.seed, image_fps = excluded.image_fps,"
            " licence = excluded.licence"
            " RETURNING id",
            (
                _storable(source.name), _storable(source.path), _storable(source.prompt), _storable(source.case),
                _storable(source.generator), source.seed, source.image_fps, _storable(source.licence),
            ),
        ).fetchone()[0]  # fmt: skip

    def _facts(self, video: int, outcome: Outcome) -> None:
        self._connection.execute(
            "UPDATE video SET duration_s = coalesce(?, duration_s), width_px = coalesce(?, width_px),"
            " height_px = coalesce(?, height_px), n_frames = coalesce(?, n_frames) WHERE id = ?",
            (outcome.duration_s, outcome.width_px, outcome.height_px, outcome.n_frames, video),
        )

    def _drift(self, video: int, until_s: float, drift: Drift) -> None:
        numbers = [getattr(drift, name) for name in DRIFT_NUMBERS]
        self._connection.execute(
            "INSERT OR REPLACE INTO drift VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                video, until_s, drift.n_frames, *(None if math.isnan(one) else one for one in numbers),
                drift.reason,
            ),
        )  # fmt: skip

    def _verdicts(
        self, video: int, look: Look, asked: Sequence[Question], verdicts: Sequence[Verdict | Unscored]
    ) -> None:
        row_of = {q.id: row for q, row in zip(look.sheet.questions, look.sheet.rows, strict=True)}
        self._connection.executemany(
            f"INSERT OR REPLACE INTO verdict (video, given, judge, repeat, question, {COLUMNS})"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    video,
                    look.given,
                    look.judge,
                    look.repeat,
                    row_of[question.id],
                    *to_row(verdict, tuple(question.scale.values)),
                )
                for question, verdict in zip(asked, verdicts, strict=True)
            ],
        )

    def _task(self, source: int, look: Look, video: int | None, error: str | None) -> None:
        # What the last command asked of this input replaces what an earlier suite, judge or file left; the same judge
        # at another frame rate is asked by the same command.
        self._connection.execute(
            "DELETE FROM task WHERE input = ?1 AND sheet IN (SELECT id FROM sheet WHERE suite = ?5)"
            " AND judge IN (SELECT id FROM judge WHERE name = (SELECT name FROM judge WHERE id = ?3))"
            " AND (sheet <> ?2 OR video IS NOT ?4"
            " OR judge NOT IN (SELECT id FROM judge WHERE series = (SELECT series FROM judge WHERE id = ?3)))",
            (source, look.sheet.id, look.judge, video, look.sheet.suite),
        )
        self._connection.execute(
            "INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                source,
                look.sheet.id,
                look.judge,
                WHOLE_S if look.until_s is None else look.until_s,
                look.repeat,
                look.given,
                video,
                _storable(error),
            ),
        )


@contextmanager
def open_store(run: Path) -> Iterator[Store]:
    """Open the store of a run folder for writing; the folder is made and locked.

    Raises:
        LawfulError: Another process writes the run, or the folder cannot be written.
        InputError: The database there is none of ours, or of a newer version, or damaged.
    """
    path = run / DATABASE
    with ExitStack() as stack:
        try:
            stack.enter_context(folder_lock(run))
        except OSError as error:
            raise LawfulError(
                f"{run}: cannot be written ({error.strerror}). Choose another folder with --out."
            ) from error
        connection, journal = open_writer(path)
        stack.callback(connection.close)
        yield Store(connection, path, journal)


def other_files(folder: Path) -> list[str]:
    """The names in a folder beside its lock, which stays when nothing came of a run."""
    return sorted(entry.name for entry in folder.iterdir() if entry.name != LOCK_FILE)


@contextmanager
def open_copy(run: Path) -> Iterator[Store]:
    """A store in memory with what the run folder holds, if it holds a store: to ask what is missing.

    Raises:
        InputError: The store there is none of ours, or of a newer version, or damaged.
    """
    path = run / DATABASE
    memory, journal = open_writer(Path(":memory:"))
    try:
        if path.exists():
            with closing(open_reader(path)) as connection:
                connection.backup(memory)
        yield Store(memory, path, journal)
    except sqlite3.DatabaseError as error:
        raise damaged(path, error) from error
    finally:
        memory.close()


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)
