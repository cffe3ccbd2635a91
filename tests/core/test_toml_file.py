"""TOML from outside: settings by name, and what is wrong with a file."""

import re

import pytest

from lawful.core.errors import InputError
from lawful.core.toml_file import read_settings, read_toml
from lawful.core.versions import versions_of


def test_settings_are_tables_by_name(tmp_path):
    path = tmp_path / "some.toml"
    path.write_text('[one]\nsteps = 2\n["two:a/b"]\nnames = ["x"]\n')
    assert read_settings(path, "generators") == {"one": {"steps": 2}, "two:a/b": {"names": ["x"]}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one = 3\n", "some.toml.generators.one: expected an object, found 3"),
        ("[one]\nday = 2020-01-01\n", "some.toml: a setting is no text, number, list or table: "),
        ("[one\n", "some.toml: is no TOML: "),
        ("a = " + "[" * 5000, "some.toml: is no TOML: "),
    ],
)
def test_what_is_no_table_of_settings_is_refused(tmp_path, text, message):
    path = tmp_path / "some.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(message)):
        read_settings(path, "generators")


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: cannot be read \(No such file or directory\)"):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(InputError, match=r"bytes\.toml: is no TOML: 'utf-8' codec"):
        read_toml(tmp_path / "bytes.toml")


def test_versions_are_those_of_what_is_installed():
    found = versions_of(("numpy", "no-such-package-of-a-test"))
    assert list(found) == ["python", "numpy"]
    assert found["numpy"].count(".") >= 1
