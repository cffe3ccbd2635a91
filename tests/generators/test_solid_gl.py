"""The system libraries that solid worlds are drawn with: either will do, and none is missed in silence."""

import ctypes
import os
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from lawful.core.errors import AbsentError, LawfulError
from lawful.generators.worlds.camera import View
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Scene
from lawful.generators.worlds.solid import gl
from lawful.generators.worlds.solid.draw import render


@pytest.fixture
def usable():
    """Why nothing can be drawn here, if so."""
    pytest.importorskip("mujoco", reason="mujoco is not installed (pip install 'lawful[mujoco]')")
    try:
        gl.usable_gl()
    except AbsentError as error:
        pytest.skip(str(error))


SUBPROCESS = """
import sys
import numpy as np
from lawful.generators.worlds.camera import View
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Block, Scene, Style
from lawful.generators.worlds.solid.draw import render
from lawful.generators.worlds.solid.gl import usable_gl

scene = Scene("a table", "", 2.0, 2.0, (), (Block("box", (-1, -1, 0), (1, 1, 1), (150, 116, 84)),),
              (196, 202, 206), (-1.0, -1.0, 0.0, 1.0, 1.0, 2.0), True, style=Style(shadow=0.4))
axes = np.array([[[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]])
view = View(np.array([[0.5, -4.0, 1.5]]), axes, np.array([1.5]), 1.0)
(picture,) = render(scene, Simulated(24.0, (), (), view), 64, 64, np.random.default_rng(0))
np.save(sys.argv[1], picture)
print(usable_gl())
"""


def run(code, *arguments, **environment):
    """What a program in a process of its own prints, last line first."""
    clean = {
        name: value for name, value in os.environ.items() if name not in ("MUJOCO_GL", "PYOPENGL_PLATFORM")
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[::-1]


def here(backend):
    try:
        gl._load(backend)
    except OSError as error:
        pytest.skip(f"{backend} is not here: {error}")


def test_both_libraries_draw_the_same(usable, tmp_path):
    for backend in gl.LIBRARIES:
        here(backend)
        assert run(SUBPROCESS, tmp_path / f"{backend}.npy", MUJOCO_GL=backend)[0] == backend
    one, two = (np.load(tmp_path / f"{backend}.npy").astype(int) for backend in gl.LIBRARIES)
    assert one.std() > 10
    assert np.abs(one - two).mean() < 1


def test_without_a_driver_for_egl_the_other_library_draws(usable, tmp_path):
    here("egl")
    here("osmesa")
    assert run(SUBPROCESS, tmp_path / "a.npy", __EGL_VENDOR_LIBRARY_DIRS=str(tmp_path))[0] == "osmesa"


AFTER_EGL = """
import ctypes, os, sys
import mujoco
import numpy as np
from lawful.core.errors import AbsentError
from lawful.generators.worlds.camera import View
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Scene
from lawful.generators.worlds.solid.draw import render

ctypes.CDLL("libEGL.so.1")
os.environ["MUJOCO_GL"] = "osmesa"
scene = Scene("nothing", "", 2.0, 2.0, (), (), (196, 202, 206), (-1.0, -1.0, 0.0, 1.0, 1.0, 2.0), True)
view = View(np.zeros((1, 3)), np.eye(3)[None], np.ones(1), 1.0)
try:
    next(render(scene, Simulated(24.0, (), (), view), 16, 16, np.random.default_rng(0)))
except AbsentError as error:
    print(error)
"""


def test_one_library_cannot_draw_where_the_other_is_loaded(usable):
    for backend in gl.LIBRARIES:
        here(backend)
    assert run(AFTER_EGL) == ["MuJoCo cannot draw by osmesa here: gladLoadGL error."]


@pytest.fixture
def egl(usable):
    """The library, in a process that draws by it, and with functions that fail by name."""
    if gl.usable_gl() != "egl":
        pytest.skip("egl does not draw here")

    class Failing(ctypes.CDLL):
        fails = ""

        def __getitem__(self, name):
            return (lambda *arguments: 0) if name == self.fails else super().__getitem__(name)

    return Failing("libEGL.so.1")


@pytest.mark.parametrize(
    ("fails", "message"),
    [
        ("eglGetProcAddress", r"it cannot draw without a screen \(no EGL_EXT_platform_device\)"),
        ("eglInitialize", r"none of \d+ devices can draw \(is a driver installed\?\)"),
        ("eglChooseConfig", "no device offers a configuration for OpenGL"),
        ("eglBindAPI", "no OpenGL, only OpenGL ES"),
        ("eglCreateContext", "no OpenGL context can be made"),
    ],
)
def test_what_egl_lacks_is_said(fails, message, egl):
    egl.fails = fails
    with pytest.raises(OSError, match=f"^{message}$"):
        gl._egl(egl)


def test_a_device_that_has_no_context_is_passed_over(egl, monkeypatch):
    displays = gl._egl_displays(egl)
    monkeypatch.setattr(gl, "_egl_displays", lambda library: [0, 0, *displays])
    context = gl._egl(egl)
    context.bind()
    context.unbind()
    context.free()
    monkeypatch.setattr(gl, "_egl_displays", lambda library: [0, 0])
    with pytest.raises(OSError, match=r"^no device offers a configuration for OpenGL$"):
        gl._egl(egl)


def test_a_renderer_that_is_thrown_away_while_another_draws_takes_nothing_from_it(usable, monkeypatch):
    scene = Scene("nothing", "", 2.0, 2.0, (), (), (196, 202, 206), (-1.0, -1.0, 0.0, 1.0, 1.0, 2.0), True)
    view = View(np.zeros((2, 3)), np.tile(np.eye(3), (2, 1, 1)), np.ones(2), 1.0)
    one, other = (
        render(scene, Simulated(24.0, (), (), view), 16, 16, np.random.default_rng(0)) for _ in range(2)
    )
    first = next(one)
    next(other)
    (context,) = gl._made
    done = []

    def bind():
        done.append("bound")
        context.bind()

    def unbind():
        done.append("unbound")
        context.unbind()

    monkeypatch.setattr(gl, "_made", [replace(context, bind=bind, unbind=unbind)])
    with gl.drawing():
        other.close()
        assert done == ["bound"]
    assert done == ["bound", "unbound"]
    np.testing.assert_array_equal(next(one), first)


def test_a_library_without_the_functions_is_none():
    with pytest.raises(OSError, match=r"^libm\.so\.6 has no function OSMesaCreateContextExt$"):
        gl._osmesa(ctypes.CDLL("libm.so.6"))


def test_a_context_that_another_thread_holds_is_not_taken(egl):
    context = gl._egl(egl)
    held, leave = threading.Event(), threading.Event()

    def hold():
        context.bind()
        held.set()
        leave.wait()
        context.unbind()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    with pytest.raises(
        LawfulError, match=r"^the OpenGL context of this process is in use by something else\.$"
    ):
        context.bind()
    leave.set()
    holder.join()
    context.bind()
    context.unbind()
    context.free()


HIDDEN = """
import ctypes, ctypes.util
real, find = ctypes.CDLL, ctypes.util.find_library
class Hidden(real):
    def __init__(self, name=None, *rest, **more):
        if name and ("EGL" in name or "OSMesa" in name):
            raise OSError(f"{name}: no such file")
        super().__init__(name, *rest, **more)
ctypes.CDLL = Hidden
ctypes.cdll = ctypes.LibraryLoader(Hidden)
ctypes.util.find_library = lambda name: None if name in ("EGL", "OSMesa") else find(name)

from lawful.core.errors import AbsentError, LawfulError
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.draw import draw
from lawful.generators.worlds.scene import Block, Body, Look, Scene
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.solid.camera import SolidPath

import numpy as np
none = (0.0, 0.0, 0.0)
ball = Body("ball", "ball", (0.2, 0.2, 0.2), (0.0, 0.0, 1.0), Look("red", "rings", 1), none, none, none)
floor = Block("floor", (-2, -2, -1), (2, 2, 0), (90, 90, 90))
scene = Scene("a drop", "", 2.0, 2.0, (ball,), (floor,), (196, 202, 206), (-1.0, -1.0, 0.0, 1.0, 1.0, 2.0),
              True, camera=SolidPath((0.0, -4.0, 1.0), none))
simulated = simulate(scene, 24.0, 12)
for renderer in ("mujoco", "rays"):
    rngs = (np.random.default_rng(seed) for seed in (0, 1))
    try:
        print(len(draw(scene, simulated, 32, 32, 0.0, *rngs, renderer)))
    except AbsentError as error:
        print(error)
print(len(make_clip("bounce", 1, duration_s=0.3, width_px=32, height_px=32).frames.rgb) > 1)
"""
WITHOUT = {
    "": (
        "solid worlds are drawn by egl (libEGL.so.1) or osmesa (libOSMesa.so.8, libOSMesa.so.6) and that does "
        "not work here. Found: egl: libEGL.so.1: no such file; osmesa: libOSMesa.so.8: no such file; "
        "libOSMesa.so.6: no such file. Run `make system`, or on Debian and Ubuntu "
        "`apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri`, or `apt-get install libosmesa6`. "
    ),
    "egl": (
        "solid worlds are drawn by egl (libEGL.so.1), as MUJOCO_GL=egl asks, and that does not work here. "
        "Found: egl: libEGL.so.1: no such file. Run `make system`, or on Debian and Ubuntu "
        "`apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri`. "
    ),
}


@pytest.mark.parametrize("asked", WITHOUT)
def test_without_system_libraries_drawing_says_so_and_the_rest_works(asked):
    pytest.importorskip("mujoco", reason="mujoco is not installed (pip install 'lawful[mujoco]')")
    flat, cast, message = run(HIDDEN, MUJOCO_GL=asked)
    needs = "The renderer `rays` needs neither, and flat worlds need nothing of this."
    assert message == WITHOUT[asked] + needs
    assert (cast, flat) == ("12", "True")


FORKED = """
import os, sys, warnings
from lawful.core.errors import LawfulError
from lawful.generators.worlds.solid.gl import usable_gl

warnings.simplefilter("ignore")
usable_gl()
if os.fork() == 0:
    try:
        usable_gl()
    except LawfulError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be forked here")
def test_a_forked_process_refuses_to_draw(usable):
    assert run(FORKED) == [
        "this process was forked from one that has drawn solid worlds, and cannot draw any itself. "
        "Start workers by the method `spawn`."
    ]


def test_mujoco_can_be_imported_where_the_environment_names_no_library(tmp_path):
    code = "from lawful.generators.worlds.solid.gl import mujoco_package; print(mujoco_package('a test').__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MUJOCO_GL": "foo"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout == "mujoco\n"
