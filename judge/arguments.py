"""The arguments of a run: as given, in effect, in its `run.toml`, and in the name of its folder."""

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lawful.checklists.load import is_path
from lawful.core.digest import digest
from lawful.core.errors import InputError, LawfulError
from lawful.core.fields import Fields, as_number, as_text
from lawful.core.toml_file import read_settings
from lawful.judge.runfile import RunFile
from lawful.judge.schema import DATABASE
from lawful.video.collect import printable

RUNS = Path("runs")
"""Where run folders are made if none is named."""
_WITHOUT_EFFECT = ("workers", "limit")
"""Arguments in effect that may differ when a run goes on: they change how much is done, and not what."""


_ACCESS = "access"
"""The setting of judges that says how a server is reached, and so may differ too."""


@dataclass(frozen=True)
class RunRequest:
    """What a run is asked for."""

    paths: tuple[str, ...]
    """Videos, and folders of them."""
    suites: tuple[str, ...] = ("physics",)
    """Names of suites, or paths of their files."""
    judges: tuple[str, ...] = ("kinematic",)
    """Names of judges."""
    judge_config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Settings that differ from a judge's defaults, by the judge's name."""
    out: str | None = None
    """Run folder; None for one under `runs/` that is named after the arguments."""
    workers: int | None = None
    """Worker processes; 0 judges in this process; None for one for each CPU."""
    limit: int | None = None
    """At most this many inputs, the first ones; None for all."""
    repeat: int = 1
    """Looks at each clip with each judge and suite."""
    until_s: tuple[float, ...] = ()
    """Times at which each clip is also judged as if it ended there, seconds from the first decoded frame, in any
    order."""
    fps: tuple[float, ...] = ()
    """Frames a second at which each judge looks at each clip, once at each, in any order; empty for the rate of each
    judge's settings."""
    force: bool = False
    """Judge again what is in the store."""
    budget: float | None = None
    """What may be spent on judges that ask a server, in the currency of their prices; None for no limit."""
    image_fps: float | None = None
    """Frames a second of folders of images."""
    prompts: str | None = None
    """Prompts file."""
    generator: str | None = None
    """Who made the videos."""
    generator_from_folder: bool = False
    """Take the name of the first folder below the given one for the generator; of videos right inside one of several
    given folders, its own."""
    passed: Mapping[str, Any] = field(default_factory=dict)
    """What was typed, for the record."""

    def __post_init__(self) -> None:
        checks = (
            (bool(self.paths), "no video or folder is named"),
            (bool(self.suites), "no suite is named"),
            (bool(self.judges), "no judge is named"),
            (self.repeat >= 1, f"repeat must be 1 or more, got {self.repeat}"),
            (
                all(time_s > 0 and math.isfinite(time_s) for time_s in self.until_s),
                f"until: times must be positive, got {', '.join(f'{time_s:g}' for time_s in self.until_s)}",
            ),
            (
                all(fps > 0 and math.isfinite(fps) for fps in self.fps),
                f"fps: rates must be positive, got {', '.join(f'{fps:g}' for fps in self.fps)}",
            ),
            (
                len(set(self.fps)) == len(self.fps),
                f"fps: a rate is given twice in {', '.join(f'{fps:g}' for fps in self.fps)}: more looks at one rate "
                "are taken with repeat",
            ),
            (self.workers is None or self.workers >= 0, f"workers must be 0 or more, got {self.workers}"),
            (
                self.budget is None or (self.budget > 0 and math.isfinite(self.budget)),
                f"budget must be above 0, got {self.budget}",
            ),
            (self.limit is None or self.limit >= 1, f"limit must be 1 or more, got {self.limit}"),
            (
                self.generator is None or not self.generator_from_folder,
                "generator and generator_from_folder exclude each other",
            ),
        )
        for holds, text in checks:
            if not holds:
                raise InputError(text)
        stray = sorted(set(self.judge_config) - set(self.judges))
        if stray:
            raise InputError(
                f"there are settings for the judge {stray[0]!r}, which is not asked; "
                f"asked: {', '.join(self.judges)}"
            )


def read_judge_config(path: Path) -> dict[str, dict[str, Any]]:
    """The settings of judges from a TOML file with one table for each judge.

    Raises:
        InputError: It cannot be read, is no TOML, or holds something else than tables of JSON values.
    """
    return read_settings(path, "judges")


def in_effect(request: RunRequest) -> dict[str, Any]:
    """All arguments with their defaults, paths absolute; None is left out."""
    values: dict[str, Any] = {
        "paths": [os.path.abspath(path) for path in request.paths],
        "suites": [_suite_path(name) for name in dict.fromkeys(request.suites)],
        "judges": list(dict.fromkeys(request.judges)),
        "judge_config": {name: dict(config) for name, config in request.judge_config.items()},
        "repeat": request.repeat,
        "until_s": [float(time_s) for time_s in sorted(set(request.until_s))] or None,
        "fps": [float(fps) for fps in sorted(request.fps)] or None,
        "image_fps": request.image_fps,
        "prompts": None if request.prompts is None else os.path.abspath(request.prompts),
        "generator": request.generator,
        "generator_from_folder": request.generator_from_folder,
        "workers": request.workers,
        "limit": request.limit,
    }
    return {name: value for name, value in values.items() if value is not None}


def from_run_file(file: RunFile, path: Path, out: str | None) -> RunRequest:
    """The request that a run file holds.

    Args:
        file: The run file's content.
        path: Where it was read from, for messages, and because the run goes on in its folder if it is there.
        out: Another run folder.

    Raises:
        InputError: It was not made by `lawful score`, or holds unknown or unusable arguments.
    """
    if file.command != "score":
        raise InputError(f"{path}: was made by `lawful {file.command}`; only `lawful score` can be replayed")
    fields = Fields(file.effective, f"{path}: effective")
    fields.only(
        "paths", "suites", "judges", "judge_config", "repeat", "until_s", "fps", "image_fps", "prompts",
        "generator", "generator_from_folder", "workers", "limit",
    )  # fmt: skip
    if out is None and (path.parent / DATABASE).exists():
        out = str(path.parent)
    return RunRequest(
        paths=fields.many("paths", as_text),
        suites=fields.many("suites", as_text),
        judges=fields.many("judges", as_text),
        judge_config=fields.table("judge_config", _config),
        out=out,
        workers=fields.optional("workers", fields.whole),
        limit=fields.optional("limit", fields.whole),
        repeat=fields.whole("repeat"),
        until_s=fields.optional("until_s", lambda name: fields.many(name, as_number)) or (),
        fps=fields.optional("fps", lambda name: fields.many(name, as_number)) or (),
        image_fps=fields.optional("image_fps", fields.number),
        prompts=fields.optional("prompts", fields.text),
        generator=fields.optional("generator", fields.text),
        generator_from_folder=fields.flag("generator_from_folder"),
        passed=file.passed,
    )


def run_folder(request: RunRequest) -> Path:
    """The folder of a run: the same for the same arguments, so that the same command goes on in it."""
    if request.out is not None:
        return Path(request.out).absolute()
    first = Path(request.paths[0]).resolve()
    stem = re.sub(r"[^\w.-]+", "_", first.name if first.is_dir() else first.stem)[:60] or "run"
    return (RUNS / f"{stem}-{digest(_what(in_effect(request)))[:8]}").absolute()


def check_utf8(request: RunRequest) -> None:
    """Refuse names that cannot be written into the files of a run.

    Raises:
        InputError: Says which.
    """
    named = (in_effect(request), dict(request.passed), os.path.abspath(request.out or RUNS))
    for text in _texts(named):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{printable(text)}: its name is not valid UTF-8: rename it") from error


def check_same(file: RunFile, request: RunRequest, folder: Path) -> None:
    """Refuse to go on with a run that was asked for something else.

    Raises:
        LawfulError: Says what differs and what to do.
    """
    if file.command != "score":
        raise LawfulError(
            f"{folder}: was made by `lawful {file.command}` and takes no more videos. "
            "Choose another folder with --out."
        )
    before, now = _what(file.effective), _what(in_effect(request))
    differing = [name for name in sorted(set(before) | set(now)) if before.get(name) != now.get(name)]
    if differing:
        name = differing[0]
        more = f" (and {', '.join(differing[1:])})" if differing[1:] else ""
        raise LawfulError(
            f"{folder}: holds a run with other arguments: {name} was {before.get(name)!r} and is now "
            f"{now.get(name)!r}{more}. Choose another folder with --out, or give the arguments of its run.toml."
        )


def _what(effective: Mapping[str, Any]) -> dict[str, Any]:
    what = {name: value for name, value in effective.items() if name not in _WITHOUT_EFFECT}
    configs = what.get("judge_config")
    if isinstance(configs, Mapping):
        kept = {
            judge: {name: value for name, value in config.items() if name != _ACCESS}
            for judge, config in configs.items()
            if isinstance(config, Mapping)
        }
        what["judge_config"] = {
            judge: config for judge, config in kept.items() if config or not configs[judge]
        }
    return what


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(tuple(value.values()))
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)


def _suite_path(name: str) -> str:
    return os.path.abspath(name) if is_path(name) else name


def _config(value: Any, where: str) -> dict[str, Any]:
    return dict(Fields(value, where).body)
