"""OpenGL without a screen: by EGL or, where that is not to be had, by OSMesa.

Both are spoken to directly: the wrappers that come with MuJoCo can load only one of the two in a process.
"""

import atexit
import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from lawful.core.errors import AbsentError, LawfulError
from lawful.core.extras import require

Backend = Literal["egl", "osmesa"]
LIBRARIES: dict[Backend, tuple[str, ...]] = {
    "egl": ("libEGL.so.1",),
    "osmesa": ("libOSMesa.so.8", "libOSMesa.so.6"),
}
"""File names of the libraries, the first that is found being used."""
PACKAGES: dict[Backend, str] = {
    "egl": "libegl1 libegl-mesa0 libgl1-mesa-dri",
    "osmesa": "libosmesa6",
}
"""Packages of Debian and Ubuntu that bring them."""


@dataclass(frozen=True)
class Context:
    """A place to draw into, current in no thread while nobody draws."""

    backend: Backend
    """Which library it is of."""
    bind: Callable[[], None]
    """Makes it current in this thread."""
    unbind: Callable[[], None]
    """Makes it current in no thread."""
    free: Callable[[], None]
    """Gives it back."""
    process: int
    """Id of the process that made it."""


class NoGLError(AbsentError):
    """None of the libraries that solid worlds are drawn with works here."""

    def __init__(self, found: str, chosen: Sequence[Backend], asked: Backend | None) -> None:
        self.found = found
        """What is wrong with each."""
        names = " or ".join(f"{backend} ({', '.join(LIBRARIES[backend])})" for backend in chosen)
        packages = ", or ".join(f"`apt-get install {PACKAGES[backend]}`" for backend in chosen)
        why = "" if asked is None else f", as MUJOCO_GL={asked} asks,"
        super().__init__(
            f"solid worlds are drawn by {names}{why} and that does not work here. Found: {found}. "
            f"Run `make system`, or on Debian and Ubuntu {packages}. The renderer `rays` needs neither, "
            "and flat worlds need nothing of this."
        )


_lock = threading.RLock()
_made: list[Context] = []
_within: list[Context] = []
"""The context, once for each `drawing` that this thread is within."""


@contextmanager
def drawing() -> Iterator[Backend]:
    """Within it, this thread alone draws; the one context of the process is made when first needed.

    One may come within another, as where a renderer is thrown away while another draws.

    Yields:
        The library that draws.

    Raises:
        NoGLError: Neither library works here, or the one that MUJOCO_GL names does not.
        LawfulError: This process was forked from one that has drawn.
    """
    with _lock:
        if not _made:
            _made.append(_context())
            atexit.register(_free)
        context = _made[0]
        if context.process != os.getpid():
            raise LawfulError(
                "this process was forked from one that has drawn solid worlds, and cannot draw any itself. "
                "Start workers by the method `spawn`."
            )
        if not _within:
            context.bind()
        _within.append(context)
        try:
            yield context.backend
        finally:
            _within.pop()
            if not _within:
                context.unbind()


def mujoco_package(purpose: str) -> ModuleType:
    """MuJoCo, which by itself cannot be imported where MUJOCO_GL names a library that is not here, or none at all.

    Args:
        purpose: What it is needed for, as the end of "... is needed for".

    Raises:
        AbsentError: It is not installed.
    """
    asked = _asked()
    if "MUJOCO_GL" not in os.environ or "mujoco" in sys.modules or (asked is not None and _loads(asked)):
        return require("mujoco", "mujoco", purpose)
    named = os.environ.pop("MUJOCO_GL")
    try:
        return require("mujoco", "mujoco", purpose)
    finally:
        os.environ["MUJOCO_GL"] = named


def _loads(backend: Backend) -> bool:
    try:
        _load(backend)
    except OSError:
        return False
    return True


def usable_gl() -> Backend:
    """The library that draws solid worlds here.

    Raises:
        NoGLError: None does; the message says why not and what to do.
    """
    with drawing() as backend:
        return backend


def _free() -> None:
    while _made:
        context = _made.pop()
        if context.process == os.getpid():
            context.free()


def _asked() -> Backend | None:
    """What the environment asks for; MuJoCo's other ways to draw need a screen, or another system."""
    asked = os.environ.get("MUJOCO_GL", "").strip().lower()
    return next((backend for backend in LIBRARIES if backend == asked), None)


def _context() -> Context:
    asked = _asked()
    makers: dict[Backend, Callable[[ctypes.CDLL], Context]] = {"egl": _egl, "osmesa": _osmesa}
    chosen: list[Backend] = list(makers) if asked is None else [asked]
    found = []
    for backend in chosen:
        library = None
        try:
            library = _load(backend)
            return makers[backend](library)
        except OSError as error:
            found.append(f"{backend}: {' '.join(str(error).split())}")
            if library is not None:
                # MuJoCo draws by the first of the two libraries that is loaded, whether it works or not.
                ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))
    raise NoGLError("; ".join(found), chosen, asked)


def _load(backend: Backend) -> ctypes.CDLL:
    errors = []
    for name in LIBRARIES[backend]:
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            errors.append(str(error))
    raise OSError("; ".join(errors))


def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    try:
        function = library[name]
    except AttributeError as error:
        raise OSError(f"{library._name} has no function {name}") from error
    function.restype, function.argtypes = result, arguments
    return function


def _expect_bound(bound: int) -> None:
    if not bound:
        raise LawfulError("the OpenGL context of this process is in use by something else.")


_POINTER, _INT, _UINT = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint
_EGL_PLATFORM_DEVICE_EXT, _EGL_OPENGL_API = 0x313F, 0x30A2
_EGL_CONFIG = (0x3033, 0x0001, 0x3040, 0x0008, 0x3038)
"""EGL_SURFACE_TYPE: EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE: EGL_OPENGL_BIT, EGL_NONE."""
_MOST_DEVICES = 32


def _egl(library: ctypes.CDLL) -> Context:
    """A context on the first device that has one; raises OSError where there is none."""
    found: list[str] = []
    for display in _egl_displays(library):
        try:
            return _egl_context(library, display)
        except OSError as error:
            found.append(str(error))
    raise OSError("; ".join(dict.fromkeys(found)))


def _egl_context(library: ctypes.CDLL, display: int) -> Context:
    choose = _function(library, "eglChooseConfig", _UINT, _POINTER, _POINTER, _POINTER, _INT, _POINTER)
    bind_api = _function(library, "eglBindAPI", _UINT, _UINT)
    create = _function(library, "eglCreateContext", _POINTER, _POINTER, _POINTER, _POINTER, _POINTER)
    make_current = _function(library, "eglMakeCurrent", _UINT, _POINTER, _POINTER, _POINTER, _POINTER)
    destroy = _function(library, "eglDestroyContext", _UINT, _POINTER, _POINTER)
    config, count = (_POINTER * 1)(), _INT()
    wanted = (_INT * len(_EGL_CONFIG))(*_EGL_CONFIG)
    if not choose(display, wanted, config, 1, ctypes.byref(count)) or not count.value:
        raise OSError("no device offers a configuration for OpenGL")
    if not bind_api(_EGL_OPENGL_API):
        raise OSError("no OpenGL, only OpenGL ES")
    context = create(display, config[0], None, None)
    if not context:
        raise OSError("no OpenGL context can be made")

    def bind() -> None:
        bind_api(_EGL_OPENGL_API)  # each thread has its own
        _expect_bound(make_current(display, None, None, context))

    return Context(
        "egl",
        bind,
        lambda: make_current(display, None, None, None),
        lambda: destroy(display, context),
        os.getpid(),
    )


def _egl_displays(library: ctypes.CDLL) -> list[int]:
    """Those of all devices that can draw; raises OSError where there is none."""
    initialize = _function(library, "eglInitialize", _UINT, _POINTER, _POINTER, _POINTER)
    address = _function(library, "eglGetProcAddress", _POINTER, ctypes.c_char_p)
    query_at, display_at = address(b"eglQueryDevicesEXT"), address(b"eglGetPlatformDisplayEXT")
    if not query_at or not display_at:
        raise OSError("it cannot draw without a screen (no EGL_EXT_platform_device)")
    query = ctypes.CFUNCTYPE(_UINT, _INT, _POINTER, _POINTER)(query_at)
    display_of = ctypes.CFUNCTYPE(_POINTER, _UINT, _POINTER, _POINTER)(display_at)
    devices, count = (_POINTER * _MOST_DEVICES)(), _INT()
    query(_MOST_DEVICES, devices, ctypes.byref(count))
    displays = [display_of(_EGL_PLATFORM_DEVICE_EXT, device, None) for device in devices[: count.value]]
    usable = [display for display in displays if display and initialize(display, None, None)]
    if not usable:
        raise OSError(f"none of {count.value} devices can draw (is a driver installed?)")
    return usable


_OSMESA_RGBA, _GL_UNSIGNED_BYTE = 0x1908, 0x1401
_DEPTH_BITS, _STENCIL_BITS = 24, 8
_SIDE = 16


def _osmesa(library: ctypes.CDLL) -> Context:
    """A context in memory; raises OSError where none can be made."""
    create = _function(library, "OSMesaCreateContextExt", _POINTER, _UINT, _INT, _INT, _INT, _POINTER)
    make_current = _function(library, "OSMesaMakeCurrent", _UINT, _POINTER, _POINTER, _UINT, _INT, _INT)
    destroy = _function(library, "OSMesaDestroyContext", None, _POINTER)
    context = create(_OSMESA_RGBA, _DEPTH_BITS, _STENCIL_BITS, 0, None)
    if not context:
        raise OSError("no OpenGL context can be made")
    # A buffer must be there; MuJoCo draws into one of its own.
    buffer = (ctypes.c_ubyte * (4 * _SIDE * _SIDE))()

    def bind() -> None:
        _expect_bound(make_current(context, buffer, _GL_UNSIGNED_BYTE, _SIDE, _SIDE))

    def unbind() -> None:
        make_current(None, None, 0, 0, 0)

    return Context("osmesa", bind, unbind, lambda: destroy(context), os.getpid())
