import re
from pathlib import Path

import pytest

from lawful.judge.vlm.tracks.form import CONFIG, FAMILIES, WEIGHTS

PAGE = (Path(__file__).parents[4] / "docs" / "trajectory.md").read_text(encoding="utf-8")


def test_the_python_of_the_page_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/trajectory.md", "exec"), {})


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, "arXiv 2510.07550"])
def test_the_page_names_what_there_is(name: str) -> None:
    assert name in PAGE


def test_the_page_names_every_family() -> None:
    assert len(re.findall(r"^\| (Qwen|LLaVA)", PAGE, re.MULTILINE)) == len(FAMILIES)
