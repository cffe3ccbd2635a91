"""`kill -9` of the driver at random moments: nothing stored is lost, nothing is there twice."""

import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

N_CLIPS = 16
PLUGIN = Path(__file__).parents[1] / "plugins" / "toy_judge.py"


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(N_CLIPS):
        rng = np.random.default_rng(number)
        rgb = rng.integers(0, 40, (6, 24, 32, 3), dtype=np.uint8)
        rgb[3] += np.uint8(100 + number)
        first, *rest = (Image.fromarray(frame) for frame in rgb)
        first.save(
            folder / f"slow-{number:02}.webp", save_all=True, append_images=rest, duration=100, lossless=True
        )
    return folder


@pytest.fixture
def start(tmp_path, clips):
    """Starts the real command on the clips with the toy judge, into a named run folder."""
    site = tmp_path / "site"
    info = site / "toy_judge-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "toy_judge.py").write_text(PLUGIN.read_text())
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy_judge\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lawful.plugins]\ntoy = toy_judge\n")
    (tmp_path / "toy.toml").write_text("[toy]\nslow_s = 0.03\n")
    command = [sys.executable, "-c", "from lawful.cli.main import main; main()", "score", str(clips)]
    command += ["--judge", "toy", "--judge-config", str(tmp_path / "toy.toml"), "--workers", "2", "--out"]

    def run(name, *more):
        return subprocess.Popen(
            [*command, str(tmp_path / name), *more],
            env={**os.environ, "PYTHONPATH": str(site)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


@pytest.mark.parametrize(
    "kills", [10, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_kills_lose_nothing_that_was_stored(start, rows, tmp_path, kills):
    with start("whole") as process:
        process.communicate()
    whole = rows(tmp_path / "whole")
    assert len(whole) == N_CLIPS
    rng = random.Random(kills)
    landed = Counter()
    round_number = 0
    while sum(landed.values()) < kills:
        run = f"killed-{round_number}"
        done = _kill_until_done(start, rows, tmp_path / run, rng, kills - sum(landed.values()), landed)
        with start(run) as process:
            output, errors = process.communicate()
        assert process.returncode == 0, errors
        assert f"{N_CLIPS - done} judged now, {done} from the store" in output
        assert rows(tmp_path / run) == whole
        assert _evidence(tmp_path / run) == _evidence(tmp_path / "whole")
        round_number += 1
    assert landed["while judging"] >= kills / 3


def _evidence(run):
    """The names of its evidence files; those with a dot before them were being written when a kill came."""
    return {path.name for path in (run / "evidence").rglob("[!.]*.*")}


def test_a_kill_among_looks_that_end_early_loses_none(start, rows, prefix_rows, tmp_path):
    with start("whole", "--until", "0.3,9") as process:
        process.communicate()
    assert len(prefix_rows(tmp_path / "whole")) == N_CLIPS
    with start("killed", "--until", "0.3,9") as process:
        _wait(process, tmp_path / "killed", N_CLIPS + 5)
        process.kill()
    stored = prefix_rows(tmp_path / "killed")
    assert 0 < len(stored) < N_CLIPS
    with start("killed", "--until", "0.3,9") as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    done = N_CLIPS + len(stored)
    assert f"{2 * N_CLIPS - done} judged now, {done} from the store" in output
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")
    assert prefix_rows(tmp_path / "killed") == prefix_rows(tmp_path / "whole")


def _kill_until_done(start, rows, run, rng, kills, landed):
    """Kill the command again and again until the run is done or there were enough kills; looks in the store."""
    stored = []
    for _ in range(kills):
        with start(run.name) as process:
            _wait(process, run, len(stored) + rng.randint(0, 6))
            time.sleep(rng.uniform(0, 0.05))
            process.kill()
            process.communicate()
        found = rows(run) if (run / "lawful.db").exists() else []
        assert len({_name(row) for row in found}) == len(found)
        assert set(stored) <= set(found)
        landed["while judging" if len(found) > len(stored) else "before or between"] += 1
        stored = found
        if len(stored) == N_CLIPS:
            break
    return len(stored)


def _wait(process, run, n_looks):
    """Wait until the run is begun, and then until so many looks are stored or the command has ended."""
    process.stderr.readline()
    while process.poll() is None and _stored(run) < n_looks:
        time.sleep(0.002)


def _stored(run):
    connection = sqlite3.connect(f"file:{run / 'lawful.db'}?mode=ro", uri=True)
    with closing(connection):
        return connection.execute("SELECT count(*) FROM task").fetchone()[0]


def _name(row):
    return re.search(r"video='([^']*)'", row)[1]
