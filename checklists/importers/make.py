"""From published files to a suite's file."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lawful.checklists.document import suite_document
from lawful.checklists.importers.formats import ImportFormat, import_format
from lawful.checklists.importers.items import Item, LeftOut, Made, Note
from lawful.checklists.json_file import MAX_BYTES
from lawful.checklists.load import read_suite
from lawful.checklists.suite import Case, Question, Suite
from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.core.files import replacing, write_atomic

MAX_SCALES = 100
"""Scales of a suite."""


@dataclass(frozen=True)
class Imported:
    """What came of some files."""

    format: str
    """Name of their format."""
    suite: Suite
    """The suite."""
    left_out: tuple[LeftOut, ...]
    """What is not in it, in the order of the files."""
    notes: Mapping[str, int]
    """What has no place in a suite, or was added, and how often."""
    videos: Mapping[str, str]
    """Name of a case's video in the benchmark's folders, by case, where it is known."""

    @property
    def n_questions(self) -> int:
        """Questions, those of all cases and those of every video."""
        return len(self.suite.questions) + sum(len(case.questions) for case in self.suite.cases.values())


def import_suite(name: str, paths: Sequence[Path], suite_id: str | None = None) -> Imported:
    """The suite of some published files.

    Args:
        name: Name of their format.
        paths: The files.
        suite_id: Id of the suite; None for the name of the format.

    Returns:
        The suite, with all that is not in it. Its version is a digest of its content.

    Raises:
        AbsentError: There is no such format, or a package that it needs is not installed.
        InputError: A file cannot be read as a whole, or nothing in the files can be imported.
    """
    source = import_format(name)
    cases, left_out, notes, videos = _gather(source.read(paths), source.questions)
    if not cases:
        raise InputError(_nothing(source, left_out))
    draft = Suite(suite_id or name, "0", source.title, source.licence, source.questions, cases)
    document = suite_document(draft)
    if len(document["scales"]) > MAX_SCALES:
        raise InputError(
            f"{len(document['scales'])} scales come of these files. Allowed in a suite: {MAX_SCALES}. "
            "Import fewer files at a time."
        )
    version = digest([document[key] for key in ("scales", "questions", "cases")])[:12]
    suite = Suite(suite_id or name, version, source.title, source.licence, source.questions, cases)
    return Imported(name, suite, tuple(left_out), dict(notes), videos)


def write_import(imported: Imported, path: Path) -> None:
    """Write the suite's file. It is whole and passes `lawful checklists validate`, or it is not there.

    Raises:
        InputError: The suite is larger than a suite's file may be, or not right: its id, or a first frame that
            leads out of the folder.
        LawfulError: The place cannot be written.
    """
    text = json.dumps(suite_document(imported.suite), indent=1, ensure_ascii=False)
    n_bytes = len(text.encode())
    if n_bytes > MAX_BYTES:
        raise InputError(
            f"{path}: the suite would have {n_bytes:,} bytes. Allowed: {MAX_BYTES:,}. Import fewer files at a time."
        )
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode())
        try:
            read_suite(temporary)
        except InputError as error:
            raise InputError(str(error).replace(str(temporary), str(path))) from error


def write_videos(imported: Imported, path: Path) -> int:
    """Write which video is of which case, as `lawful score --prompts` reads it.

    A video that several cases ask about is not in it: a clip has one case.

    Returns:
        How many cases are in it.

    Raises:
        LawfulError: The place cannot be written.
    """
    times = Counter(imported.videos.values())
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("file", "prompt", "case"))
    alone = [(video, "", case) for case, video in imported.videos.items() if times[video] == 1]
    table.writerows(alone)
    write_atomic(path, out.getvalue())
    return len(alone)


def _gather(
    items: Iterable[Item], general: Sequence[Question]
) -> tuple[dict[str, Case], list[LeftOut], Counter[str], dict[str, str]]:
    cases: dict[str, Case] = {}
    videos: dict[str, str] = {}
    first: dict[str, Made] = {}
    owner = {question.id: "every video" for question in general}
    left_out: list[LeftOut] = []
    notes: Counter[str] = Counter()
    for item in items:
        if isinstance(item, Note):
            notes[item.text] += 1
        elif isinstance(item, LeftOut):
            left_out.append(item)
        else:
            problem = _clash(item, first, owner)
            if problem:
                left_out.append(LeftOut(item.row.file, item.row.place, problem))
                continue
            case = item.case
            cases[case.id], first[case.id] = case, item
            owner.update({question.id: case.id for question in case.questions})
            if item.video is not None:
                videos[case.id] = item.video
    return cases, left_out, notes, videos


def _clash(item: Made, first: Mapping[str, Made], owner: Mapping[str, str]) -> str | None:
    case = item.case
    if case.id in first:
        earlier = first[case.id].row
        return f"the case {case.id} is already there: {earlier.file}, {earlier.place}"
    taken = next((question.id for question in case.questions if question.id in owner), None)
    if taken is not None:
        return f"the case {case.id}: its question {taken} has the name of one of {owner[taken]}"
    return None


def _nothing(source: ImportFormat, left_out: Sequence[LeftOut]) -> str:
    lines = [f"nothing can be imported as {source.name}, which wants {source.files}"]
    lines += [f"  {one.file}, {one.place}: {one.text}" for one in left_out[:5]]
    if len(left_out) > 5:
        lines.append(f"  and {len(left_out) - 5:,} more")
    return "\n".join(lines)
