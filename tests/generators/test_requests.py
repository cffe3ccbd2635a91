"""Requests say what is wrong with them, and what is asked for in one number."""

import dataclasses
import re
import subprocess
import sys

import numpy as np
import pytest

from lawful.core.errors import InputError, LawfulError
from lawful.generators.protocol import Capabilities, check_request, used_controls
from lawful.generators.records import GenerationRequest, PromptAt, always
from lawful.video.frames import Frames, PointTracks


def frames(n, height=4, width=6):
    rgb = np.zeros((n, height, width, 3), np.uint8)
    return Frames(rgb, np.arange(n) / 10.0, np.arange(n))


def tracks(x=0.5):
    xy = np.full((1, 2, 2), x, np.float32)
    return PointTracks(np.arange(1), np.arange(2) / 10.0, xy, np.ones((1, 2), bool))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prompts": ()}, "prompts must start at frame 0 and at increasing frames, got frames []"),
        ({"prompts": (PromptAt(3, "a"),)}, "got frames [3]"),
        ({"prompts": (PromptAt(0, "a"), PromptAt(0, "b"))}, "got frames [0, 0]"),
        ({"n_frames": 0}, "a video has at least one frame, asked for n_frames=0"),
        ({"seed": -1}, "seed and branch must be 0 to 2**63 - 1, got seed=-1, branch=0"),
        ({"branch": 2**63}, f"got seed=0, branch={2**63}"),
        ({"fps": 0.0}, "fps must be above 0, got 0.0"),
        ({"width_px": -3}, "width_px must be above 0, got -3"),
        ({"fps": float("nan")}, "fps must be above 0, got nan"),
        ({"first_frame": frames(1).rgb[0], "prefix": frames(2)}, "not both; drop one of them"),
        ({"prefix": frames(9)}, "the prefix has 9 frames, the whole video n_frames=8"),
        (
            {"prefix": frames(2), "width_px": 8, "height_px": 8},
            "the given frames are 6x4 px, the request asks for 8x8",
        ),
    ],
)
def test_a_wrong_request_says_what_is_wrong(settings, message):
    with pytest.raises(InputError, match=re.escape(message)):
        GenerationRequest(**{"prompts": always("a"), "n_frames": 8} | settings)


def test_a_first_frame_of_another_kind_is_refused():
    """In a process of its own: here arrays are checked before the request sees them."""
    script = (
        "import numpy as np\nfrom lawful.generators.records import GenerationRequest, always\n"
        "GenerationRequest(always('a'), 8, first_frame=np.zeros((4, 6, 3), np.float32))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    message = "the first frame must be uint8 (0-255) of height x width x 3, got float32 of 4 x 6 x 3"
    assert done.stderr.endswith(f"InputError: {message}\n")


def test_prompts_follow_each_other():
    request = GenerationRequest((PromptAt(0, "a"), PromptAt(3, "b"), PromptAt(5, "c")), 8)
    assert "".join(request.prompt_at(frame) for frame in range(8)) == "aaabbccc"


def test_the_digest_covers_every_field():
    base = GenerationRequest(always("a"), 8)
    changes = {
        "prompts": always("b"),
        "n_frames": 9,
        "seed": 1,
        "branch": 1,
        "width_px": 8,
        "height_px": 8,
        "fps": 5.0,
        "first_frame": frames(1).rgb[0],
        "prefix": frames(1),
        "tracks": tracks(),
        "settings": {"steps": 2},
    }
    assert set(changes) == {field.name for field in dataclasses.fields(base)}
    digests = {dataclasses.replace(base, **{name: value}).sha256 for name, value in changes.items()}
    assert len(digests | {base.sha256}) == len(changes) + 1
    assert base.sha256 == GenerationRequest(always("a"), 8).sha256


def test_the_digest_covers_what_is_in_the_arrays():
    moved = [GenerationRequest(always("a"), 8, tracks=tracks(x)).sha256 for x in (0.25, 0.5, 0.5)]
    assert moved[0] != moved[1] == moved[2]


CAN = Capabilities(frozenset({"text", "prefix"}), 6, 4, 10.0, max_frames=8)


def test_what_a_generator_cannot_do_is_refused_by_name():
    request = GenerationRequest(
        (PromptAt(0, "a"), PromptAt(1, "b")), 8, branch=1, tracks=tracks(), width_px=8, height_px=4, fps=5.0
    )
    assert used_controls(request) == ["text", "prompt_switch", "tracks", "size", "fps", "branch"]
    message = (
        "toy: the request uses prompt_switch, tracks, size, fps, branch; "
        "this generator follows text, prefix and makes 6x4 px at 10 frames a second"
    )
    with pytest.raises(LawfulError, match=re.escape(message)):
        check_request("toy", CAN, request)


def test_a_request_may_name_the_size_and_rate_that_there_are():
    check_request("toy", CAN, GenerationRequest(always("a"), 8, width_px=6, height_px=4, fps=10.0))


def test_a_prefix_of_another_rate_is_refused():
    can = Capabilities(frozenset({"text", "prefix", "fps"}), 8, 8, 10.0)
    rgb = np.zeros((5, 8, 8, 3), np.uint8)

    def asked(rate, **more):
        given = Frames(rgb, 3 + np.arange(5) / rate, np.arange(5))  # from the middle of a video
        return GenerationRequest(always("a"), n_frames=9, prefix=given, **more)

    check_request("g", can, asked(10.2))
    check_request("g", can, asked(24.0, fps=24.0))
    check_request("g", can, GenerationRequest(always("a"), n_frames=9, prefix=asked(24.0).prefix[:1]))
    with pytest.raises(
        InputError, match="g: the prefix has 24 frames a second where 10 are wanted: resample it"
    ):
        check_request("g", can, asked(24.0))


def test_a_video_that_is_too_long_is_refused():
    with pytest.raises(LawfulError, match="toy: 9 frames are asked for and at most 8 can be made; ask for 8"):
        check_request("toy", CAN, GenerationRequest(always("a"), 9))
