"""What the document says runs, and what is not installed is named."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from lawful.generators.causal.spec import CausalSpec

DOCUMENT = (Path(__file__).parents[3] / "docs" / "generators.md").read_text(encoding="utf-8")


def test_the_examples_run(capsys):
    names = {"__name__": "generators"}
    for block in re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL):
        exec(compile(block, "generators.md", "exec"), names)
    assert capsys.readouterr().out == "".join(
        re.findall(r"^```text\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    )


def test_every_setting_is_in_the_table():
    assert {field.name for field in fields(CausalSpec)} == set(
        re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)
    )


@pytest.mark.parametrize("absent", ["torch", "diffusers"])
def test_without_the_extra_a_message_says_what_to_install(absent):
    script = (
        f"import sys; sys.modules[{absent!r}] = None\n"
        "from lawful.core.errors import AbsentError\n"
        "try:\n    import lawful.generators.causal.stock\n"
        "except AbsentError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    expected = f"{absent} is needed for causal generators and is not installed. Run: pip install 'lawful[generate]'\n"
    assert done.stdout == expected


def test_records_and_protocols_load_nothing_heavy():
    script = (
        "import sys, lawful.generators.records, lawful.generators.protocol, lawful.generators.guided\n"
        "print(sorted({'torch', 'diffusers', 'cv2', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
