"""The demo's clips."""

import csv

import pytest

from lawful.generators.worlds.demo import main, write_demo
from lawful.video.read import open_video, read_frames


def test_the_demo_writes_eight_clips_that_can_be_read_and_their_prompts(tmp_path):
    paths = write_demo(tmp_path / "clips")
    assert len(paths) == 8
    with (tmp_path / "clips" / "prompts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [path.name for path in paths]
    assert all(row["prompt"] for row in rows)
    with open_video(paths[0]) as reader:
        assert read_frames(reader).rgb.shape == (60, 240, 320, 3)
    before = paths[3].read_bytes()
    write_demo(tmp_path / "clips")
    assert paths[3].read_bytes() == before


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_the_demo_wants_one_folder(arguments):
    with pytest.raises(SystemExit, match="usage: python -m lawful"):
        main(arguments)
