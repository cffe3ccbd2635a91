"""Contact sheets."""

import numpy as np
import pytest
from PIL import Image

from lawful.core.errors import InputError
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.sheet import contact_sheet, write_picture

SMALL = {"width_px": 96, "height_px": 72, "fps": 12, "duration_s": 2.5, "noise": 0}


def test_a_sheet_shows_the_onset_of_the_broken_clip_below_its_twin():
    lawful, broken = make_clip("bounce", 8, **SMALL), make_clip("bounce", 8, violation="vanish", **SMALL)
    sheet = contact_sheet(broken, lawful, columns=5, cell_px=96)
    assert sheet.shape == (2 * (22 + 72 + 8), 5 * (96 + 8), 3)
    red = (sheet == (214, 30, 30)).all(axis=2)
    assert not red[:102].any()
    assert red[102:].any()
    one = contact_sheet(lawful, columns=5, cell_px=96)
    assert one.shape == (102, 520, 3)
    assert not (one == (214, 30, 30)).all(axis=2).any()


def test_a_clip_of_few_frames_has_few_columns():
    clip = make_clip("still", 1, width_px=64, height_px=64, fps=10, duration_s=0.2)
    assert contact_sheet(clip, columns=6, cell_px=64).shape[1] == 2 * 72


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_pictures_are_written_as_their_ending_says(tmp_path, ending):
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[..., 0] = 200
    write_picture(tmp_path / f"a.{ending}", picture)
    with Image.open(tmp_path / f"a.{ending}") as read:
        assert read.size == (30, 20)
        assert abs(int(np.asarray(read.convert("RGB"))[10, 15, 0]) - 200) < 12


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"a.gif: pictures are written as .png, .jpg, .webp, not .gif"):
        write_picture(tmp_path / "a.gif", np.zeros((4, 4, 3), np.uint8))
