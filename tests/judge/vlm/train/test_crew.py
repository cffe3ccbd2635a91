"""Several processes, as `accelerate launch` starts them, learn what one does."""

import json
import os
import socket
import subprocess
import sys

import pytest
import torch

from lawful.generators.tiny.watch import read_log
from lawful.judge.vlm.train.crew import Crew, joined_crew

SETTINGS = "steps = 3\nbatch = 6\nlearning_rate = 1e-3\nevaluate_every = 3"


def test_a_process_alone_has_all_of_it(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    crew = joined_crew("cpu")
    assert crew == Crew(0, 1, "cpu")
    assert crew.gathered([1, 2]) == [1, 2]
    assert float(crew.sum_gradients([], torch.tensor(2.0))) == 2.0
    crew.wait()


@pytest.mark.long
def test_two_processes_learn_as_one(training_file, tmp_path):
    path = training_file(SETTINGS, test=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def start(out, rank=None):
        own = {} if rank is None else {
            "WORLD_SIZE": "2", "RANK": str(rank), "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true",
        }  # fmt: skip
        command = [
            sys.executable,
            "-c",
            "from lawful.cli.main import main; main()",
            "train",
            "judge",
            "--quiet",
        ]
        asked = ["--config", str(path), "--from-config", "--out", str(tmp_path / out)]
        return subprocess.Popen(
            [*command, *asked],
            env=os.environ | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    together = [start("two", rank) for rank in (0, 1)]
    told = [one.communicate(timeout=280)[0] for one in together]
    assert [one.returncode for one in together] == [0, 0], told
    # Of the two the first speaks.
    assert sorted("judge: vlm:" in said for said in told) == [False, True]
    alone = start("one")
    said = alone.communicate(timeout=280)[0]
    assert alone.returncode == 0, said
    measured = [json.loads((tmp_path / name / "measured.json").read_text()) for name in ("one", "two")]
    for one, two in zip(*measured, strict=True):
        assert one["step"] == two["step"]
        assert two["loss"] == pytest.approx(one["loss"], abs=2e-3)
    (one,), (two,) = (read_log(tmp_path / name) for name in ("one", "two"))
    # What a process saw alone would be another loss, and a sum that is missing half a gradient.
    assert two["loss"] == pytest.approx(one["loss"], abs=2e-4)
    assert two["gradient"] == pytest.approx(one["gradient"], rel=2e-3)
    assert (tmp_path / "two" / "model" / "README.md").is_file()
