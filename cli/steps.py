"""A file of steps: the commands from generating to the report, each with its options in a table."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from lawful.cli.main import COMMANDS
from lawful.core.errors import InputError
from lawful.core.fields import Fields

STEPS = ("generate", "score", "compare", "agree", "report")
"""The commands that may be steps, in the order in which they are run."""
_GOES_ON_AFTER_1 = ("score",)
"""Steps whose exit code 1 says that some inputs failed: the rest is still worth showing."""


@dataclass(frozen=True)
class Step:
    """One command and what it is given."""

    name: str
    """The command."""
    arguments: tuple[str, ...]
    """Its arguments, as on a command line."""


def is_steps(body: Mapping[str, Any]) -> bool:
    """Whether a TOML file holds steps, and is not the file of one run."""
    return not body.keys() & {"schema", "command"}


def read_steps(body: Mapping[str, Any], file: Path, out: str | None, quiet: bool) -> tuple[Step, ...]:
    """The steps of a file, with the folders that lead from one to the next filled in.

    Args:
        body: The file's content.
        file: The file, for messages and for the folder's name.
        out: Another folder than the file's.
        quiet: Make all steps quiet that can be.

    Raises:
        InputError: A table or a key is unknown, a value is of a wrong kind, or a step lacks what it works on.
    """
    fields = Fields(body, str(file))
    fields.only("out", *STEPS)
    names = [name for name in STEPS if name in body]
    if not names:
        raise InputError(f"{file}: has no step; a step is a table of the name {', '.join(STEPS)}")
    tables = {name: dict(fields.inner(name).body) for name in names}
    _connect(tables, Path(out or fields.optional("out", fields.text) or file.stem), file)
    if quiet:
        for name in names:
            if "quiet" in _parameters(_command(name)):
                tables[name]["quiet"] = True
    return tuple(Step(name, _arguments(name, tables[name], file)) for name in names)


def check_steps(steps: Sequence[Step], file: Path) -> None:
    """Parse all steps, and look for the judges and suites that will be asked, before the first one is run.

    Raises:
        click.UsageError: A step's options are not what its command takes.
        LawfulError: A judge or suite is not here or not usable.
    """
    for step in steps:
        arguments = list(step.arguments)
        if step.name == "score":
            # Its videos may not be made yet.
            arguments = [*arguments[: arguments.index("--")], "--", "."]
        try:
            context = _command(step.name).make_context(step.name, arguments)
        except click.UsageError as error:
            raise click.UsageError(f"{file}: [{step.name}]: {error.format_message()}") from error
        with context:
            if step.name == "score":
                _look_for_judges(context.params)


def run_steps(steps: Sequence[Step], context: click.Context, folder: Path, quiet: bool) -> int:
    """Run the steps one after the other; paths are from a folder.

    Returns:
        The exit code: of the step that ended it, or 1 where videos could not be scored.
    """
    code = 0
    with contextlib.chdir(folder):
        for step in steps:
            if not quiet:
                click.echo(f"\n[{step.name}]", err=True)
            command = _command(step.name)
            try:
                with command.make_context(step.name, list(step.arguments), parent=context) as inner:
                    command.invoke(inner)
            except click.exceptions.Exit as end:
                code = code or end.exit_code
                if end.exit_code and not (end.exit_code == 1 and step.name in _GOES_ON_AFTER_1):
                    return end.exit_code
    return code


def _connect(tables: Mapping[str, dict[str, Any]], out: Path, file: Path) -> None:
    """Give each step what the one before it made, where the file does not say otherwise."""
    if "generate" in tables:
        tables["generate"].setdefault("out", str(out / "videos"))
    if "score" in tables:
        score = tables["score"]
        score.setdefault("out", str(out / "run"))
        if "generate" in tables:
            score.setdefault("paths", [tables["generate"]["out"]])
            if "suite" in tables["generate"]:
                score.setdefault("suite", tables["generate"]["suite"])
    for name, key in (("compare", "runs"), ("agree", "runs"), ("report", "run")):
        if name in tables:
            if "score" in tables:
                run = tables["score"]["out"]
                tables[name].setdefault(key, run if key == "run" else [run])
            if name != "report":
                tables[name].setdefault("out", f"{out / name}{os.sep}")
    for name, table in tables.items():
        wanted = {"generate": "suite", "score": "paths", "report": "run"}.get(name, "runs")
        if wanted not in table:
            before = {"generate": "", "score": ", or add [generate]"}.get(name, ", or add [score]")
            raise InputError(f"{file}: [{name}]: {wanted} is missing: name what the step works on{before}")


def _arguments(name: str, table: Mapping[str, Any], file: Path) -> tuple[str, ...]:
    known = _parameters(_command(name))
    options: list[str] = []
    named: list[str] = []
    for key, value in table.items():
        where = f"{file}: [{name}]"
        parameter = known.get(key)
        if parameter is None:
            raise InputError(f"{where}: unknown {key!r}; known: {', '.join(known)}")
        if isinstance(parameter, click.Option) and parameter.is_flag:
            if not isinstance(value, bool):
                raise InputError(f"{where}: {key} should be true or false, found {value!r}")
            options += [f"--{key}"] * value
            continue
        values = _texts(value, f"{where}: {key}")
        if isinstance(parameter, click.Argument):
            named += values
        elif parameter.multiple:
            options += [f"--{key}={one}" for one in values]
        else:
            options.append(f"--{key}={','.join(values)}")
    return (*options, "--", *named)


def _texts(value: Any, where: str) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not values or any(isinstance(one, bool) or not isinstance(one, str | int | float) for one in values):
        raise InputError(f"{where} should be a text, a number or a list of them, found {value!r}")
    return [str(one) for one in values]


def _parameters(command: click.Command) -> dict[str, click.Parameter]:
    """What a step may say: options by their long names, and what the command works on by its name."""
    found: dict[str, click.Parameter] = {}
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            found[str(parameter.name)] = parameter
        else:
            found |= {name[2:]: parameter for name in parameter.opts if name.startswith("--")}
    return {name: parameter for name, parameter in found.items() if name not in ("help", "dry-run")}


def _command(name: str) -> click.Command:
    module, _, attribute = COMMANDS[name][0].partition(":")
    return getattr(import_module(module), attribute)


def _look_for_judges(asked: Mapping[str, Any]) -> None:
    from lawful.checklists.load import load_suite
    from lawful.judge.arguments import read_judge_config
    from lawful.judge.make import make_judge
    from lawful.judge.task import JudgeSpec

    config = {} if asked["judge_config"] is None else read_judge_config(Path(asked["judge_config"]))
    for judge in asked["judges"]:
        make_judge(JudgeSpec(judge, config.get(judge, {})))
    for suite in asked["suites"]:
        load_suite(suite)
