import json
import sqlite3
from pathlib import Path
from typing import get_args

import pytest
from av.codec.codec import UnknownCodecError
from click.testing import CliRunner

from lawful.cli import checks, doctor
from lawful.cli.checks import Check, Requirement, Status, package_check, requirements
from lawful.cli.main import lawful
from lawful.core import registry
from lawful.generators.worlds.solid import gl


def test_the_doctor_finds_this_place_well() -> None:
    result = CliRunner().invoke(lawful, ["doctor", "--json"])
    assert result.exit_code == 0
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert {
        "python",
        "lawful",
        "package av",
        "package numpy",
        "device cpu",
        "store",
        "extra torch",
        "mujoco drawing",
    } <= set(rows)
    for codec in ("h264", "hevc", "vp9", "av1", "gif", "webp"):
        assert f"decoder {codec}" in rows
    for row in rows.values():
        assert set(row) == {"name", "status", "detail", "advice", "required"}
        assert row["status"] in get_args(Status)
        assert row["status"] == "ok" or row["advice"]
    assert rows["store"]["status"] == "ok"
    assert sqlite3.sqlite_version in rows["store"]["detail"]


@pytest.mark.parametrize(
    ("status", "required", "code"), [("broken", True, 1), ("broken", False, 0), ("missing", True, 0)]
)
def test_only_what_is_required_and_broken_fails(
    status: Status, required: bool, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "all_checks", lambda: [Check("thing", status, "found", "mend it", required)])
    result = CliRunner().invoke(lawful, ["doctor"])
    assert result.exit_code == code
    assert result.stdout.splitlines()[1].split("  ")[0] == "thing"
    assert "mend it" in result.stdout


def test_requirements_come_from_our_own_metadata() -> None:
    by_name = {wanted.name: wanted for wanted in requirements() if wanted.extra is None}
    assert by_name["av"].least == "18"
    assert by_name["opencv-python-headless"].least == "4.10"
    assert {wanted.extra for wanted in requirements()} >= {"torch", "test", "dev"}


@pytest.mark.parametrize(
    ("wanted", "status", "detail", "advice"),
    [
        (Requirement("numpy", "2.0", None), "ok", "", ""),
        (Requirement("numpy", "99.0", None), "broken", "is older than 99.0", "pip install 'numpy>=99.0'"),
        (
            Requirement("no-such-package-here", None, None),
            "broken",
            "not installed",
            "pip install 'no-such-package-here'",
        ),
    ],
)
def test_packages(wanted: Requirement, status: str, detail: str, advice: str) -> None:
    found = package_check(wanted)
    assert (found.status, found.advice, found.required) == (status, advice, True)
    assert detail in found.detail


def test_a_package_that_cannot_be_imported_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torn_of_a_test.py").write_text("raise ImportError('libGL.so.1:\\nno such file')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(checks._IMPORT_NAMES, "numpy", "torn_of_a_test")
    found = package_check(Requirement("numpy", None, None))
    assert found.status == "broken"
    assert found.detail.endswith("cannot be imported: ImportError: libGL.so.1: no such file")
    assert found.advice == "pip install --force-reinstall numpy"


def test_torch_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda name: None)
    cpu, cuda = checks._devices()
    assert cpu.status == "ok"
    assert (cuda.status, cuda.detail) == ("missing", "not looked for: torch is not installed")


def test_mujoco_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_installed", lambda name: False)
    found = checks._solid_drawing()
    assert (found.name, found.status, found.required) == ("mujoco drawing", "missing", False)
    assert found.detail == "not looked for: mujoco is not installed"
    assert found.advice == "pip install 'lawful[mujoco]'"


def test_the_library_that_draws_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_installed", lambda name: True)
    monkeypatch.setattr(gl, "usable_gl", lambda: "osmesa")
    found = checks._solid_drawing()
    assert (found.status, found.detail) == ("ok", "osmesa (libOSMesa.so.8 or libOSMesa.so.6)")


def test_no_library_that_draws_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_works() -> gl.Backend:
        raise gl.NoGLError("egl: no such file; osmesa: no such file", ["egl", "osmesa"], None)

    monkeypatch.setattr(checks, "_installed", lambda name: True)
    monkeypatch.setattr(gl, "usable_gl", none_works)
    found = checks._solid_drawing()
    assert (found.status, found.required) == ("missing", False)
    assert found.detail == "egl: no such file; osmesa: no such file"
    assert found.advice == (
        "make system (on Debian and Ubuntu: libegl1 libegl-mesa0 libgl1-mesa-dri libosmesa6)"
    )


@pytest.mark.parametrize(("module", "required"), [("somebody.plugin", False), ("lawful.judge.builtin", True)])
def test_broken_plug_ins_are_listed(module: str, required: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [registry.BrokenPlugin("unlucky", module, "RuntimeError: no luck")]
    monkeypatch.setattr(checks, "broken_plugins", lambda: broken)
    (found,) = checks._plugins()
    assert (found.name, found.status, found.detail) == ("plug-in unlucky", "broken", "RuntimeError: no luck")
    assert found.required is required


def test_a_store_that_cannot_be_written_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.tempfile, "gettempdir", lambda: str(tmp_path / "absent"))
    found = checks._store()
    assert (found.status, found.required) == ("broken", True)
    assert "FileNotFoundError" in found.detail
    assert found.advice == f"make {tmp_path / 'absent'} writable"


def test_no_place_for_temporary_files_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_is_usable() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(checks.tempfile, "gettempdir", none_is_usable)
    found = checks._store()
    assert (found.status, found.required) == ("broken", True)
    assert "No usable temporary directory" in found.detail
    assert found.advice == "make a folder writable and set TMPDIR to it"


def test_every_lack_names_its_own_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str, mode: str) -> None:
        raise UnknownCodecError(name)

    monkeypatch.setattr("av.Codec", unknown)
    monkeypatch.setattr("PIL.features.check", lambda name: False)
    found = {check.name: check for check in checks._decoders()}
    assert {check.status for check in found.values()} == {"missing"}
    assert found["encoder h264"].advice.startswith("pip install --force-reinstall av")
    assert found["decoder webp"].advice == "pip install --force-reinstall pillow"


def test_a_codec_that_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_DECODERS", {"dream": "no_such_codec"})
    first = next(checks._decoders())
    assert (first.name, first.status, first.required) == ("decoder dream", "missing", False)
    assert first.advice.startswith("pip install --force-reinstall av")


def test_generators_are_tried(painter_site: Path) -> None:
    rows = {check.name: check for check in checks.all_checks()}
    assert rows["generator painter"] == Check(
        "generator painter", "ok", "48x32, 8 fps, cpu, uint8; follows text, first_frame, size, fps"
    )
    assert rows["generator blind"].detail.endswith("; follows nothing")
    assert rows["generator echo:"].detail == "wants an argument after the colon, and was not tried"
    broken = rows["generator broken"]
    assert (broken.status, broken.required) == ("broken", False)
    assert broken.advice == "mend or uninstall the package that brings painter"
    assert "failed when it was made: RuntimeError: out of order" in broken.detail
    absent = rows["generator absent"]
    assert (absent.status, absent.detail) == ("missing", "its weights are not here: fetch them")
