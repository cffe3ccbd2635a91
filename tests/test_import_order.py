"""The arrows between the folders, walked in the syntax trees."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "core": {"core"},
    "video": {"core", "video"},
    "checklists": {"core", "checklists"},
    "generators": {"core", "video", "checklists", "generators"},
    "judge": {"core", "video", "checklists", "generators", "judge"},
    "reports": {"core", "video", "checklists", "generators", "judge", "reports"},
    "cli": {"core", "video", "checklists", "generators", "judge", "reports", "cli"},
    "configs": set(),
}


def imported_names(source: str) -> set[str]:
    """Dotted names of all modules that a source imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def wrong_arrows(folder: str, source: str) -> list[str]:
    """Imports in a file of that folder that the order of the folders forbids."""
    wrong = []
    for name in imported_names(source):
        top, _, rest = name.partition(".")
        bare = top in MAY_IMPORT or name.startswith(".")
        if bare or (top == "lawful" and rest.split(".")[0] not in MAY_IMPORT[folder]):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_a_folder_imports_itself_and_folders_to_its_left(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    found = {str(file.relative_to(ROOT)): wrong_arrows(folder, file.read_text()) for file in files}
    assert {file: wrong for file, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("video", "import lawful.judge.records"),
        ("video", "from lawful.checklists.suite import Suite"),
        ("judge", "from lawful.cli.main import main"),
        ("judge", "from . import records"),
        ("reports", "import judge"),
        ("configs", "import lawful.core.errors"),
    ],
)
def test_a_wrong_arrow_is_found(folder: str, line: str) -> None:
    assert wrong_arrows(folder, f"def f():\n    {line}\n")


def test_no_folder_is_loaded_under_its_bare_name() -> None:
    modules = [
        "lawful." + ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for folder in MAY_IMPORT
        for file in sorted((ROOT / folder).rglob("*.py"))
        if file.stem not in ("__init__", "__main__")
    ]
    script = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        f"print(sorted(set(sys.modules) & {set(MAY_IMPORT)!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
