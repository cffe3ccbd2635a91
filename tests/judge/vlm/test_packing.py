"""Frames become what the models' own preprocessing makes of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.core.errors import InputError
from lawful.judge.vlm.families.table import FAMILIES, family_of
from lawful.judge.vlm.packing import fitting_size, in_patches
from lawful.video.frames import Frames

GOLDEN = dict(np.load(Path(__file__).parent / "golden" / "packed.npz"))
VISION = {"image_size": 42, "patch_size": 14}
SQUARE = {"height": 42, "width": 42}
FILES = {
    "qwen2_5_vl": ({"patch_size": 14}, {"min_pixels": 28 * 28, "max_pixels": 70 * 70}),
    "qwen3_vl": ({"patch_size": 16}, {"size": {"shortest_edge": 32 * 32, "longest_edge": 4 * 96 * 64}}),
    "llava_onevision": (VISION, {"size": SQUARE}),
    "llava_next_video": (VISION, {"size": {"shortest_edge": 42}, "crop_size": SQUARE}),
    "smolvlm": (VISION, {"size": {"longest_edge": 64}, "max_image_size": {"longest_edge": 42}}),
    "internvl": (VISION | {"image_size": [42, 42], "patch_size": [14, 14]}, {"size": SQUARE}),
}
CLIPS = ((5, 50, 90), (4, 96, 40))


def family(name):
    vision, preprocessing = FILES[name]
    return family_of({"model_type": name, "vision_config": vision}, preprocessing, name)


def clip(n_frames, height, width):
    t, y, x = np.meshgrid(np.arange(n_frames), np.arange(height), np.arange(width), indexing="ij")
    waves = [(x * (3 + c) + y * (5 - c) + t * 11 + (x * y) // 7) % 256 for c in range(3)]
    return Frames(np.stack(waves, -1).astype(np.uint8), np.arange(n_frames) / 2.0, np.arange(n_frames))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("shape", CLIPS)
def test_packing_is_that_of_the_models_own_preprocessing(name, shape):
    packed = family(name).pack(clip(*shape))
    key = f"{name}.{'x'.join(map(str, shape))}"
    pixels = packed.inputs["pixel_values" if name in ("smolvlm", "internvl") else "pixel_values_videos"]
    numbers = pixels.numpy().reshape(-1)
    assert len(numbers) == np.prod(GOLDEN[f"{key}.shape"])
    apart = np.abs(numbers[::7] - GOLDEN[f"{key}.numbers"])
    if name == "smolvlm":
        # Lanczos' filter is Pillow's here and torch's there: they round apart, at sharp edges by some levels.
        assert apart.mean() < 1 / 127
        assert np.quantile(apart, 0.9) <= 1 / 127
    else:
        assert apart.max() <= 1e-6
    if "qwen" in name:
        assert tuple(pixels.shape) == tuple(GOLDEN[f"{key}.shape"])
        assert packed.grids == (tuple(GOLDEN[f"{key}.grid"]),)


def test_the_golden_arrays_stay_small():
    assert (Path(__file__).parent / "golden" / "packed.npz").stat().st_size < 200_000


def test_a_patch_holds_its_own_pixels():
    pixels = torch.arange(3 * 3 * 8 * 12, dtype=torch.float32).reshape(3, 3, 8, 12)
    patches = in_patches(pixels, patch_px=2, merge=2, frames_per_step=2)
    assert patches.shape == (2 * 4 * 6, 3 * 2 * 2 * 2)
    # Step 1 (frames 2 and its repetition), the block of rows 1 and columns 2, its patch at row 1, column 0.
    place = 1 * 24 + (1 * 3 + 2) * 4 + 2
    cell = pixels[2, :, 6:8, 8:10]
    expected = torch.stack([cell, cell], 1).reshape(-1)
    assert torch.equal(patches[place], expected)


SIDES = st.integers(16, 700)


@settings(max_examples=60)
@given(SIDES, SIDES, st.integers(1, 9))
def test_sizes_are_multiples_within_limits(height, width, frames):
    least, most = 64 * 64 * frames, 256 * 256 * frames
    size = fitting_size((height, width), 32, least, most, frames, 2)
    assert size[0] % 32 == 0
    assert size[1] % 32 == 0
    if max(height, width) / min(height, width) < 3:
        assert least / 2 <= size[0] * size[1] * frames <= most * 2


@pytest.mark.parametrize("name", FAMILIES)
def test_the_text_holds_as_many_tokens_as_the_frames_take(name):
    files = FILES.get(name, FILES["qwen3_vl"])
    made = family_of({"model_type": name, "vision_config": files[0]}, files[1], name)
    packed = made.pack(clip(5, 50, 90))
    assert packed.text.count(made.visual_token) == packed.n_visual_tokens
    assert packed.text.endswith(made.closing_token)
    assert len(packed.step_times_s) == packed.grids[0][0]


def test_times_stand_before_the_steps_of_qwen3_vl():
    packed = family("qwen3_vl").pack(clip(5, 32, 32))
    pads = "<|vision_start|>" + "<|video_pad|>" * (packed.n_visual_tokens // 3) + "<|vision_end|>"
    steps = f"<0.2 seconds>{pads}<1.2 seconds>{pads}<2.0 seconds>{pads}"
    assert packed.text == f"<|vision_start|>{steps}<|vision_end|>"
    assert packed.step_times_s == (0.25, 1.25, 2.0)


def test_every_frame_of_smolvlm_says_when_it_is():
    frames = clip(2, 42, 42)
    later = Frames(frames.rgb, np.array([0.0, 61.5]), frames.indices)
    text = family("smolvlm").pack(later).text
    assert "\nFrame from 00:00:" in text
    assert "\nFrame from 01:01:" in text


@pytest.mark.parametrize(
    ("config", "preprocessing", "message"),
    [
        (
            {"model_type": "mamba"},
            {},
            r"m is of type 'mamba' \(architecture unknown\), which cannot judge here\.",
        ),
        (
            {"model_type": None, "architectures": ["A"]},
            {},
            r"of type None \(architecture A\).*Supported: qwen3_vl, ",
        ),
        ({"model_type": "qwen3_vl"}, {}, "m: config.json: vision_config should be an object, found None"),
        (
            {"model_type": "internvl", "vision_config": VISION},
            {"size": {"height": 50, "width": 50}},
            r"ask for frames of \[50\] px, its vision tower reads 42 px",
        ),
        (
            {"model_type": "smolvlm", "vision_config": VISION},
            {"image_mean": [0.5, 0.5]},
            r"image_mean should be three numbers, found \[0.5, 0.5\]",
        ),
        (
            {"model_type": "smolvlm", "vision_config": VISION},
            {"image_std": [0.5, 0.5, 0]},
            "image_std should be above 0",
        ),
        (
            {"model_type": "llava_onevision", "vision_config": {"image_size": 42}},
            {},
            "patch_size should be a whole number above 0, found None",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused(config, preprocessing, message):
    with pytest.raises(InputError, match=message):
        family_of(config, preprocessing, "m")
