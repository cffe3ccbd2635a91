"""The system libraries that solid worlds are drawn with: either will do, and none is missed in silence."""

import os
import subprocess
import sys

import numpy as np
import pytest

from lawful.core.errors import AbsentError
from lawful.generators.worlds.solid import gl


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

from lawful.core.errors import AbsentError
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.solid.gl import mujoco_package, usable_gl

try:
    usable_gl()
except AbsentError as error:
    print(error)
print(mujoco_package("a test").MjModel.from_xml_string("<mujoco/>").nq)
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
    flat, solid, message = run(HIDDEN, MUJOCO_GL=asked)
    needs = "The renderer `rays` needs neither, and flat worlds need nothing of this."
    assert message == WITHOUT[asked] + needs
    assert (solid, flat) == ("0", "True")


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
