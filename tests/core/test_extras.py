import json
from pathlib import Path

import pytest

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.core.extras import require


def test_what_is_here_is_imported() -> None:
    assert require("json", "torch", "reading") is json


def test_what_is_absent_is_named_with_the_line_that_installs_it() -> None:
    message = (
        r"nothing_of_a_test is needed for tensors and is not installed\. Run: pip install 'lawful\[torch\]'"
    )
    with pytest.raises(AbsentError, match=message):
        require("nothing_of_a_test", "torch", "tensors")


def test_a_package_that_is_here_and_broken_is_not_called_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_extra_of_a_test.py").write_text("raise ImportError('libGL.so.1 is missing')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"libGL\.so\.1 is missing"):
        require("broken_extra_of_a_test", "torch", "tensors")


def test_a_package_whose_own_import_is_missing_is_not_called_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "halved_extra_of_a_test.py").write_text("import its_own_part_of_a_test")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="its_own_part_of_a_test"):
        require("halved_extra_of_a_test", "torch", "tensors")


def test_all_errors_are_lawful_errors() -> None:
    assert issubclass(AbsentError, LawfulError)
    assert issubclass(InputError, LawfulError)
