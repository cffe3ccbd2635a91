"""Trainings in processes beside each other: an error or Ctrl-C, even twice, ends all of them soon."""

import os
import signal
import subprocess
import sys
import time

import pytest

SCRIPT = """
import sys, time
from dataclasses import dataclass
from pathlib import Path
from lawful.core.errors import InputError
from lawful.judge.vlm.train.beside import each_done

@dataclass(frozen=True)
class Work:
    folder: str
    fails: bool

    def __call__(self, one, going_on):
        folder = Path(self.folder)
        (folder / f"begun-{one}").touch()
        while len(list(folder.glob("begun-*"))) < 2:
            time.sleep(0.01)
        if self.fails and one == "a":
            raise InputError("a cannot be done")
        for _ in range(6000):
            going_on()
            time.sleep(0.01)
        (folder / f"ended-{one}").touch()

if __name__ == "__main__":
    try:
        for _ in each_done(Work(sys.argv[1], sys.argv[2] == "fails"), ["a", "b", "c", "d"], 2, 1, "here"):
            pass
    except InputError as error:
        print(error)
"""


def is_there(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.long
@pytest.mark.parametrize("presses", [0, 1, 2])
def test_nobody_waits_for_what_is_no_longer_wanted(presses, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(tmp_path), "goes on" if presses else "fails"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        while process.poll() is None and len(list(tmp_path.glob("begun-*"))) < 2:
            time.sleep(0.02)
        for _ in range(presses):
            os.killpg(process.pid, signal.SIGINT)
        told, _ = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert told == ("" if presses else "a cannot be done\n")
    # All of it would take two minutes. A worker that is free may begin the next before it hears; no process is left.
    names = {path.name for path in tmp_path.glob("*-?")}
    assert {"begun-a", "begun-b"} <= names <= {"begun-a", "begun-b", "begun-c"}
    limit_s = time.monotonic() + 10
    while is_there(process.pid) and time.monotonic() < limit_s:
        time.sleep(0.05)
    assert not is_there(process.pid)
