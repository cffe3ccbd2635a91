"""Generators for tests, and a judge that answers: a square that moves, by seed and prompt alone; some misbehave on prompts made for it."""

import time
from dataclasses import dataclass

import numpy as np

from lawful.core.errors import AbsentError
from lawful.core.registry import register
from lawful.generators.protocol import Capabilities, check_request
from lawful.generators.records import Chunk
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Verdict
from lawful.judge.summary import SummaryRule
from lawful.video.frames import Frames
from lawful.video.sampling import Sampling

CHUNK = 3
TWO_FRAMES = Sampling(count=2)
BY_BRIGHTNESS = SummaryRule("brightness/1", "min", 0.01, 0.02)


@dataclass(frozen=True)
class Painter:
    name: str
    config: dict
    capabilities: Capabilities
    device: str = "cpu"
    dtype: str = "uint8"

    def identity(self):
        return {"version": 1, **{name: value for name, value in self.config.items() if name != "slow_s"}}

    def memory_bytes(self, request):
        return 2**28 * request.n_frames

    def rollout(self, request):
        check_request(self.name, self.capabilities, request)
        prompt = request.prompt_at(0)
        if "absent" in prompt:
            raise AbsentError("the weights of painter are not here: fetch them")
        rgb = self.pixels(request)
        fps = request.fps or self.capabilities.fps
        clip = Frames(rgb, np.arange(len(rgb)) / fps, np.arange(len(rgb)))
        starts = list(range(0, len(rgb), CHUNK))
        if "backwards" in prompt:
            starts.reverse()
        if "short" in prompt:
            starts.pop()
        if "twice" in prompt:
            starts.append(0)
        if "draft" in prompt:
            dark = Frames(rgb // 2, clip.times_s, clip.indices)
            yield Chunk(0, dark[:CHUNK], final=False)
        if "empty" in prompt:
            yield Chunk(0, clip[:0])
        if request.first_frame is not None:
            yield Chunk(0, clip[:1], given=True)
            starts[0] = 1
        for number, start in enumerate(starts, start=1):
            if "fails" in prompt and start:
                raise ZeroDivisionError("no good\nat all")
            time.sleep(self.config.get("slow_s", 0.0))
            end = start - start % CHUNK + CHUNK
            yield Chunk(number, clip[start:end], model_s=0.25, decode_s=0.125)

    def pixels(self, request):
        prompt = request.prompt_at(0)
        height = request.height_px or self.capabilities.height_px
        width = request.width_px or self.capabilities.width_px
        if "narrow" in prompt:
            width -= 2
        rng = np.random.default_rng([request.seed, len(prompt), len(self.name)])
        rgb = np.full((request.n_frames, height, width, 3), rng.integers(0, 80), np.uint8)
        x, y, step = rng.integers(0, 20), rng.integers(0, 10), rng.integers(1, 4)
        for frame in range(len(rgb)):
            rgb[frame, y : y + 8, (x + step * frame) % (width - 8) :][:, :8] = rng.integers(120, 250, 3)
        if request.first_frame is not None:
            rgb[0] = request.first_frame
        return rgb


def made(name, config, **changes):
    unknown = set(config) - {"slow_s", "tint", "device", "dtype"}
    if unknown:
        raise ValueError(f"unknown setting {sorted(unknown)[0]!r}")
    controls = frozenset({"text", "first_frame", "size", "fps"})
    can = {
        "controls": controls,
        "width_px": 48,
        "height_px": 32,
        "fps": 8.0,
        "trained_frames": 7,
        "licence": "CC0-1.0",
    }
    placed = {key: config[key] for key in ("device", "dtype") if key in config}
    return Painter(name, dict(config), Capabilities(**can | changes), **placed)


@register("generator", "painter", summary="for tests")
def painter(argument, config):
    return made("painter", config)


@register("generator", "mute", summary="for tests: takes text alone, at most 8 frames")
def mute(argument, config):
    return made("mute", config, controls=frozenset({"text"}), max_frames=8, trained_frames=None, fps=4.0)


@register("generator", "blind", summary="for tests: does not even take text")
def blind(argument, config):
    return made("blind", config, controls=frozenset())


@register("generator", "echo:", summary="for tests: takes an argument")
def echo(argument, config):
    return made(f"echo:{argument}", config)


@register("generator", "unsound", summary="for tests")
def unsound(argument, config):
    return "no generator"


@register("generator", "misnamed", summary="for tests")
def misnamed(argument, config):
    return made("other", config)


@register("generator", "absent", summary="for tests")
def absent(argument, config):
    raise AbsentError("its weights are not here: fetch them")


@register("generator", "broken", summary="for tests")
def broken(argument, config):
    raise RuntimeError("out of order")


@dataclass(frozen=True)
class Brightness:
    """Finds bright videos plausible; a state is what was seen last."""

    name: str = "brightness"
    runs_on: str = "cpu"
    given: frozenset = frozenset()
    sampling: Sampling = TWO_FRAMES
    rule: SummaryRule = BY_BRIGHTNESS

    def identity(self):
        return {"version": 1}

    def answers(self, question):
        return True

    def open(self, meta, questions, given, repeat=0):
        return meta, tuple(questions), 0.0

    def push(self, state, frames):
        return (*state[:2], float(frames.rgb.mean()) / 255)

    def events(self, state):
        return []

    def close(self, state):
        meta, questions, bright = state
        return [self.verdict(meta, question, bright) for question in questions]

    def verdict(self, meta, question, bright):
        best, worst = question.scale.best, question.scale.worst
        shares = {best: bright, worst: 1 - bright}
        label = best if bright > 0.5 else worst
        return Verdict(meta.video_sha256, question.id, label, shares, bright, fingerprint(self))


@register("judge", "brightness", summary="for tests")
def brightness(argument, config):
    return Brightness(**config)
