"""Suites from their names or files: read, checked, and made into records."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lawful.checklists.json_file import (
    Problem,
    pointer,
    read_json,
    refuse,
    shown_text,
)
from lawful.checklists.meaning import meaning_problems
from lawful.checklists.suite import Case, Question, Scale, Suite
from lawful.core.errors import AbsentError
from lawful.core.registry import find

SCHEMA = "lawful.suite/1"

_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_WANTED = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
}


def load_suite(path_or_name: str | Path) -> Suite:
    """The suite of a registered name or of a file.

    What is a path and what a name: see `is_path`.

    >>> load_suite("physics").questions[0].law
    'gravity'

    Raises:
        AbsentError: No suite has this name.
        InputError: The file is not usable as it is; the message lists every problem with its place.
    """
    if isinstance(path_or_name, Path) or is_path(path_or_name):
        return read_suite(Path(path_or_name))
    try:
        entry, _ = find("suite", path_or_name)
    except AbsentError as error:
        raise AbsentError(f"{error} A suite of your own is given as the path of its .json file.") from error
    return entry.factory()


def is_path(path_or_name: str) -> bool:
    """Whether what a user typed for a suite is a path: it has a slash or ends in ".json".

    >>> is_path("physics"), is_path("mine.json"), is_path("suites/mine")
    (False, True, True)
    """
    return "/" in path_or_name or path_or_name.endswith(".json")


def suite_folder(path_or_name: str) -> Path | None:
    """The folder from which first frames of a suite are found; None for a suite that a plug-in makes.

    >>> suite_folder("suites/mine.json").name
    'suites'
    """
    if is_path(path_or_name):
        return Path(path_or_name).absolute().parent
    entry, _ = find("suite", path_or_name)
    own = entry.origin == "lawful.checklists.builtin"
    return Path(str(files("lawful.checklists.suites"))) if own else None


def read_suite(path: Path) -> Suite:
    """The suite of a file (format: `suite.schema.json`); the file may come from anywhere.

    Raises:
        InputError: The file is not usable as it is; the message lists every problem with its place.
    """
    document = read_json(path)
    refuse(path, _schema_problems(document))
    refuse(path, meaning_problems(document, path.parent))
    return _suite(document)


def _schema_problems(document: Any) -> Iterator[Problem]:
    for error in _validator().iter_errors(document):
        yield Problem(pointer(error.absolute_path), _say(error))


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads(files("lawful.checklists").joinpath("suite.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(_written_out(schema, schema["$defs"]))


def _written_out(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """The schema with its references replaced by what they stand for, which is checked several times faster."""
    if isinstance(schema, list):
        return [_written_out(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _written_out(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    return {key: _written_out(part, definitions) for key, part in schema.items() if key != "$defs"}


def _say(error: Any) -> str:
    value, wanted, schema = error.instance, error.validator_value, error.schema
    shown = shown_text(value) if not isinstance(value, dict | list) else _KINDS[type(value)]
    match error.validator:
        case "required":
            missing = [key for key in wanted if key not in value]
            return f"lacks {', '.join(missing)}. Needed: {', '.join(wanted)}."
        case "additionalProperties":
            extra = [key for key in value if key not in schema["properties"]]
            names = ", ".join(shown_text(key) for key in extra[:5])
            return f"has no place for {names}. Allowed: {', '.join(schema['properties'])}."
        case "type":
            kind = _KINDS[type(value)]
            return f"is {kind}{'' if shown == kind else f': {shown}'}. Allowed: {_WANTED[wanted]}."
        case "const":
            return f"is {shown}. Allowed: {shown_text(wanted)}."
        case "pattern" | "maxLength":
            return f"is {shown}. Allowed: {schema['description']}."
        case "minimum" | "maximum":
            return f"is {shown}. Allowed: {schema['minimum']} to {schema['maximum']}."
        case "minItems" | "minProperties":
            return f"has {len(value)} entries. Allowed: {wanted} or more."
        case "maxItems" | "maxProperties":
            return f"has {len(value)} entries. Allowed: {wanted} or fewer."
        case keyword:
            raise AssertionError(f"the schema uses {keyword}, for which there is no message")


def _suite(document: Mapping[str, Any]) -> Suite:
    scales = {
        name: Scale(name, {label: float(value) for label, value in scale["labels"].items()})
        for name, scale in document["scales"].items()
    }
    cases = [_case(case, scales) for case in document.get("cases", ())]
    return Suite(
        id=document["id"],
        version=document["version"],
        title=document["title"],
        licence=document["licence"],
        questions=_questions(document, scales),
        cases={case.id: case for case in cases},
        gate_at=float(document["gate_at"]) if "gate_at" in document else None,
    )


def _case(document: Mapping[str, Any], scales: Mapping[str, Scale]) -> Case:
    return Case(
        id=document["id"],
        prompt=document["prompt"],
        first_frame=document.get("first_frame"),
        expected=document.get("expected"),
        seeds=tuple(int(seed) for seed in document.get("seeds", ())),
        questions=_questions(document, scales),
        answers=dict(document.get("answers", {})),
    )


def _questions(document: Mapping[str, Any], scales: Mapping[str, Scale]) -> tuple[Question, ...]:
    return tuple(
        Question(
            id=question["id"],
            text=question["text"],
            axis=question["axis"],
            scale=scales[question["scale"]],
            law=question.get("law"),
            families=tuple(question.get("families", ())),
            depends_on=tuple(question.get("depends_on", ())),
            tier=int(question["tier"]) if "tier" in question else None,
        )
        for question in document.get("questions", ())
    )
