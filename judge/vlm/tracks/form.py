"""What trajectory attention is for and of which form, as it is written beside its weights; no torch is needed."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lawful.checklists.json_file import Problem, read_json, refuse, shown_text
from lawful.core.digest import digest, file_sha256
from lawful.core.errors import AbsentError

VERSION = 1
"""Goes up whenever the same weights may do something else."""

SCHEMA = "lawful.trajectory-attention/1"
CONFIG, WEIGHTS = "trajectory_attention.json", "trajectory_attention.safetensors"
"""Names of the two files."""

_MOST_WIDTH = 65_536
_MOST_PLACES = 64


FAMILIES: Mapping[str, str] = {
    "qwen2_5_vl": "Qwen2_5_VLModel",
    "qwen3_vl": "Qwen3VLModel",
    "llava_onevision": "LlavaOnevisionModel",
    "llava_next_video": "LlavaNextVideoModel",
}
"""The families that can be attached to, as in the `model_type` of a model's config, and the class of the part
that takes pixels."""


@dataclass(frozen=True)
class AttentionSettings:
    """The form of the attention."""

    heads: int = 8
    """Heads of both parts."""
    head_width: int = 64
    """Width of a head."""
    spatial: bool = True
    """Whether tokens look at the other tokens of their own step."""
    causal: bool = False
    """Whether tokens look along tracks at their own and earlier steps only."""
    relative: bool = True
    """Whether time and distance along the track enter the attention's logits."""

    def __post_init__(self) -> None:
        if self.heads < 1 or self.head_width < 1:
            raise ValueError(
                f"heads and their width must be 1 or more, got {self.heads} and {self.head_width}"
            )


@dataclass(frozen=True)
class TrajectoryConfig:
    """What a set of weights is for."""

    family: str
    """Family of models, as in `FAMILIES`."""
    width: int
    """Width of the vision tokens."""
    places: tuple[str, ...]
    """The places of the model at which it acts."""
    settings: AttentionSettings
    """Form of the attention."""


def read_config(folder: Path) -> TrajectoryConfig:
    """What the weights in a folder are for.

    Raises:
        AbsentError: The file is not there.
        InputError: The file is not usable as it is.
    """
    path = present(folder, CONFIG)
    told = read_json(path)
    refuse(path, _config_problems(told))
    settings = AttentionSettings(**told["settings"])
    return TrajectoryConfig(told["family"], told["width"], tuple(told["places"]), settings)


def trajectory_digest(folder: Path) -> str:
    """The digest of both files and of what the code makes of them, for a judge's identity.

    Raises:
        AbsentError: A file is not there.
    """
    return digest(
        {"version": VERSION} | {name: file_sha256(present(folder, name)) for name in (CONFIG, WEIGHTS)}
    )


def present(folder: Path, name: str) -> Path:
    """The path of one of the files.

    Raises:
        AbsentError: It is not there.
    """
    path = folder / name
    if not path.is_file():
        raise AbsentError(
            f"{path}: no such file. Name the folder that holds {CONFIG} and {WEIGHTS}, as save_trajectory "
            "writes them."
        )
    return path


def _config_problems(told: Any) -> Iterator[Problem]:
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        found = shown_text(told.get("schema")) if isinstance(told, dict) else "no object"
        yield Problem("/schema", f"is {found}. Allowed: {SCHEMA!r}.")
        return
    wanted = {"schema", "family", "width", "places", "settings"}
    yield from _key_problems("", told, wanted)
    if told.keys() != wanted:
        return
    if told["family"] not in FAMILIES:
        yield Problem("/family", f"is {shown_text(told['family'])}. Allowed: {', '.join(FAMILIES)}.")
    yield from _count_problems("/width", told["width"])
    places = told["places"]
    if not _are_names(places):
        yield Problem("/places", f"needs 1 to {_MOST_PLACES} different names")
    settings = told["settings"]
    kinds = {name: type(value) for name, value in asdict(AttentionSettings()).items()}
    if not isinstance(settings, dict):
        yield Problem("/settings", "must be an object")
        return
    yield from _key_problems("/settings", settings, set(kinds))
    for name in kinds.keys() & settings.keys():
        if kinds[name] is int:
            yield from _count_problems(f"/settings/{name}", settings[name])
        elif type(settings[name]) is not kinds[name]:
            yield Problem(f"/settings/{name}", f"is {shown_text(settings[name])}. Allowed: true, false.")


def _key_problems(place: str, told: Mapping[str, Any], wanted: set[str]) -> Iterator[Problem]:
    for name in sorted(wanted - told.keys()):
        yield Problem(place, f"the key {name!r} is missing")
    for name in sorted(told.keys() - wanted):
        yield Problem(place, f"the key {shown_text(name)} is not known. Known: {', '.join(sorted(wanted))}.")


def _count_problems(place: str, value: Any) -> Iterator[Problem]:
    if type(value) is not int or not 1 <= value <= _MOST_WIDTH:
        yield Problem(place, f"is {shown_text(value)}. Allowed: whole numbers from 1 to {_MOST_WIDTH}.")


def _are_names(places: Any) -> bool:
    if not isinstance(places, list) or not 1 <= len(places) <= _MOST_PLACES:
        return False
    return all(isinstance(name, str) and name.isidentifier() for name in places) and len({*places}) == len(
        places
    )
