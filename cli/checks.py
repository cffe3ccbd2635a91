"""What `lawful doctor` looks at: Python, packages, decoders, devices, extras, OpenGL, generators, plug-ins, the store."""

import importlib
import importlib.util
import os
import platform
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from lawful.core.errors import AbsentError, LawfulError
from lawful.core.registry import broken_plugins, registered

Status = Literal["ok", "missing", "broken"]

_DECODERS = {
    "h264": "h264",
    "hevc": "hevc",
    "vp8": "vp8",
    "vp9": "vp9",
    "av1": "libdav1d",  # FFmpeg's own "av1" decodes by hardware only
    "mpeg4": "mpeg4",
    "gif": "gif",
}
_IMPORT_NAMES = {"opencv-python-headless": "cv2", "pillow": "PIL", "tomli-w": "tomli_w"}
_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)\s*(?:>=\s*(?P<least>[0-9.]+))?")
_EXTRA = re.compile(r"extra\s*==\s*['\"](?P<extra>[^'\"]+)['\"]")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What it is."""
    status: Status
    """Whether it works; "missing" is no fault, "broken" is."""
    detail: str
    """What was found."""
    advice: str = ""
    """What to do about it; empty if nothing."""
    required: bool = False
    """Whether nothing works without it."""


def all_checks() -> Iterator[Check]:
    """Everything, in the order in which it is shown."""
    yield Check("python", "ok", f"{platform.python_version()} at {sys.executable}", required=True)
    yield Check("lawful", "ok", version("lawful"), required=True)
    yield from _packages()
    yield from _decoders()
    yield from _devices()
    yield from _extras()
    yield _server()
    yield _solid_drawing()
    yield from _generators()
    yield from _plugins()
    yield _store()


@dataclass(frozen=True)
class Requirement:
    """One line of a package's requirements."""

    name: str
    """Name of the package wanted."""
    least: str | None
    """The lowest version that will do."""
    extra: str | None
    """The extra that asks for it; None for what is always wanted."""


def requirements() -> list[Requirement]:
    """What this project's own metadata says that it needs."""
    found = []
    for line in requires("lawful") or []:
        match = _REQUIREMENT.match(line)
        if match is not None:
            extra = _EXTRA.search(line)
            found.append(Requirement(match["name"], match["least"], extra["extra"] if extra else None))
    return found


def _packages() -> Iterator[Check]:
    for wanted in requirements():
        if wanted.extra is None:
            yield package_check(wanted)


def package_check(wanted: Requirement) -> Check:
    """Whether a package that is always wanted is here, new enough, and can be imported."""
    line = f"pip install '{wanted.name}" + (f">={wanted.least}'" if wanted.least else "'")
    name = f"package {wanted.name}"
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return Check(name, "broken", "not installed", line, required=True)
    if wanted.least and _numbers(found) < _numbers(wanted.least):
        return Check(name, "broken", f"{found} is older than {wanted.least}", line, required=True)
    try:
        importlib.import_module(_IMPORT_NAMES.get(wanted.name, wanted.name.replace("-", "_")))
    except Exception as error:  # noqa: BLE001 - a broken package may fail in any way; it is reported
        detail = f"{found} cannot be imported: {_one_line(error)}"
        return Check(name, "broken", detail, f"pip install --force-reinstall {wanted.name}", required=True)
    return Check(name, "ok", found, required=True)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _decoders() -> Iterator[Check]:
    try:
        import av
        from av.codec.codec import UnknownCodecError
        from PIL import features
    except ImportError:
        return  # the package rows say so already
    advice = "pip install --force-reinstall av (its wheels hold this codec)"
    for codec, decoder in _DECODERS.items():
        try:
            found = av.Codec(decoder, "r")
        except UnknownCodecError:
            yield Check(f"decoder {codec}", "missing", "this PyAV was built without it", advice)
        else:
            yield Check(f"decoder {codec}", "ok", f"{found.name}, PyAV {av.__version__}")
    if features.check("webp"):
        yield Check("decoder webp", "ok", f"Pillow, libwebp {features.version('webp')}")
    else:
        of_pillow = "pip install --force-reinstall pillow"
        yield Check("decoder webp", "missing", "this Pillow was built without it", of_pillow)
    try:
        av.Codec("libx264", "w")
    except UnknownCodecError:
        yield Check("encoder h264", "missing", "this PyAV was built without libx264", advice)
    else:
        yield Check("encoder h264", "ok", f"libx264, PyAV {av.__version__}")


def _devices() -> Iterator[Check]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Check("device cpu", "ok", f"{usable} of {os.cpu_count()} cores usable")
    if importlib.util.find_spec("torch") is None:
        detail = "not looked for: torch is not installed"
        yield Check("device cuda", "missing", detail, "only for judges and generators that run on a GPU")
        return
    try:
        import torch
    except Exception as error:  # noqa: BLE001 - a broken package may fail in any way; it is reported
        detail = f"torch cannot be imported: {_one_line(error)}"
        yield Check("device cuda", "broken", detail, "pip install --force-reinstall torch")
        return
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(number)
            memory = f"{properties.total_memory / 2**30:.0f} GiB"
            yield Check(
                f"device cuda:{number}", "ok", f"{properties.name}, {memory}, CUDA {torch.version.cuda}"
            )
    else:
        built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU only"
        detail = f"no GPU that torch {torch.__version__} ({built}) can use"
        yield Check("device cuda", "missing", detail, "only for judges and generators that run on a GPU")
    if torch.backends.mps.is_available():
        yield Check("device mps", "ok", f"torch {torch.__version__}")


def _server() -> Check:
    """Whether a server is named for judges openai:. It is not asked, and neither its address nor the key is shown."""
    has_url, has_key = (bool(os.environ.get(name)) for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"))
    if has_url or has_key:
        where = "a server of your own" if has_url else "the client's own server"
        detail = f"{where}, {'with a key' if has_key else 'without a key'}; not asked"
        return Check("server openai:", "ok", detail)
    detail = "neither OPENAI_BASE_URL nor OPENAI_API_KEY is set"
    return Check(
        "server openai:", "missing", detail, "set one, or give lawful score --base-url, --api-key-file"
    )


def _extras() -> Iterator[Check]:
    by_extra: dict[str, list[str]] = {}
    for wanted in requirements():
        if wanted.extra is not None and wanted.name != "lawful":
            by_extra.setdefault(wanted.extra, []).append(wanted.name)
    for extra, names in by_extra.items():
        absent = [name for name in names if not _installed(name)]
        if absent:
            advice = f"pip install 'lawful[{extra}]'"
            yield Check(f"extra {extra}", "missing", f"not installed: {', '.join(absent)}", advice)
        else:
            yield Check(f"extra {extra}", "ok", ", ".join(f"{name} {version(name)}" for name in names))


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _solid_drawing() -> Check:
    name = "mujoco drawing"
    if not _installed("mujoco"):
        return Check(
            name, "missing", "not looked for: mujoco is not installed", "pip install 'lawful[mujoco]'"
        )
    from lawful.generators.worlds.solid.gl import LIBRARIES, PACKAGES, NoGLError, usable_gl

    try:
        backend = usable_gl()
    except NoGLError as error:
        advice = f"make system (on Debian and Ubuntu: {' '.join(PACKAGES.values())})"
        return Check(name, "missing", error.found, advice)
    return Check(name, "ok", f"{backend} ({' or '.join(LIBRARIES[backend])})")


def _generators() -> Iterator[Check]:
    """Whether each generator can be made; those that want an argument, such as a folder, are not tried."""
    from lawful.generators.make import make_generator
    from lawful.generators.protocol import CONTROLS, Placed

    for entry in registered("generator"):
        name = f"generator {entry.name}"
        if entry.name.endswith(":"):
            yield Check(name, "ok", "wants an argument after the colon, and was not tried")
            continue
        try:
            made = make_generator(entry.name, {})
        except AbsentError as error:
            yield Check(name, "missing", " ".join(str(error).split()), "do what the message says")
            continue
        except LawfulError as error:
            advice = f"mend or uninstall the package that brings {entry.origin}"
            yield Check(name, "broken", " ".join(str(error).split()), advice)
            continue
        can = made.capabilities
        where = f", {made.device}, {made.dtype}" if isinstance(made, Placed) else ""
        controls = ", ".join(control for control in CONTROLS if control in can.controls) or "nothing"
        size = f"{can.width_px}x{can.height_px}, {can.fps:g} fps"
        yield Check(name, "ok", f"{size}{where}; follows {controls}")


def _plugins() -> Iterator[Check]:
    for plugin in broken_plugins():
        own = plugin.module.startswith("lawful.")
        advice = (
            "install lawful anew" if own else f"mend or uninstall the package that brings {plugin.module}"
        )
        yield Check(f"plug-in {plugin.name}", "broken", plugin.error, advice, required=own)


def _store() -> Check:
    found = f"SQLite {sqlite3.sqlite_version}"
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError as error:
        advice = "make a folder writable and set TMPDIR to it"
        return Check("store", "broken", f"{found}: {_one_line(error)}", advice, required=True)
    try:
        with (
            tempfile.TemporaryDirectory(dir=folder) as inside,
            closing(sqlite3.connect(Path(inside) / "probe.db")) as database,
        ):
            mode = database.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            database.execute("CREATE TABLE probe (value)")
    except (OSError, sqlite3.Error) as error:
        return Check(
            "store", "broken", f"{found}: {_one_line(error)}", f"make {folder} writable", required=True
        )
    if mode != "wal":
        advice = "runs still work, slower; keep them on a local disk"
        return Check("store", "missing", f"{found}, no write-ahead log in {folder}", advice)
    return Check("store", "ok", f"{found}, write-ahead log works in {folder}", required=True)


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
