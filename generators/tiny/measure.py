"""What rollouts of the embedded generator show, read from their pixels: things kept, gravity, bounces, prompts obeyed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float64, UInt8

from lawful.generators.causal.generator import CausalGenerator
from lawful.generators.records import GenerationRequest, always
from lawful.generators.tiny.batches import Crop, paint_crops, prompt_of
from lawful.generators.tiny.generator import whole_videos
from lawful.generators.tiny.picture import as_uint8
from lawful.generators.tiny.prompt import COLOURS, FAMILIES, SIDES, Prompt
from lawful.generators.tiny.reader import Reading, Thing, read_frames
from lawful.generators.tiny.scenes import FLOOR_PX, FPS, PX_PER_M, SIDE_PX, States, simulate_states
from lawful.video.frames import Frames

GIVEN = 4
"""Frames that a continuation goes on from."""
LONG = 48
"""Frames of a continuation."""
SHORT = 8
"""Frames of a clip from text alone."""
HELD_OUT = 1_000_003
"""Seed of the clips that are measured on; training has another one."""
GRAVITY_PX = 9.81 * PX_PER_M / FPS**2
GRAVITY_SLACK = 0.15
BOUNCE_SLACK_PX = 2.0
STRAIGHT_PX = 0.5
"""What moves less than this across in a frame, by the reader, goes straight."""
_ALIKE = (0.75, 1.3)
_FREE_PX = 4.0
_BEND_PX = 1.0

Videos = UInt8[np.ndarray, "videos frames 64 64 3"]


@dataclass(frozen=True, eq=False)
class TestClips:
    """Clips that no training saw, with their pictures."""

    states: States
    """Their states."""
    crops: tuple[Crop, ...]
    """Their colours and prompts."""
    videos: Videos
    """Their true pictures."""

    __test__ = False


def held_out_clips(count: int, seed: int = HELD_OUT) -> TestClips:
    """Clips to measure on, of 48 frames."""
    states = simulate_states(seed, range(count), LONG)
    rng = np.random.default_rng(seed)
    crops = []
    for clip in range(count):
        first, second = (int(index) for index in rng.permutation(len(COLOURS))[:2])
        prompt = prompt_of(states, clip, (first, second))
        crops.append(Crop(clip, 0, False, (first, second), prompt))
    with torch.no_grad():
        videos = as_uint8(paint_crops(states, crops, LONG)[0])
    return TestClips(states, tuple(crops), videos)


def continued(generator: CausalGenerator, clips: TestClips, batch: int = 25) -> Videos:
    """What the generator makes of the first frames of each clip and its prompt."""
    times = np.arange(GIVEN) / FPS
    requests = [
        GenerationRequest(
            always(crop.prompt.text),
            LONG,
            seed=crop.clip,
            prefix=Frames(video[:GIVEN], times, np.arange(GIVEN)),
        )
        for crop, video in zip(clips.crops, clips.videos, strict=True)
    ]
    return _in_batches(generator, requests, batch)


def told(generator: CausalGenerator, clips: TestClips, batch: int = 25) -> Videos:
    """What the generator makes of the prompts of the clips alone."""
    requests = [GenerationRequest(always(crop.prompt.text), SHORT, seed=crop.clip) for crop in clips.crops]
    return _in_batches(generator, requests, batch)


def _in_batches(generator: CausalGenerator, requests: list[GenerationRequest], batch: int) -> Videos:
    parts = [requests[start : start + batch] for start in range(0, len(requests), batch)]
    return np.concatenate([whole_videos(generator, part) for part in parts])


@dataclass(frozen=True, eq=False)
class Kept:
    """What became of the things of continuations; rows are videos."""

    there: Bool[np.ndarray, "videos frames"]
    """True where exactly the things of the clip are there, each once, in its colour and of its size."""
    intact: Bool[np.ndarray, "videos frames"]
    """True where they are there and each is a disc."""
    error_px: Float64[np.ndarray, "videos frames"]
    """Distance of the first thing from where it truly is; infinite where it is not there in its colour and size."""
    gravity: Float64[np.ndarray, " videos"]
    """Gain of speed in free flight, median of the video, times the true one; NaN where there is too little flight."""
    bounces_right: Float64[np.ndarray, " videos"]
    """1 where nothing rises above where it was before it touched the floor, else 0; NaN where nothing bounces."""
    unreadable: Bool[np.ndarray, "videos frames"]
    """True where the picture is of no known kind."""


def kept_things(clips: TestClips, videos: Videos) -> Kept:
    """Measure continuations of clips."""
    rows = [_kept(clips, crop, read_frames(video)) for crop, video in zip(clips.crops, videos, strict=True)]
    there, intact, error, gravity, bounces, unreadable = zip(*rows, strict=True)
    return Kept(
        np.array(there),
        np.array(intact),
        np.array(error),
        np.array(gravity),
        np.array(bounces),
        np.array(unreadable),
    )


def _kept(
    clips: TestClips, crop: Crop, readings: Sequence[Reading]
) -> tuple[list[bool], list[bool], list[float], float, float, list[bool]]:
    states, clip = clips.states, crop.clip
    bodies = range(int(states.count[clip]))
    tracks = [[_itself(r, states, crop, body) for r in readings] for body in bodies]
    there = [
        len(reading.things) == len(bodies) and all(track[frame] is not None for track in tracks)
        for frame, reading in enumerate(readings)
    ]
    discs_only = [all(thing is not None and thing.round for thing in at) for at in zip(*tracks, strict=True)]
    intact = [here and discs for here, discs in zip(there, discs_only, strict=True)]
    error = []
    for frame, thing in enumerate(tracks[0]):
        x, y = states.centre[clip, frame, 0]
        error.append(np.inf if thing is None else float(np.hypot(thing.x - x, thing.y - y)))
    heights = [[np.nan if thing is None else thing.y for thing in track] for track in tracks]
    places = [[np.nan if thing is None else thing.x for thing in track] for track in tracks]
    radii = [float(states.radius[clip, body]) for body in bodies]
    falls = FAMILIES[int(states.family[clip])] in {"fall", "throw"}
    gravity = _gravity(np.array(places), np.array(heights), radii) if falls else np.nan
    bounces = _bounces(np.array(heights), radii) if falls else np.nan
    return there, intact, error, gravity, bounces, [not reading.readable for reading in readings]


def _itself(reading: Reading, states: States, crop: Crop, body: int) -> Thing | None:
    found = reading.of(COLOURS[crop.colour[body]])
    alike = len(found) == 1 and _ALIKE[0] < found[0].radius / states.radius[crop.clip, body] < _ALIKE[1]
    return found[0] if alike else None


def _gravity(
    x: Float64[np.ndarray, "bodies frames"], y: Float64[np.ndarray, "bodies frames"], radii: list[float]
) -> float:
    """Median gain of speed over what is generated, where nothing is near that could push."""
    gains = []
    for body, radius in enumerate(radii):
        bend_x, bend_y = np.diff(x[body], 2), np.diff(y[body], 2)
        low = np.maximum.reduce([y[body, :-2], y[body, 1:-1], y[body, 2:]])
        free = (low + radius < SIDE_PX - FLOOR_PX - _FREE_PX) & (np.abs(bend_x) < _BEND_PX)
        free &= np.arange(len(free)) >= GIVEN - 1
        gains += bend_y[free & np.isfinite(bend_y)].tolist()
    return float(np.median(gains)) / GRAVITY_PX if len(gains) >= 3 else float("nan")


def _bounces(y: Float64[np.ndarray, "bodies frames"], radii: list[float]) -> float:
    """Whether everything that has touched the floor stays below where it was before."""
    told = []
    for body, radius in enumerate(radii):
        touched = np.flatnonzero(y[body] + radius > SIDE_PX - FLOOR_PX - _FREE_PX)
        touched = touched[touched > 0]
        if len(touched) and touched[0] < y.shape[1] - 3 and np.isfinite(y[body, touched[0] + 1 :]).any():
            highest_before = np.nanmin(y[body, : touched[0]])
            told.append(np.nanmin(y[body, touched[0] + 1 :]) >= highest_before - BOUNCE_SLACK_PX)
    return float(all(told)) if told else float("nan")


SAID = ("family", "count", "colour", "side", "way")
"""What of a prompt is looked at."""


def obeyed(prompts: Sequence[Prompt], videos: Videos) -> Bool[np.ndarray, "videos said"]:
    """Which parts of its full prompt each video shows in its first frames, in the order of `SAID`."""
    return np.array([_obeys(p, read_frames(video[:5])) for p, video in zip(prompts, videos, strict=True)])


def _obeys(prompt: Prompt, readings: Sequence[Reading]) -> list[bool]:
    start = readings[0]
    seen = [reading.of(str(prompt.colour)) for reading in readings]
    first = [found[0] for found in seen if len(found) == 1]
    colours = {prompt.colour} | ({prompt.other_colour} if prompt.count == 2 else set())
    right_colours = {thing.colour for thing in start.things} == colours
    whole = len(first) == len(readings)
    family = start.ground == ("table" if prompt.family == "slide" else "side")
    family = family and start.rod == (prompt.family == "swing")
    if family and prompt.family in {"fall", "throw"}:
        rises = whole and first[2].y < first[0].y - 1
        family = whole and rises == (prompt.family == "throw")
    third = SIDE_PX / len(SIDES)
    side = bool(first) and SIDES[int(np.clip(first[0].x // third, 0, 2))] == prompt.side
    way = False
    if whole:
        step = (first[2].x - first[0].x) / 2
        way = prompt.way == ("straight" if abs(step) < STRAIGHT_PX else "right" if step > 0 else "left")
    return [family, len(start.things) == prompt.count, right_colours, side, way]
