"""Whatever a file holds, reading it gives a suite or one message."""

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawful.checklists.document import suite_document
from lawful.checklists.load import read_suite
from lawful.checklists.suite import Suite
from lawful.core.digest import digest
from lawful.core.errors import InputError

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        ["gravity", "hover", "yes_no", "cup_seen", "cup_falls", "a/../..", "\ud800", "\x1b", 1, 0.0]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read(content: bytes) -> Suite | str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "suite.json"
        path.write_bytes(content)
        try:
            return read_suite(path)
        except InputError as error:
            return str(error)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [(value, key) for key, _ in items] + [place for _, item in items for place in _places(item)]


@QUICK
@given(data=st.data())
def test_changed_values(document: dict[str, Any], data: st.DataObject) -> None:
    changed = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(_places(changed)))
        match data.draw(st.sampled_from(["set", "drop", "rename", "copy"])):
            case "set":
                container[key] = data.draw(VALUES)
            case "drop":
                del container[key]
            case "rename" if isinstance(container, dict):
                container[data.draw(st.text())] = container.pop(key)
            case _:
                other, place = data.draw(st.sampled_from(_places(changed)))
                container[key] = copy.deepcopy(other[place])
        if not _places(changed):
            break
    found = _read(json.dumps(changed).encode())
    if isinstance(found, Suite):
        digest(suite_document(found))  # what is read can be keyed and written
        assert _read(json.dumps(suite_document(found)).encode()) == found
    else:
        assert found.isprintable() or all(line.isprintable() for line in found.split("\n"))


@QUICK
@given(data=st.data())
def test_changed_bytes(document: dict[str, Any], data: st.DataObject) -> None:
    content = bytearray(json.dumps(document).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        stop = data.draw(st.integers(start, min(len(content), start + 5)))
        content[start:stop] = data.draw(st.binary(max_size=5))
    assert isinstance(_read(bytes(content)), Suite | str)


@QUICK
@given(value=VALUES)
def test_any_json(value: Any) -> None:
    assert isinstance(_read(json.dumps(value).encode()), str)
