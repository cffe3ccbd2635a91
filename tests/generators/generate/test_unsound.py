"""Generators of other packages that misbehave: the error names them and costs as little as it can."""

import re

import numpy as np
import pytest

from lawful.core.errors import InputError, LawfulError
from lawful.generators.generate.asked import GenerateRequest
from lawful.generators.generate.produce import forecast, generate
from lawful.generators.records import Chunk
from lawful.video.frames import Frames

pytestmark = pytest.mark.usefixtures("painter_site")


@pytest.fixture
def ask(tmp_path, prompts_suite):
    """Makes a request for two cases, one seed."""
    suite = prompts_suite("a square moves", "another prompt")

    def make(**changes):
        values = {"suite": suite, "generators": ("painter",), "out": tmp_path / "videos", "seeds": (0,)}
        return GenerateRequest(**values | changes)

    return make


def clip(n, fps=8.0):
    return Frames(np.zeros((n, 32, 48, 3), np.uint8), np.arange(n) / fps, np.arange(n))


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        (lambda: [clip(7)], "unsound: its rollout gave a Frames and no Chunk of Frames"),
        (
            lambda: [Chunk(0, clip(7, fps=4.0))],
            "unsound: frame 1 is at 0.25 s and not at 0.125 s, at 8 frames a second",
        ),
    ],
)
def test_what_is_no_chunk_or_of_another_rate_costs_its_video_alone(
    ask, monkeypatch, tmp_path, chunks, message
):
    import painter

    sound = painter.Painter.rollout
    monkeypatch.setattr(
        painter.Painter,
        "rollout",
        lambda self, request: chunks() if "square" in request.prompt_at(0) else sound(self, request),
    )
    summary = generate(ask())
    assert summary.n_made == 1
    assert list(summary.failed) == ["painter/c0-0.mp4"]
    assert message in summary.failed["painter/c0-0.mp4"]
    assert [path.name for path in (tmp_path / "videos").rglob("*.mp4")] == ["c1-0.mp4"]


def test_a_little_off_the_beat_is_none_of_our_business(ask, monkeypatch):
    import painter

    monkeypatch.setattr(painter.Painter, "rollout", lambda self, request: [Chunk(0, clip(7, fps=8.1))])
    assert generate(ask()).n_made == 2


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            "memory_bytes",
            "failed when it was asked for the memory that a video takes: OverflowError: too much",
        ),
        ("prepare", "failed when it made its prompts ready: OverflowError: too much"),
    ],
)
def test_an_error_beside_the_rollout_names_the_generator(ask, monkeypatch, method, message):
    import painter

    def failing(self, asked):
        raise OverflowError("too much")

    monkeypatch.setattr(painter.Painter, method, failing, raising=False)
    with pytest.raises(LawfulError, match=re.escape(f"generator 'painter' {message}")):
        generate(ask())


def test_more_videos_than_a_folder_takes_are_refused_at_once(ask):
    with pytest.raises(InputError, match="1,200,000 videos are asked for and a folder takes 1,000,000: name"):
        forecast(
            ask(seeds=tuple(range(100_000)), generators=("painter", "mute", *(f"echo:{n}" for n in "abcd")))
        )


def test_a_seed_that_is_named_twice_is_one_video(ask):
    assert forecast(ask(seeds=(3, 1, 3))).files == tuple(
        f"painter/{case}-{seed}.mp4" for case in ("c0", "c1") for seed in (3, 1)
    )


def test_a_manifest_of_another_program_stays_as_it_is(ask, tmp_path):
    path = tmp_path / "videos" / "manifest.jsonl"
    path.parent.mkdir()
    for text, message in (
        ('{"audio": "a.wav"}', "its last line has no end and is no row of a manifest"),
        ('{"audio": "a.wav"}\n{"audio"', "unknown 'audio'"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            generate(ask())
        assert path.read_text() == text
