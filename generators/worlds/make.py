"""Make a clip from a seed."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from lawful.checklists.laws import families
from lawful.core.errors import InputError
from lawful.generators.worlds.breaking.moments import Lawful, Plan
from lawful.generators.worlds.breaking.violations import VIOLATIONS, break_law
from lawful.generators.worlds.degrade import Degradation, choose, degrade
from lawful.generators.worlds.draw import Renderer, draw, own_renderer
from lawful.generators.worlds.families import FAMILIES, POSSIBLE, SCENES
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Scene
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.truth import object_truths, true_tracks
from lawful.generators.worlds.variety import PLAIN, Variety, varied
from lawful.video.frames import Box, Frames

__all__ = [
    "SCENES",
    "VIOLATIONS",
    "Course",
    "Format",
    "drawn",
    "make_clip",
    "make_formatted",
    "simulate_clip",
    "true_tracks",
]

_FPS = (8, 10, 12, 15, 16, 20, 24, 25, 30)
_ASPECTS = (1.0, 4 / 3, 16 / 9, 3 / 4)
_LIMITS = {
    "duration_s": (0.1, 600.0),
    "fps": (1.0, 240.0),
    "width_px": (16, 4096),
    "height_px": (16, 4096),
    "noise": (0.0, 64.0),
}


@dataclass(frozen=True)
class Format:
    """Length, rate, size and noise that are asked for; what is None is chosen by the seed."""

    duration_s: float | int | None = None
    """Length in seconds, 0.1-600."""
    fps: float | int | None = None
    """Frames a second, 1-240."""
    width_px: int | None = None
    """Width, 16-4096."""
    height_px: int | None = None
    """Height, 16-4096."""
    noise: float | int | None = None
    """Standard deviation of the sensor noise in grey levels, 0-64."""


AS_THE_SEED_HAS_IT = Format()
"""Nothing is asked for."""


def make_clip(
    scene: str,
    seed: int,
    *,
    violation: str | None = None,
    duration_s: float | int | None = None,
    fps: float | int | None = None,
    width_px: int | None = None,
    height_px: int | None = None,
    noise: float | int | None = None,
    variety: Variety = PLAIN,
) -> WorldClip:
    """Simulate and draw one clip.

    The same arguments give the same truth and, on one machine, bit-equal frames. The lawful twin of a clip is
    made by the same arguments without `violation`; their frames before the onset are identical.

    Args:
        scene: A name of `SCENES`.
        seed: Chooses everything that is not given, from 0.
        violation: A name of `VIOLATIONS` that the scene can show; None for a lawful clip.
        duration_s: Length in seconds, 0.1-600; None: by the seed, 2-3.5.
        fps: Frames a second, 1-240; None: by the seed, 8-30.
        width_px: Width, 16-4096; None: by the seed, 64-480.
        height_px: Height, 16-4096; None: by the seed, 64-480.
        noise: Standard deviation of the sensor noise in grey levels, 0-64; None: by the seed, 0-3.
        variety: From what the seed chooses camera, light and looks.

    Returns:
        The clip with its truth.

    Raises:
        InputError: No such scene or violation, a number out of range, a violation that the scene cannot show,
            or (`UnseenError`) a clip without a moment that would show it.
    """
    asked = Format(duration_s, fps, width_px, height_px, noise)
    return make_formatted(scene, seed, violation, asked, variety)


def make_formatted(
    scene: str, seed: int, violation: str | None, asked: Format, variety: Variety = PLAIN
) -> WorldClip:
    """The same as `make_clip`, with the format as one record."""
    course = simulate_clip(scene, seed, violation, asked, variety)
    rate, plan = course.simulated.fps, course.plan
    return WorldClip(
        frames=drawn(course, scene, seed),
        fps=rate,
        scene=scene,
        seed=seed,
        violation=violation,
        onset_s=None if plan is None else plan.onset_frame / rate,
        onset_frame=None if plan is None else plan.onset_frame,
        box=None if plan is None else _place(violation, plan, course.lawful_objects, course.objects),
        subject=None if plan is None else plan.subject,
        laws=() if violation is None else families()[violation].laws,
        caption=course.world.caption,
        objects=course.objects,
        simulated=course.simulated,
        noise=course.noise,
        world=course.world,
        renderer=course.renderer,
        degradations=course.degradations,
    )


@dataclass(frozen=True, eq=False)
class Course:
    """What happens in a clip, before it is drawn."""

    world: Scene
    """What the simulation started from."""
    simulated: Simulated
    """The motions and contacts."""
    objects: tuple[ObjectTruth, ...]
    """The truth of every object."""
    lawful_objects: tuple[ObjectTruth, ...]
    """That of the lawful twin; the same for a lawful clip."""
    plan: Plan | None
    """How a law is broken; None for a lawful clip."""
    width_px: int
    """Width that it is to be drawn with."""
    height_px: int
    """Height that it is to be drawn with."""
    noise: float
    """Standard deviation of the sensor noise that it is to have, grey levels."""
    renderer: Renderer
    """What is to draw it."""
    degradations: tuple[Degradation, ...]
    """What is to be done to its frames."""


def simulate_clip(
    scene: str, seed: int, violation: str | None, asked: Format, variety: Variety = PLAIN
) -> Course:
    """All of `make_formatted` but the pictures."""
    check_names(scene, seed, violation)
    settings = _format(seed, scene, asked)
    rate, width, height = float(settings["fps"]), int(settings["width_px"]), int(settings["height_px"])
    seconds = float(settings["duration_s"])
    n_frames = max(1, round(seconds * rate))
    start = FAMILIES[scene].build(_rng(seed, scene, "scene"), width / height, seconds)
    choices = _rng(seed, scene, "variety")
    start = varied(start, variety, choices, seconds)
    renderer = variety.renderers[choices.integers(len(variety.renderers))]
    simulated = simulate(start, rate, n_frames)
    truths = lawful_truths = object_truths(start, simulated)
    plan = None
    if violation is not None:
        lawful = Lawful(start, simulated, truths, height / start.view_height_m)
        plan, simulated = break_law(violation, lawful, _rng(seed, scene, violation))
        truths = object_truths(start, simulated)
    return Course(
        world=start,
        simulated=simulated,
        objects=truths,
        lawful_objects=lawful_truths,
        plan=plan,
        width_px=width,
        height_px=height,
        noise=float(settings["noise"]),
        renderer=own_renderer(start) if renderer == "own" else renderer,
        degradations=choose(variety.degradations, choices),
    )


def drawn(course: Course, scene: str, seed: int) -> Frames:
    """The pictures of what happens in a clip of a scene family and a seed, degraded as it is to be."""
    looks, noises = _rng(seed, scene, "look"), _rng(seed, scene, "noise")
    size = (course.width_px, course.height_px)
    rgb = draw(course.world, course.simulated, *size, course.noise, looks, noises, course.renderer)
    n_frames = len(course.simulated)
    frames = Frames(rgb, np.arange(n_frames) / course.simulated.fps, np.arange(n_frames, dtype=np.int64))
    return degrade(frames, course.degradations)


def _rng(seed: int, scene: str, stream: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(f"{scene}/{stream}".encode())])


def _format(seed: int, scene: str, asked: Format) -> dict[str, float | int]:
    rng = _rng(seed, scene, "format")
    aspect = _ASPECTS[rng.integers(len(_ASPECTS))]
    short = int(rng.integers(32, int(240 / max(aspect, 1 / aspect)) + 1)) * 2
    long = min(480, round(short * max(aspect, 1 / aspect) / 2) * 2)
    chosen: dict[str, float | int] = {
        "duration_s": rng.uniform(2.0, 3.5),
        "fps": _FPS[rng.integers(len(_FPS))],
        "width_px": long if aspect >= 1 else short,
        "height_px": short if aspect >= 1 else long,
        "noise": rng.uniform(0.0, 3.0) if rng.random() < 0.6 else 0.0,
    }
    for name, value in asdict(asked).items():
        if value is None:
            continue
        low, high = _LIMITS[name]
        if not (math.isfinite(value) and low <= value <= high):
            raise InputError(f"{name} was asked to be {value}; it may be {low:g} to {high:g}.")
        chosen[name] = value
    return chosen


def _place(
    violation: str | None, plan: Plan, lawful: Sequence[ObjectTruth], broken: Sequence[ObjectTruth]
) -> Box | None:
    if plan.subject is None:
        return None
    # What is gone is missed where it would be.
    shown = lawful if violation in ("vanish", "lost_behind") else broken
    truth = next(truth for truth in shown if truth.name == plan.subject)
    before, at = truth.box[plan.onset_frame - 1], truth.box[plan.onset_frame]
    if violation == "vanish" or np.isnan(at).any():
        row = before
    elif violation == "teleport":
        row = np.concatenate([np.minimum(before, at)[:2], np.maximum(before, at)[2:]])
    else:
        row = at
    return Box(*(float(edge) for edge in row))


def check_names(scene: str, seed: int, violation: str | None) -> None:
    """Refuse a scene or violation that is not known, or one that cannot happen in the other.

    Raises:
        InputError: As said, or a negative seed; the message names what there is.
    """
    if scene not in FAMILIES:
        raise unknown("scene", scene, SCENES)
    if seed < 0:
        raise InputError(f"seed was asked to be {seed}; it must be 0 or more.")
    if violation is None:
        return
    if violation not in VIOLATIONS:
        raise unknown("violation", violation, VIOLATIONS)
    if violation not in POSSIBLE[scene]:
        raise impossible(violation, scene)


def unknown(kind: str, name: str, known: Sequence[str]) -> InputError:
    """The error that something is not known by a name."""
    return InputError(f"no {kind} is called {name!r}. Known: {', '.join(known)}.")


def impossible(violation: str, scene: str) -> InputError:
    """The error that a violation cannot happen in a scene, or in any of several."""
    able = ", ".join(name for name, families in POSSIBLE.items() if violation in families)
    here = ", ".join(POSSIBLE.get(scene, ()))
    shown = f" {scene} can show: {here}." if here else ""
    return InputError(f"{violation} cannot happen in {scene}. It can in: {able}.{shown}")
