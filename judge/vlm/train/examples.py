"""What is learnt from: one clip, one question, its right label. Read from simulated clips, or from a file of labels."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lawful.checklists.importers.items import LeftOut, Row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.load import load_suite
from lawful.checklists.suite import Case, Question, Suite
from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.generators.worlds.splits import splits
from lawful.judge.protocol import Given
from lawful.video.prompts import read_prompts


@dataclass(frozen=True, eq=False)
class Example:
    """One question about one clip, and the right answer."""

    clip: Path
    """The video."""
    question: Question
    """What is asked."""
    label: str
    """The right label."""
    value: float
    """The right score, 0-1: that of the label, or the mean of people's."""
    group: str
    """Clips of one group, such as twins or those of one prompt, are never parted by a split."""
    given: Mapping[Given, str] = field(default_factory=dict)
    """What is known of the clip beside its pixels."""
    way: str = ""
    """Violation family of the clip's group, where that is known; of a lawful twin too."""

    @property
    def about(self) -> str:
        """The law that is asked about, or the axis where it is none."""
        return self.question.law or self.question.axis


def world_examples(folder: Path, questions: Sequence[str], split: str | None) -> list[Example]:
    """Examples of a folder that `lawful worlds make` wrote.

    Args:
        folder: The folder.
        questions: Beginnings of the ids of the questions that are asked.
        split: The named split that all clips must be of, by their seeds; None for any.

    Raises:
        InputError: A file is missing or not usable, a clip is of another split, or no question begins so.
    """
    suite = load_suite(str(folder / "suite.json"))
    table = {row["file"]: row for row in _label_rows(folder / "labels.csv")}
    found: list[Example] = []
    for row in read_prompts(folder / "prompts.csv").rows:
        label = table.get(row.file)
        if label is None or row.case is None or row.case not in suite.cases:
            raise InputError(
                f"{folder}: labels.csv or suite.json does not know {row.file}. Make the folder again."
            )
        if not (folder / row.file).is_file():
            raise InputError(
                f"{folder}: {row.file} is not there. Make the folder again: what is missing is made."
            )
        _check_split(folder, int(label["seed"]), split)
        case = suite.cases[row.case]
        found += _of_case(suite, case, folder / row.file, str(label["number"]), questions, label["violation"])
    if not found:
        raise InputError(
            f"{folder}: no question whose id begins with {' or '.join(questions)} has a known answer for any of its clips"
        )
    ways = {one.group: one.way for one in found if one.way}
    return [Example(**{**vars(one), "way": ways.get(one.group, "")}) for one in found]


def _of_case(
    suite: Suite, case: Case, clip: Path, group: str, beginnings: Sequence[str], way: str
) -> list[Example]:
    given: dict[Given, str] = {"prompt": case.prompt}
    if case.expected is not None:
        given["expected"] = case.expected
    return [
        Example(clip, one, label, one.scale.values[label], group, given, way)
        for one in suite.questions_for(case.id)
        if one.id.startswith(tuple(beginnings)) and (label := case.answers.get(one.id)) is not None
    ]


def _check_split(folder: Path, seed: int, split: str | None) -> None:
    if split is None:
        return
    first, end = splits()[split].seeds
    if not first <= seed < end:
        inside = next(
            (name for name, pools in splits().items() if pools.seeds[0] <= seed < pools.seeds[1]), "none"
        )
        raise InputError(
            f"{folder}: a clip has the seed {seed}, which belongs to the split {inside}; clips that are learnt from must be "
            f"of the split {split}. Make them with --split {split}."
        )


def _label_rows(path: Path) -> list[Mapping[str, Any]]:
    rows = [_cells(row) for row in read_rows(path, (".csv",))]
    for cells in rows:
        absent = [name for name in ("file", "number", "seed", "violation") if name not in cells]
        if absent or not str(cells["seed"]).isdecimal():
            raise InputError(
                f"{path}: is not as lawful worlds make writes it: {', '.join(absent) or 'seed'} is "
                f"{'missing' if absent else 'no whole number'}. Make the folder again."
            )
    return rows


def _cells(row: Row | LeftOut) -> Mapping[str, Any]:
    if isinstance(row, LeftOut):
        raise InputError(f"{row.file}, {row.place}: {row.text}")
    return row.cells


def labelled_examples(path: Path, suite: Suite) -> list[Example]:
    """Examples of a file of labels: .csv or .jsonl with the columns file, question and label.

    Further columns: `group` (clips of one group stay together; the file where there is none), `value` (the right score,
    0-1, in the place of the label's), `prompt`, `expected`, and `case`, whose questions may then be named too.

    Args:
        path: The file; the clips' paths in it are relative to its folder.
        suite: Where the questions are.

    Raises:
        InputError: A row is not usable; the message says which.
    """
    found: list[Example] = []
    before: dict[tuple[Path, str], str] = {}
    for row in read_rows(path, (".csv", ".jsonl")):
        cells, where = _cells(row), f"{path}, {row.place}"
        try:
            one = _labelled(cells, path.parent, suite)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        earlier = before.setdefault((one.clip.resolve(), one.question.id), row.place)
        if earlier != row.place:
            raise InputError(
                f"{where}: {earlier} has a label of this video under this question already. Give one for each video and "
                "question; of several people the mean, as value (lawful ratings labels makes such a file)."
            )
        found.append(one)
    if not found:
        raise InputError(f"{path}: holds no labels")
    return found


def _labelled(cells: Mapping[str, object], folder: Path, suite: Suite) -> Example:
    told = {
        name: str(value).strip() for name, value in cells.items() if value is not None and str(value).strip()
    }
    for name in ("file", "question", "label"):
        if name not in told:
            raise InputError(f"{name} is missing. Needed: file, question, label.")
    clip = folder / told["file"]
    if not clip.exists():
        raise InputError(f"there is no {clip}")
    case = told.get("case")
    if case is not None and case not in suite.cases:
        raise InputError(f"suite {suite.id} has no case {case!r}")
    known = {one.id: one for one in suite.questions_for(case)}
    if told["question"] not in known:
        raise InputError(f"suite {suite.id} has no question {told['question']!r} for case {case}")
    question = known[told["question"]]
    if told["label"] not in question.scale.values:
        raise InputError(f"{told['label']!r} is none of the labels {', '.join(question.scale.values)}")
    given: dict[Given, str] = {}
    held = None if case is None else suite.cases[case]
    for name, of_case in (("prompt", held and held.prompt), ("expected", held and held.expected)):
        if text := told.get(name, of_case):
            given[name] = text  # pyright: ignore[reportArgumentType] - both names are among those of Given
    value = question.scale.values[told["label"]]
    if "value" in told:
        value = _share(told["value"])
    return Example(clip, question, told["label"], value, told.get("group", case or told["file"]), given)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise InputError(f"value should be a number from 0 to 1, found {text!r}")
    return value


def held_out(examples: Sequence[Example], share: float, seed: int) -> tuple[list[Example], list[Example]]:
    """Examples that are kept, and those of the groups that are held out.

    Whether a group is held out depends on its name and the seed alone.

    Raises:
        InputError: One side has no group.
    """
    limit = int(share * 2**32)
    aside = {one.group: int(digest([seed, one.group])[:8], 16) < limit for one in examples}
    parts = [one for one in examples if not aside[one.group]], [one for one in examples if aside[one.group]]
    if not all(parts):
        raise InputError(
            f"{len(aside)} groups of clips do not part into a share of {share:g} and the rest. "
            "Give more clips, another dev_share, or data for dev."
        )
    return parts


def check_apart(parts: Mapping[str, Sequence[Example]], digests: Mapping[Path, str]) -> None:
    """Refuse a clip that is in two parts.

    Args:
        parts: Examples by the name of their part.
        digests: SHA-256 of every clip.

    Raises:
        InputError: There is one.
    """
    seen: dict[str, tuple[str, Path]] = {}
    for name, examples in parts.items():
        for clip in {one.clip for one in examples}:
            other, where = seen.setdefault(digests[clip], (name, clip))
            if other != name:
                raise InputError(
                    f"{clip} of {name} is the same video as {where} of {other}. Take it out of one of them."
                )


def summary_of(examples: Sequence[Example]) -> dict[str, object]:
    """Counts for the model card: clips, groups, and examples by what they are about and label."""
    counts: dict[str, dict[str, int]] = {}
    for one in examples:
        of_law = counts.setdefault(one.about, {})
        of_law[one.label] = of_law.get(one.label, 0) + 1
    clips, groups = {one.clip for one in examples}, {one.group for one in examples}
    return {
        "clips": len(clips),
        "groups": len(groups),
        "examples": len(examples),
        "labels": {name: dict(sorted(of_law.items())) for name, of_law in sorted(counts.items())},
    }


def examples_digest(examples: Sequence[Example], digests: Mapping[Path, str]) -> str:
    """Digest of all that is learnt from."""
    rows = [
        [
            digests[one.clip],
            one.question.id,
            one.question.text,
            one.label,
            one.value,
            one.group,
            dict(one.given),
        ]
        for one in examples
    ]
    return digest(sorted(rows, key=json.dumps))


def draw_key(seed: int, step: int) -> np.random.Generator:
    """The source of chance of a step: nothing else decides what it sees."""
    return np.random.default_rng([seed, step])
