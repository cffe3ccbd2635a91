"""What takes long: a clip of two hours."""

import subprocess
import sys

import numpy as np
import pytest

from lawful.video.frames import Frames
from lawful.video.write import VideoWriter

CODE = """
import sys
from pathlib import Path
from lawful.video.cuts import open_cuts, push_cuts
from lawful.video.read import open_video
from lawful.video.sampling import Sampling

with open_video(Path(sys.argv[1])) as reader:
    cuts, frames = open_cuts(), 0
    for chunk in reader.chunks():
        cuts, found = push_cuts(cuts, chunk)
        frames += len(chunk)
    assert (frames, reader.damage) == (172_800, None), (frames, reader.damage)
    assert abs(reader.decoded_duration_s - 7200) < 0.01
    assert sum(len(chunk) for chunk in reader.chunks(Sampling(fps=1.0))) == 7200
    assert sum(len(chunk) for chunk in reader.chunks(Sampling(count=100))) == 100
assert peak_mb() < 500
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_hours_are_streamed(tmp_path, make_frames, peak_code):
    made = make_frames(240, 64, 64)
    with VideoWriter(tmp_path / "clip.mp4", qp=30) as writer:
        for start in range(0, 172_800, 240):
            indices = np.arange(start, start + 240)
            writer.write(Frames(made.rgb, indices / 24, indices))
    subprocess.run([sys.executable, "-c", peak_code + CODE, str(tmp_path / "clip.mp4")], check=True)
