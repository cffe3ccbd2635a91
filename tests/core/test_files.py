import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lawful.core.errors import LawfulError
from lawful.core.files import folder_lock, new_folder, replacing, write_atomic

KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from lawful.core.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""

OWNER = """
import sys
from pathlib import Path
from lawful.core.files import folder_lock
with folder_lock(Path(sys.argv[1])):
    print("owned", flush=True)
    sys.stdin.read()
"""


def test_a_file_is_written_whole_in_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_atomic(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    write_atomic(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    assert os.listdir(path.parent) == ["b.txt"]


def test_the_file_has_the_rights_that_any_new_file_has(tmp_path: Path) -> None:
    write_atomic(tmp_path / "ours", "")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_error_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_kill_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_the_temporary_file_keeps_the_ending_and_hides(tmp_path: Path) -> None:
    with replacing(tmp_path / "clip.mp4") as temporary:
        assert temporary.suffix == ".mp4"
        assert temporary.name.startswith(".clip.")
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"x")


def test_nothing_but_a_file_is_written_over(tmp_path: Path) -> None:
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    for path in (pipe, folder):
        with pytest.raises(
            LawfulError, match=rf"{path}: is no regular file, and nothing else is written over"
        ):
            write_atomic(path, "")
    assert pipe.is_fifo()
    assert sorted(os.listdir(tmp_path)) == ["folder", "pipe"]


@pytest.mark.parametrize("below", ["b", "b/c"])
def test_a_file_in_the_way_of_the_folder_is_named(below: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    message = rf"a/{below}: cannot be written: {tmp_path}/a.* is no folder\. Name another place"
    with pytest.raises(LawfulError, match=message):
        write_atomic(tmp_path / "a" / below, "")


def test_a_name_of_full_length_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 125 + ".txt")
    write_atomic(path, "whole")
    assert path.read_text() == "whole"


def test_a_folder_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"

    def fill(*names: str) -> None:
        with new_folder(path) as inside:
            for name in names:
                (inside / name).write_text("x")

    with pytest.raises(FileNotFoundError):
        fill("one", "no/folder")
    assert os.listdir(path.parent) == []
    fill("one", "two")
    assert [os.listdir(path.parent), sorted(os.listdir(path))] == [["b"], ["one", "two"]]
    assert path.stat().st_mode == path.parent.stat().st_mode
    with pytest.raises(LawfulError, match=r"b: is not an empty folder\. Name a new one with --out\."):
        fill("three")


def test_a_folder_has_one_owner_at_a_time_and_the_lock_dies_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "owned\n"
        message = rf"run: in use by another process \(pid {owner.pid}\)\. Wait until it ends, or choose"
        with pytest.raises(LawfulError, match=message), folder_lock(folder):
            pass
    finally:
        owner.kill()
        owner.communicate(timeout=60)
    with folder_lock(folder):
        assert (folder / ".lock").read_text() == str(os.getpid())


def test_a_lock_can_be_taken_again_after_its_block(tmp_path: Path) -> None:
    for _ in range(2):
        with folder_lock(tmp_path):
            pass


def test_a_file_system_without_locks_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    message = r"cannot be locked \(No locks available\).*another file system with --out"
    with pytest.raises(LawfulError, match=message), folder_lock(tmp_path):
        pass
