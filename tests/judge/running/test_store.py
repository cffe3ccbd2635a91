"""The store's file: whole items or none, and a clear word about files that are not ours."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

from lawful.core.errors import InputError, LawfulError
from lawful.judge import schema
from lawful.judge.progress import Note
from lawful.judge.reading import read_run, run_info
from lawful.judge.records import EvidenceFrame
from lawful.judge.run import score_paths
from lawful.judge.store import Look, StoredInput, open_store
from lawful.judge.task import Outcome


@pytest.fixture
def finished(make_engine, request_for, tmp_path):
    score_paths(request_for(), engine=make_engine())
    return tmp_path / "run"


@pytest.fixture
def change(finished):
    """Runs SQL on the store of a finished run."""

    def execute(sql):
        connection = sqlite3.connect(finished / "lawful.db")
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute(sql)
        connection.commit()
        connection.close()

    return execute


def test_the_store_is_in_wal_mode_while_open_and_one_plain_file_afterwards(tmp_path):
    with open_store(tmp_path) as store:
        assert store.journal == "wal"
        store.given({"prompt": "x"})
        assert (tmp_path / "lawful.db-wal").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "lawful.db"]


def test_on_a_shared_file_system_the_rollback_journal_is_used_and_said(
    make_engine, request_for, monkeypatch, tmp_path
):
    monkeypatch.setattr(schema, "_file_system", lambda folder: "nfs4")
    heard = []
    score_paths(request_for(), heard.append, make_engine())
    assert any(isinstance(event, Note) and "is on a shared file system" in event.text for event in heard)
    assert len(list(read_run(tmp_path / "run"))) == 6


def test_a_reader_sees_the_items_that_are_done_while_the_run_goes_on(make_engine, request_for, tmp_path):
    seen = []
    score_paths(
        request_for(),
        lambda event: seen.append((type(event).__name__, _count(tmp_path / "run"))),
        make_engine(),
    )
    assert seen == [("Started", 0), *[("Looked", n) for n in range(1, 7)]]


def _count(run):
    return len(list(read_run(run)))


def test_a_reader_in_the_middle_sees_one_moment_and_does_not_hold_the_run_up(
    make_engine, request_for, tmp_path
):
    score_paths(request_for(limit=3), engine=make_engine())
    reader = read_run(tmp_path / "run")
    first = next(reader)
    score_paths(request_for(), engine=make_engine())
    assert [clip.video for clip in (first, *reader)] == ["0.mp4", "1.mp4", "2.mp4"]
    assert _count(tmp_path / "run") == 6


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed, whom only root can become")
@pytest.mark.parametrize("killed", [False, True])
def test_a_run_is_read_from_a_folder_that_cannot_be_written(finished, killed):
    if killed:
        script = "import os, sys; from pathlib import Path; from lawful.judge.store import open_store\n"
        script += "with open_store(Path(sys.argv[1])) as store: store.given({'prompt': 'x'}); os._exit(9)"
        subprocess.run([sys.executable, "-c", script, finished], check=False)
        assert (finished / "lawful.db-wal").exists()
    script = """
        import os, sys
        from pathlib import Path
        from lawful.judge.reading import read_run, run_info
        os.setuid(65534)
        assert not os.access(sys.argv[1], os.W_OK)
        print(len(list(read_run(Path(sys.argv[1])))), run_info(Path(sys.argv[1])).n_inputs)
    """
    folder = finished
    while folder != folder.parent:
        if folder.stat().st_uid == os.getuid() and str(folder) not in ("/", "/tmp"):
            folder.chmod(0o755)
        folder = folder.parent
    command = [sys.executable, "-c", textwrap.dedent(script), finished]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("6 6\n", "")


def test_an_item_is_stored_whole_or_not_at_all(toy, ask, make_engine, tmp_path):
    class Broken(Exception):
        pass

    questions = (ask("a"), ask("b"))
    with open_store(tmp_path) as store:
        sheet, judge, given = store.sheet("s", "1", questions), store.judge(toy), store.given({})
        look = Look(sheet, judge, "f", given, "a" * 64, 0)
        unsaved = _unsaved(make_engine, questions)
        with pytest.raises(
            ValueError, match="evidence goes into a store when its frames and tracks are saved"
        ):
            store.record(StoredInput("x", "/x"), look, unsaved, questions)
        assert store.missing(look) == questions
        with pytest.raises(Broken):
            _give_and_break(store, Broken)
        number = store.given({"prompt": "kept"})
        assert store.given({"prompt": "lost"}) != number
    assert list(read_run(tmp_path)) == []


def _give_and_break(store, error):
    with store.item():
        store.given({"prompt": "lost"})
        raise error


def _unsaved(make_engine, questions):
    import numpy as np

    from lawful.judge.records import Evidence, Unscored

    frame = EvidenceFrame(0.0, np.zeros((2, 2, 3), np.uint8))
    held = Evidence(0.0, 1.0, None, None, None, None, "x", frames=(frame,))
    good = Unscored("a" * 64, questions[0].id, "abstained", "x", "f")
    return Outcome(0, (good, replace(good, question_id=questions[1].id, evidence=(held,))))


def test_a_full_disk_is_said_and_what_was_stored_is_safe(make_engine, request_for, tmp_path):
    score_paths(request_for(limit=2), engine=make_engine())
    run = tmp_path / "run"
    pages = (run / "lawful.db").stat().st_size // 4096
    with open_store(run) as store:
        store._connection.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(
            LawfulError, match=r"cannot be written \(database or disk is full\).* run the same command"
        ):
            store.remember_sha256(tmp_path / "x", "1:1", "f" * 40_000)
    assert _count(run) == 2
    assert score_paths(request_for(), engine=make_engine()).n_stored == 3


def test_a_store_that_another_program_locks_is_said(finished, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_S", 0.1)
    connection = sqlite3.connect(finished / "lawful.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(InputError, match=r"another program has kept it locked for 0\.1 s"):
        next(read_run(finished))
    connection.close()


def test_no_run(tmp_path):
    message = r"no run is here \(lawful\.db is missing\)\. Make one with: lawful score"
    with pytest.raises(InputError, match=message):
        next(read_run(tmp_path))
    with pytest.raises(InputError, match=message):
        run_info(tmp_path)


def test_a_database_of_others_is_refused_and_left_alone(tmp_path):
    connection = sqlite3.connect(tmp_path / "lawful.db")
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    before = (tmp_path / "lawful.db").read_bytes()
    message = "is a database, but not a run's store"
    with pytest.raises(InputError, match=message):
        next(read_run(tmp_path))
    with pytest.raises(InputError, match=message), open_store(tmp_path):
        pass
    assert (tmp_path / "lawful.db").read_bytes() == before


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (
            6,
            r"has schema 6, made by a newer lawful; this one knows 5\. Upgrade with: pip install --upgrade lawful",
        ),
        (4, r"has schema 4, which this lawful no longer reads; it knows 5\. Score again into another folder"),
    ],
)
def test_another_schema_is_refused(finished, change, version, message):
    change(f"PRAGMA user_version={version}")
    with pytest.raises(InputError, match=message):
        next(read_run(finished))
    with pytest.raises(InputError, match=message), open_store(finished):
        pass


@pytest.mark.parametrize("content", [b"not a database at all" * 50, b"SQLite format 3\0" + b"\xff" * 500])
def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    (tmp_path / "lawful.db").write_bytes(content)
    with pytest.raises(InputError, match=r"lawful\.db: is damaged or no store of a run"):
        next(read_run(tmp_path))
    with (
        pytest.raises(InputError, match=r"lawful\.db: is damaged or no store of a run"),
        open_store(tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE verdict SET score = 7 WHERE reason IS NULL",
        "UPDATE verdict SET probabilities = '0.5' WHERE reason IS NULL",
        "UPDATE verdict SET probabilities = 'nan,nan' WHERE reason IS NULL",
        "UPDATE verdict SET probabilities = NULL WHERE reason IS NULL",
        "UPDATE verdict SET label = 'maybe' WHERE reason IS NULL",
        "UPDATE verdict SET reason = 'bored', detail = ''",
        "UPDATE verdict SET evidence = '{'",
        "UPDATE verdict SET evidence = '[{}]'",
        "UPDATE verdict SET evidence = replace(evidence, 'evidence/', '../')",
        "UPDATE verdict SET evidence = replace(evidence, 'evidence/', '/etc/')",
        "DELETE FROM verdict",
        "DELETE FROM question",
        "DELETE FROM judge",
        "DELETE FROM input",
        "DELETE FROM sheet",
        "UPDATE question SET body = '[]'",
        "UPDATE question SET body = 'x'",
        "UPDATE judge SET rule = '{}'",
        "DROP TABLE verdict",
    ],
)
def test_a_damaged_store_is_an_input_error(finished, change, sql):
    change(sql)
    with pytest.raises(InputError, match=r"lawful\.db: .*(damaged|missing|unknown|expected)"):
        list(read_run(finished))


def test_flipped_and_missing_bytes_are_an_input_error_or_do_no_harm(rows, finished, tmp_path):
    content = (finished / "lawful.db").read_bytes()
    broken = tmp_path / "broken"
    broken.mkdir()
    for at in range(100, len(content), len(content) // 150):
        (broken / "lawful.db").write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            list(read_run(broken))
        except InputError:
            continue
    for size in range(0, len(content), len(content) // 20):
        (broken / "lawful.db").write_bytes(content[:size])
        try:
            found = rows(broken)
        except InputError:
            continue
        assert found == rows(finished)


def test_names_that_are_no_text_are_stored_all_the_same(toy, ask, tmp_path):
    with open_store(tmp_path) as store:
        look = Look(store.sheet("s", "1", (ask("a"),)), store.judge(toy), "f", store.given({}), None, 0)
        store.record(StoredInput("bad\udcff.mp4", "/bad\udcff.mp4"), look, Outcome(0, error="bad\udcff"), ())
    assert [clip.video for clip in read_run(tmp_path)] == ["bad?.mp4"]
