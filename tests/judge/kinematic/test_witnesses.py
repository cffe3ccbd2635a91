import math
import re
from collections.abc import Callable

import numpy as np
import pytest

from lawful.generators.worlds.make import make_clip
from lawful.judge.records import ClipResult, Unscored
from lawful.video.frames import Frames

Judged = Callable[..., ClipResult]
Disc = Callable[..., Frames]

RED, BLUE = (210, 60, 40), (40, 70, 220)


def path(k: int) -> tuple[float, float]:
    return 40 + 4.0 * k, 60 + 20 * math.sin(k / 8)


def worst(result: ClipResult) -> tuple[str, str]:
    return result.answer, result.verdicts[0].question_id


def test_smooth_motion_is_lawful(disc: Disc, judged: Judged) -> None:
    assert judged(disc(path)).answer == "none_found"


def test_vanish(disc: Disc, judged: Judged) -> None:
    result = judged(disc(lambda k: path(k) if k < 15 else None))
    assert worst(result) == ("violation", "vanish")
    assert result.verdicts[0].evidence[0].start_s == pytest.approx(15 / 24)
    assert result.verdicts[0].evidence[0].magnitude == pytest.approx(28, abs=4)


def test_time_reversal_turns_vanish_into_appear(disc: Disc, judged: Judged) -> None:
    frames = disc(lambda k: path(k) if k < 15 else None)
    back = Frames(frames.rgb[::-1].copy(), frames.times_s, frames.indices)
    assert worst(judged(back)) == ("violation", "appear")


def test_mirroring_changes_no_answer(disc: Disc, judged: Judged) -> None:
    frames = disc(lambda k: path(k) if k < 15 else None)
    mirrored = Frames(frames.rgb[:, :, ::-1].copy(), frames.times_s, frames.indices)
    assert worst(judged(mirrored)) == worst(judged(frames))


def test_teleport(disc: Disc, judged: Judged) -> None:
    result = judged(disc(lambda k: path(k) if k < 12 else (path(k)[0], path(k)[1] + 70)))
    assert worst(result) == ("violation", "teleport")
    assert result.verdicts[0].evidence[0].unit == "frame widths"


def test_colour_change(disc: Disc, judged: Judged) -> None:
    result = judged(disc(path, colour=lambda k: RED if k < 14 else BLUE))
    assert worst(result) == ("violation", "colour_change")
    assert result.verdicts[0].evidence[0].start_s == pytest.approx(14 / 24)


def test_freeze(disc: Disc, judged: Judged) -> None:
    result = judged(disc(lambda k: path(k if k < 10 else max(10, k - 10)), n_frames=36))
    assert worst(result) == ("violation", "freeze")
    assert result.verdicts[0].evidence[0].magnitude == pytest.approx(10 / 24, abs=0.1)


@pytest.mark.parametrize("gain", [0.8, 1.5])
def test_energy_gain_at_a_bounce(gain: float, disc: Disc, judged: Judged) -> None:
    gravity, hit = 0.45, 20.3

    def fall(k: int) -> tuple[float, float]:
        speed = gravity * hit
        if k <= hit:
            return 120.0, 150 - gravity * hit**2 / 2 + gravity * k**2 / 2
        since = k - hit
        return 120.0, 150 - gain * speed * since + gravity * since**2 / 2

    result = judged(disc(fall, n_frames=36))
    assert result.answer == ("violation" if gain > 1 else "none_found")
    if gain > 1:
        assert result.verdicts[0].question_id == "super_elastic"
        assert result.verdicts[0].evidence[0].magnitude == pytest.approx(gain, rel=0.1)
        assert result.verdicts[0].evidence[0].tracks is not None


def test_a_throw_that_turns_is_no_freeze(disc: Disc, judged: Judged) -> None:
    throw = disc(lambda k: (120.0, 60 + 0.12 * (k - 24) ** 2), n_frames=48)
    assert judged(throw, config={"net": False}).answer == "none_found"
    # To the net it nearly stands at the top, which is too weak to call.
    assert judged(throw).answer != "violation"


def test_leaving_the_frame_is_lawful(disc: Disc, judged: Judged) -> None:
    assert judged(disc(lambda k: (120 + 7.0 * k, 80.0))).answer == "none_found"


def test_a_light_that_is_switched_is_lawful(disc: Disc, judged: Judged) -> None:
    assert judged(disc(path, light=lambda k: 45.0 if k >= 15 else 0.0)).answer == "none_found"


def test_a_flash_is_lawful(disc: Disc, judged: Judged) -> None:
    assert judged(disc(path, light=lambda k: 80.0 if k == 15 else 0.0)).answer == "none_found"


def test_nothing_straddles_a_cut(disc: Disc, judged: Judged) -> None:
    first, second = (
        disc(path, n_frames=24),
        make_clip("bounce", 2, fps=24, width_px=240, height_px=180, noise=0).frames,
    )
    rgb = np.concatenate([first.rgb, second.rgb[:24]])
    joined = Frames(rgb, np.arange(48) / 24, np.arange(48, dtype=np.int64))
    for verdict in judged(joined).verdicts:
        assert all(abs(item.start_s - 1.0) > 0.05 for item in verdict.evidence)


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ("short", r"too short: 5 frames .*; 8 and 0.5 s are needed"),
        ("still", r"nothing to judge: something moves in 0% of the steps"),
        ("dark", r"too dark: the mean level is \d+ of 255"),
        ("dark, then still", r"too dark: the mean level is \d+ of 255"),
        ("flicker", r"flicker: most of the picture changes at once in \d+% of the steps"),
        ("noise", r"registration: the camera's motion could be estimated in|flicker: "),
    ],
)
def test_abstains_with_a_reason(frames: str, reason: str, disc: Disc, judged: Judged) -> None:
    rng = np.random.default_rng(3)
    made = {
        "short": lambda: disc(path, n_frames=5),
        "still": lambda: disc(lambda k: (100.0, 80.0), n_frames=40),
        "dark": lambda: disc(path, light=lambda k: -140.0),
        "dark, then still": lambda: disc(lambda k: path(min(k, 15)), n_frames=240, light=lambda k: -115.0),
        "flicker": lambda: disc(path, light=lambda k: 0.0),
        "noise": lambda: disc(path),
    }[frames]()
    if frames == "flicker":
        rgb = made.rgb.copy()
        rgb[::3] = 255 - rgb[::3]
        made = Frames(rgb, made.times_s, made.indices)
    if frames == "noise":
        made = Frames(rng.integers(0, 255, made.rgb.shape, dtype=np.uint8), made.times_s, made.indices)
    result = judged(made)
    assert result.answer == "not_sure"
    assert all(isinstance(verdict, Unscored) and verdict.reason == "abstained" for verdict in result.verdicts)
    assert re.search(reason, result.reason)


def test_fluid_like_motion_is_out_of_scope(judged: Judged) -> None:
    import cv2

    rng = np.random.default_rng(5)
    waves = rng.normal(size=(6, 4))
    y, x = np.mgrid[:180, :240]
    base = cv2.resize(
        rng.integers(0, 255, (45, 60, 3), dtype=np.uint8), (240, 180), interpolation=cv2.INTER_CUBIC
    )
    pictures = []
    for k in range(40):
        dx = sum(6 * np.sin(x / 17 * a + y / 13 * b + k * 0.5 * c + 9 * d) for a, b, c, d in waves)
        dy = sum(6 * np.cos(x / 15 * b + y / 19 * a + k * 0.5 * d + 7 * c) for a, b, c, d in waves)
        inside = (y > 60).astype(np.float32)
        pictures.append(
            cv2.remap(
                base,
                (x + dx * inside).astype(np.float32),
                (y + dy * inside).astype(np.float32),
                cv2.INTER_LINEAR,
            )
        )
    frames = Frames(np.stack(pictures), np.arange(40) / 24, np.arange(40, dtype=np.int64))
    result = judged(frames)
    assert result.answer == "not_sure"
    assert result.reason.startswith(("out of scope", "fragmented tracks", "registration", "flicker"))
