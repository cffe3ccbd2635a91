"""The README's commands run, its Python runs, its printed output is what comes out, and its links lead somewhere."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


COMMANDS = [
    line.removeprefix(".venv/bin/")
    for block in blocks("sh")
    for line in block.splitlines()
    if line.startswith(".venv/bin/lawful")
]


@pytest.fixture(scope="module")
def demo():
    spec = importlib.util.spec_from_file_location("make_demo", ROOT / "docs" / "make_demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder in which the demo has run."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "printed.txt").write_text(demo.demo_output(folder))
    for name in ("my_videos", "samples"):
        shutil.copytree(folder / "runs" / "demo" / "clips", folder / name)
    return folder


def test_the_demo_prints_what_the_readme_shows(demo, folder: Path) -> None:
    assert demo.masked((folder / "printed.txt").read_text()) == demo.masked(demo.shown())
    assert demo.readme_with(demo.shown()) == README
    for run in ("simulated", "generated"):
        assert (folder / f"runs/demo/{run}/report/index.html").is_file()


def test_what_is_said_of_generated_clips_alone_may_differ(demo) -> None:
    """On another processor; files and all that is said of the simulated clips may not."""
    simulated = demo.COMMANDS[1]
    one = f"$ {demo.OF_GENERATED[2]}\na  0.12\nnext: lawful report a\n\n$ {simulated}\n8 clips\n"
    assert demo.masked(one) == demo.masked(one.replace("a  0.12", "b  0.45"))
    for before, after in (("report a", "report b"), ("8 clips", "9 clips"), ("compare", "score")):
        assert demo.masked(one) != demo.masked(one.replace(before, after))
    assert [command for command in demo.COMMANDS if f"$ {command}\n" not in demo.shown()] == []


def test_the_makefile_runs_the_same_commands(demo) -> None:
    recipe = (ROOT / "Makefile").read_text().replace("$(DEMO)", "runs/demo").replace("$(BIN)/", "")
    assert [command for command in demo.COMMANDS if f"\t{command}\n" not in recipe] == []


def test_there_are_commands_to_run() -> None:
    assert len(COMMANDS) >= 4


@pytest.fixture(scope="module")
def done(folder: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """What came of the README's commands, run in order in the user's folder."""
    return {
        command: subprocess.run(
            [Path(sys.executable).with_name("lawful"), *shlex.split(command)[1:]],
            cwd=folder, capture_output=True, text=True, check=False,
        )
        for command in COMMANDS
    }  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str, done: dict[str, subprocess.CompletedProcess[str]]) -> None:
    ended = done[command]
    below_bar = "--fail-under" in command and "Error" not in ended.stderr
    assert ended.returncode == 0 or (below_bar and ended.returncode == 1), f"{command}\n{ended.stderr}"


PYTHON = {"README.md": README} | {
    name: (ROOT / "docs" / name).read_text()
    for name in ("videos.md", "runs.md", "report.md", "statistics.md", "comparison.md")
}


@pytest.mark.parametrize(
    ("page", "code"), [(page, code) for page, text in PYTHON.items() for code in blocks("python", text)]
)
@pytest.mark.usefixtures("done")
def test_the_python_of_a_page_runs(page: str, code: str, folder: Path) -> None:
    shutil.copyfile(folder / "my_videos" / "pendulum.mp4", folder / "clip.mp4")
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, f"{page}\n{ran.stderr}"


@pytest.mark.parametrize(
    "page",
    ["README.md", "CONTRIBUTING.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))],
)
def test_links_lead_to_files(page: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (ROOT / page).read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not ((ROOT / page).parent / target).exists()] == []
