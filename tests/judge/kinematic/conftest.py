from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from lawful.checklists.suite import Question, Scale
from lawful.generators.worlds.make import make_clip
from lawful.judge.fold import judge_clip
from lawful.judge.kinematic.judge import KinematicJudge, make_kinematic
from lawful.judge.kinematic.settings import FAMILIES
from lawful.judge.records import ClipResult
from lawful.judge.summary import summarise
from lawful.video.frames import ClipMeta, Frames

SCALE = Scale("yes_no", {"yes": 1.0, "no": 0.0})
QUESTIONS = tuple(
    Question(family, f"free of {family}?", "physics", SCALE, None, (family,)) for family in FAMILIES
)

Judged = Callable[..., ClipResult]


@pytest.fixture
def questions() -> tuple[Question, ...]:
    return QUESTIONS


@pytest.fixture
def meta() -> Callable[[Frames], ClipMeta]:
    return lambda frames: ClipMeta("0" * 64, "clip", frames.rgb.shape[2], frames.rgb.shape[1], 24.0)


@pytest.fixture
def judged(meta: Callable[[Frames], ClipMeta]) -> Judged:
    """The clip result of some frames, pushed in chunks."""

    def judge(
        frames: Frames, chunk: int = 64, config: Mapping[str, Any] = {}, made: KinematicJudge | None = None
    ) -> ClipResult:
        kinematic = make_kinematic(config) if made is None else made
        chunks = [frames[at : at + chunk] for at in range(0, len(frames), chunk)]
        return summarise(judge_clip(kinematic, meta(frames), chunks, QUESTIONS, {}), kinematic.rule)

    return judge


@pytest.fixture(scope="session")
def lawful() -> Frames:
    return make_clip("bounce", 1).frames


@pytest.fixture(scope="session")
def broken() -> Frames:
    """Something vanishes in it."""
    return make_clip("billiards", 1, violation="vanish").frames


@pytest.fixture
def disc() -> Callable[..., Frames]:
    """A textured disc on a textured ground; `centre(k)` gives its place in frame k, None where it is not there."""

    def draw(
        centre: Callable[[int], tuple[float, float] | None],
        n_frames: int = 30,
        fps: float = 24.0,
        colour: Callable[[int], tuple[int, int, int]] = lambda k: (210, 60, 40),
        radius: float = 14.0,
        light: Callable[[int], float] = lambda k: 0.0,
    ) -> Frames:
        import cv2

        rng = np.random.default_rng(7)
        ground = cv2.resize(
            rng.integers(90, 150, (15, 20, 3), dtype=np.uint8), (240, 180), interpolation=cv2.INTER_CUBIC
        )
        y, x = np.mgrid[:180, :240]
        pictures = []
        for k in range(n_frames):
            picture = ground.astype(np.float64)
            place = centre(k)
            if place is not None:
                dx, dy = x - place[0], y - place[1]
                inside = np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1)[:, :, None]
                dark = np.where(((dx // 7) + (dy // 7)) % 2 == 0, 1.0, 0.7)[:, :, None]
                picture = picture * (1 - inside) + inside * dark * np.array(colour(k))
            pictures.append(np.clip(picture + light(k), 0, 255).astype(np.uint8))
        return Frames(np.stack(pictures), np.arange(n_frames) / fps, np.arange(n_frames, dtype=np.int64))

    return draw
