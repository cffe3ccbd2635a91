"""A published checkpoint, tiny, from the command's request to files and rows."""

import pytest

from lawful.generators.generate.asked import GenerateRequest
from lawful.generators.generate.produce import forecast, generate
from lawful.generators.generate.progress import Remarked
from lawful.generators.manifest import MANIFEST, read_manifest

NAME = "wan-causal:causvid"


@pytest.fixture
def ask(base, checkpoint, prompts_suite, tmp_path):
    path = checkpoint()

    def make(out, device="cpu"):
        return GenerateRequest(
            suite=prompts_suite("a ball falls", "a red box rises"),
            generators=(NAME,),
            out=tmp_path / out,
            config={NAME: {"checkpoint": str(path), "base": str(base)}},
            n_frames=13,
            width_px=32,
            height_px=32,
            device=device,
        )

    return make


def test_files_rows_and_the_licence(ask):
    heard = []
    alone = ask("alone")
    (line,) = forecast(alone).lines
    assert line.memory_bytes > 100_000
    summary = generate(alone, heard.append)
    assert (summary.n_made, summary.failed) == (2, {})
    told = [event.text for event in heard if isinstance(event, Remarked)]
    assert told == [f"{NAME}: licence of its weights: CC-BY-NC-SA-4.0 (no commercial use)"]
    rows = read_manifest(alone.out / MANIFEST)
    assert {row.licence for row in rows.values()} == {"CC-BY-NC-SA-4.0 (no commercial use)"}
    assert {(row.n_frames, row.trained_frames, row.device) for row in rows.values()} == {(13, 81, "cpu")}
    assert generate(alone).n_kept == 2

    shared = ask("shared", device="cpu,cpu")
    assert generate(shared).failed == {}
    digests = [
        {file: row.video_sha256 for file, row in read_manifest(request.out / MANIFEST).items()}
        for request in (alone, shared)
    ]
    assert digests[0] == digests[1]
    assert len(set(digests[0].values())) == 2
