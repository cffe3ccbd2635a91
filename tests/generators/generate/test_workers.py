"""Several devices over one queue: the same videos, and what a worker's end costs."""

import os
import re
import signal
from pathlib import Path

import pytest

from lawful.core.errors import AbsentError, InputError
from lawful.generators.generate.asked import GenerateRequest
from lawful.generators.generate.produce import generate
from lawful.generators.generate.progress import ChunkMade, VideoDone
from lawful.generators.generate.worker import request_from_json, request_to_json
from lawful.generators.manifest import MANIFEST, read_manifest

pytestmark = pytest.mark.usefixtures("painter_site")


@pytest.fixture
def ask(tmp_path, prompts_suite, painter_site, monkeypatch):
    """Makes a request for cases of some prompts, two seeds each."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(painter_site), os.environ.get("PYTHONPATH", "")]))

    def make(*prompts, out="videos", device=None, **changes):
        suite = prompts_suite(*(prompts or ("a square moves", "a square stays", "a square waits")), name=out)
        values = {"generators": ("painter",), "out": tmp_path / out, "seeds": (0, 1)} | changes
        return GenerateRequest(suite, device=device, **values)

    return make


def digests(folder):
    return {file: row.video_sha256 for file, row in read_manifest(Path(folder) / MANIFEST).items()}


def test_any_number_of_devices_makes_the_same_videos(ask):
    alone = ask(out="alone")
    generate(alone)
    for devices in ("cpu,cpu", "cpu, cpu,cpu"):
        heard = []
        many = ask(out=f"many{devices.count('cpu')}", device=devices)
        summary = generate(many, heard.append)
        assert (summary.n_made, summary.n_kept, summary.failed) == (6, 0, {})
        assert digests(many.out) == digests(alone.out)
        assert sum(event.n_frames for event in heard if isinstance(event, ChunkMade)) == 6 * 7
        assert sorted(event.file for event in heard if isinstance(event, VideoDone)) == sorted(
            digests(many.out)
        )
        again = generate(many)
        assert (again.n_made, again.n_kept) == (0, 6)


def test_a_video_that_fails_costs_itself_alone(ask):
    request = ask("a square moves", "it fails", device="cpu,cpu")
    summary = generate(request)
    assert summary.n_made == 2
    assert set(summary.failed) == {"painter/c1-0.mp4", "painter/c1-1.mp4"}
    assert all("ZeroDivisionError: no good" in why for why in summary.failed.values())


def test_a_worker_that_dies_costs_its_video_and_another_takes_its_place(ask, painter_site):
    module = painter_site / "painter.py"
    killed = 'if "killed" in prompt:\n            import os, signal\n            os.kill(os.getpid(), signal.SIGKILL)\n        '
    module.write_text(
        module.read_text().replace("rgb = self.pixels(request)\n", f"{killed}rgb = self.pixels(request)\n", 1)
    )
    request = ask("killed", "a square moves", "a square stays", device="cpu,cpu", seeds=(0,))
    summary = generate(request)
    assert summary.failed == {"painter/c0-0.mp4": f"the worker on cpu died (exit code {-signal.SIGKILL})"}
    assert len(digests(request.out)) == 2
    assert len(list(request.out.rglob("[!.]*.mp4"))) == 2


def test_what_is_absent_ends_the_command(ask):
    with pytest.raises(AbsentError, match="on cpu: the weights of painter are not here: fetch them"):
        generate(ask("absent", device="cpu,cpu"))


def test_a_request_comes_through_as_it_was(ask):
    request = ask(device="cuda:0,cuda:1", config={"painter": {"tint": 2}}, n_frames=5)
    there = request_from_json(request_to_json(request, "cuda:1"))
    assert there.devices == ("cuda:1",)
    assert request.settings("painter") == {"tint": 2, "device": "cuda:0"}
    assert request_to_json(there, "x") == request_to_json(request, "x")


def test_a_device_without_a_name_is_refused(ask):
    with pytest.raises(InputError, match=re.escape("a device is missing in 'cuda:0,'")):
        ask(device="cuda:0,")
