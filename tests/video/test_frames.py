"""Records of the common currency: what they refuse."""

import numpy as np
import pytest

from lawful.video.frames import Box, Frames
from lawful.video.sampling import Sampling


@pytest.mark.parametrize(
    "corners", [(0.5, 0, 0.4, 1), (0, 0.5, 1, 0.4), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0, 0, float("nan"), 1)]
)
def test_a_box_lies_in_the_frame(corners):
    with pytest.raises(ValueError, match=r"a box needs 0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1, got Box"):
        Box(*map(float, corners))


def test_a_part_of_the_frames_keeps_times_and_indices():
    frames = Frames(np.zeros((5, 2, 2, 3), np.uint8), np.arange(5) / 4.0, np.arange(5) * 2)
    part = frames[1:3]
    assert len(part) == 2
    assert part.times_s.tolist() == [0.25, 0.5]
    assert part.indices.tolist() == [2, 4]


def test_a_sampling_policy_has_one_way_to_pick():
    with pytest.raises(ValueError, match="a sampling policy has fps or count, not both"):
        Sampling(fps=2.0, count=8)


@pytest.mark.parametrize("policy", [{"fps": 0.0}, {"count": -1}, {"long_side_px": 0}, {"fps": float("nan")}])
def test_a_sampling_policy_is_positive(policy):
    with pytest.raises(ValueError, match=f"{next(iter(policy))} must be positive, got"):
        Sampling(**policy)
