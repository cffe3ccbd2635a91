"""The wheel holds what the tree holds, under the one name, and works where nothing else of ours is."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("checklists", "cli", "configs", "core", "generators", "judge", "reports", "video")


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def source_files() -> list[str]:
    """The project's files, as git would publish them."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(source_files: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    for name in source_files:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        "dist",
        ".",
        cwd=tree,
    )
    (built,) = (tree / "dist").glob("lawful-*.whl")
    return built


def test_the_wheel_holds_the_tree_and_nothing_else(wheel: Path, source_files: list[str]) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {f"lawful/{name}" for name in source_files if name.split("/")[0] in FOLDERS}
    assert held == expected


def test_the_wheel_scores_a_video_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--no-deps", wheel, cwd=tmp_path)
    # The dependencies come from here by a plain path line, which does not run this environment's own
    # import hooks: the project itself can only come from the wheel.
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    )
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    found = run(python, "-c", "import lawful.judge.records as r; print(r.__file__)", cwd=tmp_path).strip()
    assert Path(found).is_relative_to(site)
    run(python, "-m", "lawful.generators.worlds.demo", "clips", cwd=tmp_path)
    lawful = tmp_path / "venv" / "bin" / "lawful"
    run(lawful, "score", "clips", "--out", "run", "--quiet", cwd=tmp_path)
    run(lawful, "report", "run", cwd=tmp_path)
    assert (tmp_path / "run" / "report" / "index.html").stat().st_size > 10_000
