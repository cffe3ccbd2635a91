"""The truth of a clip as two files: facts in JSON, arrays in npz. The same clip gives the same bytes."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from lawful.checklists.json_file import Problem, pointer, read_json, refuse, shown_text
from lawful.core.digest import canonical_json
from lawful.core.errors import InputError
from lawful.core.files import write_atomic
from lawful.generators.worlds.array_files import Wanted, pack, unpack
from lawful.generators.worlds.camera import View
from lawful.generators.worlds.degrade import Degradation
from lawful.generators.worlds.draw import Renderer
from lawful.generators.worlds.masks import masks
from lawful.generators.worlds.motion import Contact
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Look
from lawful.generators.worlds.truth import true_tracks
from lawful.video.frames import Box, PointTracks

SCHEMA = "lawful.world-truth/1"
FACTS, ARRAYS = ".truth.json", ".truth.npz"
"""Endings of the two files."""

_TRACKS_PER_OBJECT = 16
_OF_OBJECTS: Mapping[str, tuple[tuple[str, ...], type]] = {
    "shape_index": ((), np.int64),
    "half_size_m": (("axes",), np.float64),
    "look_index": ((), np.int64),
    "present": ((), np.bool_),
    "touched": ((), np.bool_),
    "position_m": (("axes",), np.float64),
    "velocity_m_s": (("axes",), np.float64),
    "rotation": (("axes", "axes"), np.float64),
    "spin_rad_s": (("turns",), np.float64),
    "kinetic_j": ((), np.float64),
    "potential_j": ((), np.float64),
    "momentum_kg_m_s": (("axes",), np.float64),
    "centre": (("2",), np.float64),
    "box": (("4",), np.float64),
    "visible": ((), np.float64),
    "behind": ((), np.float64),
}
"""What is kept of every object in every frame: axes after objects and frames, and type."""
_OF_CONTACTS: Mapping[str, tuple[tuple[str, ...], type]] = {
    "time_s": ((), np.float64),
    "first": ((), np.int64),
    "second": ((), np.int64),
    "point_m": (("axes",), np.float64),
    "normal": (("axes",), np.float64),
    "approach_m_s": ((), np.float64),
    "separation_m_s": ((), np.float64),
    "impulse_n_s": ((), np.float64),
    "first_m_s": (("2", "axes"), np.float64),
    "second_m_s": (("2", "axes"), np.float64),
}
"""What is kept of every contact; the two that touch are places in the facts' `contact_names`."""


@dataclass(frozen=True, eq=False)
class ClipTruth:
    """All that is known of a clip but its frames: see `WorldClip`, whose fields have the same names."""

    scene: str
    """Name of the scene family."""
    seed: int
    """The seed it was made from."""
    violation: str | None
    """Id of the violation family; None for a lawful clip."""
    onset_s: float | None
    """Time of the first frame that can differ from the lawful twin."""
    onset_frame: int | None
    """Index of that frame."""
    subject: str | None
    """Name of the object that breaks the law."""
    box: Box | None
    """Where the violation is."""
    laws: tuple[str, ...]
    """Ids of the laws that may rightly be named."""
    caption: str
    """What is to be seen when nothing goes wrong."""
    fps: float
    """Frames a second."""
    width_px: int
    """Width of the frames."""
    height_px: int
    """Height of the frames."""
    noise: float
    """Standard deviation of the sensor noise in grey levels."""
    renderer: Renderer
    """What drew it."""
    degradations: tuple[Degradation, ...]
    """What was done to the frames afterwards."""
    times_s: Float64[np.ndarray, " frames"]
    """When each frame is shown."""
    objects: tuple[ObjectTruth, ...]
    """The moving objects."""
    contacts: tuple[Contact, ...]
    """First touches in order of time."""
    view: View
    """The camera."""
    tracks: PointTracks
    """True points on the objects: see `true_tracks`."""
    masks: UInt8[np.ndarray, "frames height width"]
    """0 where no object is seen at a pixel, n for the object of place n - 1: see `masks`."""
    world: Mapping[str, Any]
    """The scene that the simulation started from, as plain data; null stands for infinite."""


def write_truth(folder: Path, name: str, clip: WorldClip) -> list[Path]:
    """Write NAME.truth.npz and then NAME.truth.json; each appears whole.

    Returns:
        The two paths, the facts first.
    """
    facts, arrays = folder / f"{name}{FACTS}", folder / f"{name}{ARRAYS}"
    write_atomic(arrays, pack(_arrays(clip)))
    write_atomic(facts, canonical_json(_plain(_facts(clip))))
    return [facts, arrays]


def read_truth(path: Path) -> ClipTruth:
    """The truth of a clip from its NAME.truth.json and the NAME.truth.npz beside it, which may come from anywhere.

    Raises:
        InputError: A file cannot be read or is not usable as it is; the message says what is wrong where.
    """
    if not path.name.endswith(FACTS):
        raise InputError(f"{path}: the truth of a clip is asked for by its file NAME{FACTS}.")
    facts = read_json(path)
    refuse(path, _schema_problems(facts))
    refuse(path, _meaning_problems(facts))
    beside = path.with_name(path.name.removesuffix(FACTS) + ARRAYS)
    arrays = unpack(beside, _wanted(facts))
    refuse(beside, _array_problems(facts, arrays))
    return _truth(facts, arrays)


def _facts(clip: WorldClip) -> dict[str, Any]:
    height, width = clip.frames.rgb.shape[1:3]
    return {
        "schema": SCHEMA,
        "scene": clip.scene,
        "seed": clip.seed,
        "violation": clip.violation,
        "onset_s": clip.onset_s,
        "onset_frame": clip.onset_frame,
        "subject": clip.subject,
        "box": None if clip.box is None else [clip.box.x0, clip.box.y0, clip.box.x1, clip.box.y1],
        "laws": clip.laws,
        "caption": clip.caption,
        "fps": clip.fps,
        "n_frames": len(clip.frames),
        "width_px": width,
        "height_px": height,
        "noise": clip.noise,
        "renderer": clip.renderer,
        "degradations": clip.degradations,
        "dimensions": clip.world.dimensions,
        "aspect": clip.view.aspect,
        "tracks_per_object": _TRACKS_PER_OBJECT,
        "objects": [
            {
                "name": truth.name,
                "mass_kg": truth.mass_kg,
                "driven": truth.driven,
                "shapes": truth.shapes,
                "looks": truth.looks,
            }
            for truth in clip.objects
        ],
        "n_contacts": len(clip.contacts),
        "contact_names": _contact_names(clip),
        "world": clip.world,
    }


def _contact_names(clip: WorldClip) -> list[str]:
    return sorted({name for contact in clip.contacts for name in (contact.first, contact.second)})


def _plain(value: Any) -> Any:
    """Records, tuples and numbers as JSON has them; what is infinite is null."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and math.isinf(value) else value


def _arrays(clip: WorldClip) -> dict[str, np.ndarray]:
    tracks = true_tracks(clip, _TRACKS_PER_OBJECT)
    arrays = {
        f"object_{name}": np.stack([getattr(truth, name) for truth in clip.objects]) for name in _OF_OBJECTS
    }
    names = _contact_names(clip)
    for name, (_, kind) in _OF_CONTACTS.items():
        told = [getattr(contact, name) for contact in clip.contacts]
        told = [names.index(value) for value in told] if name in {"first", "second"} else told
        shape = _contact_shapes(len(told), clip.world.dimensions)[f"contact_{name}"][0]
        arrays[f"contact_{name}"] = np.array(told, kind).reshape(shape)
    return arrays | {
        "masks": masks(clip),
        "times_s": clip.frames.times_s,
        "view_position_m": clip.view.position_m,
        "view_axes": clip.view.axes,
        "view_scale": clip.view.scale,
        "track_ids": tracks.ids,
        "track_xy": tracks.xy,
        "track_visible": tracks.visible,
    }


def _wanted(facts: Mapping[str, Any]) -> Wanted:
    """Shape and type of every array that belongs to the facts."""
    axes = facts["dimensions"]
    frames, objects = int(facts["n_frames"]), len(facts["objects"])
    tracks = objects * int(facts["tracks_per_object"])
    wanted = {
        f"object_{name}": ((objects, frames, *_sizes(rest, axes)), kind)
        for name, (rest, kind) in _OF_OBJECTS.items()
    }
    wanted |= _contact_shapes(int(facts["n_contacts"]), axes)
    wanted |= {
        "masks": ((frames, int(facts["height_px"]), int(facts["width_px"])), np.uint8),
        "times_s": ((frames,), np.float64),
        "view_position_m": ((frames, axes), np.float64),
        "view_axes": ((frames, axes, axes), np.float64),
        "view_scale": ((frames,), np.float64),
        "track_ids": ((tracks,), np.int64),
        "track_xy": ((tracks, frames, 2), np.float32),
        "track_visible": ((tracks, frames), np.bool_),
    }
    return {name: (shape, np.dtype(kind)) for name, (shape, kind) in wanted.items()}


def _contact_shapes(count: int, axes: int) -> dict[str, tuple[tuple[int, ...], type]]:
    return {
        f"contact_{name}": ((count, *_sizes(rest, axes)), kind) for name, (rest, kind) in _OF_CONTACTS.items()
    }


def _sizes(names: tuple[str, ...], axes: int) -> tuple[int, ...]:
    known = {"axes": axes, "turns": 1 if axes == 2 else 3, "2": 2, "4": 4}
    return tuple(known[name] for name in names)


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    text = files("lawful.generators.worlds").joinpath("truth.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def _schema_problems(facts: Any) -> Iterator[Problem]:
    for error in _validator().iter_errors(facts):
        yield Problem(pointer(error.absolute_path), shown_text(error.message, quotes=False))


def _meaning_problems(facts: Mapping[str, Any]) -> Iterator[Problem]:
    names = [row["name"] for row in facts["objects"]]
    if len({*names}) < len(names):
        yield Problem("/objects", "two objects have one name")
    if facts["subject"] is not None and facts["subject"] not in names:
        yield Problem("/subject", f"is {shown_text(facts['subject'])}, which is none of the objects")
    if facts["onset_frame"] is not None and facts["onset_frame"] >= facts["n_frames"]:
        yield Problem("/onset_frame", f"is {facts['onset_frame']}; there are {facts['n_frames']} frames")
    told = [facts[key] is None for key in ("violation", "onset_s", "onset_frame")]
    if any(told) and not all(told):
        yield Problem("", "violation, onset_s and onset_frame are given together or not at all")
    box = facts["box"]
    if box is not None and not (box[0] <= box[2] and box[1] <= box[3]):
        yield Problem("/box", "needs x0 <= x1 and y0 <= y1")


def _array_problems(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Iterator[Problem]:
    if not (np.diff(arrays["times_s"], prepend=-1) > 0).all() or not np.isfinite(arrays["times_s"]).all():
        yield Problem("/times_s", "times must be 0 or more and increase")
    if arrays["masks"].max() > len(facts["objects"]):
        yield Problem("/masks", f"there are {len(facts['objects'])} objects, told are others")
    for number, row in enumerate(facts["objects"]):
        for name, known in (("shape_index", row["shapes"]), ("look_index", row["looks"])):
            index = arrays[f"object_{name}"][number]
            if index.min() < 0 or index.max() >= len(known):
                yield Problem(f"/object_{name}", f"object {number} has {len(known)} of them, told are others")
    for name in ("contact_first", "contact_second"):
        index, known = arrays[name], len(facts["contact_names"])
        if len(index) and (index.min() < 0 or index.max() >= known):
            yield Problem(f"/{name}", f"there are {known} contact_names, told are others")


def _truth(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> ClipTruth:
    view = View(arrays["view_position_m"], arrays["view_axes"], arrays["view_scale"], float(facts["aspect"]))
    tracks = PointTracks(arrays["track_ids"], arrays["times_s"], arrays["track_xy"], arrays["track_visible"])
    same = ("scene", "violation", "subject", "caption", "renderer", "world")
    return ClipTruth(
        **{name: facts[name] for name in same},
        seed=int(facts["seed"]),
        onset_s=None if facts["onset_s"] is None else float(facts["onset_s"]),
        onset_frame=None if facts["onset_frame"] is None else int(facts["onset_frame"]),
        box=None if facts["box"] is None else Box(*(float(edge) for edge in facts["box"])),
        laws=tuple(facts["laws"]),
        fps=float(facts["fps"]),
        width_px=int(facts["width_px"]),
        height_px=int(facts["height_px"]),
        noise=float(facts["noise"]),
        degradations=tuple(
            Degradation(row["name"], float(row["strength"]), int(row["seed"]))
            for row in facts["degradations"]
        ),
        times_s=arrays["times_s"],
        objects=tuple(_object(row, number, arrays) for number, row in enumerate(facts["objects"])),
        contacts=_contacts(facts, arrays),
        view=view,
        tracks=tracks,
        masks=arrays["masks"],
    )


def _object(row: Mapping[str, Any], number: int, arrays: Mapping[str, np.ndarray]) -> ObjectTruth:
    return ObjectTruth(
        name=row["name"],
        mass_kg=float(row["mass_kg"]),
        driven=row["driven"],
        shapes=tuple(row["shapes"]),
        looks=tuple(Look(look["colour"], look["pattern"], int(look["seed"])) for look in row["looks"]),
        **{name: arrays[f"object_{name}"][number] for name in _OF_OBJECTS},
    )


def _contacts(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> tuple[Contact, ...]:
    columns = {name: _tuples(arrays[f"contact_{name}"].tolist()) for name in _OF_CONTACTS}
    for name in ("first", "second"):
        columns[name] = tuple(facts["contact_names"][place] for place in columns[name])
    rows = zip(*columns.values(), strict=True)
    return tuple(Contact(**dict(zip(columns, row, strict=True))) for row in rows)


def _tuples(value: Any) -> Any:
    """Lists as tuples, however deep."""
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
