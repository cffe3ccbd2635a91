"""What is told of the videos of a run: by the prompts file, and by the manifests among them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lawful.generators.manifest import MANIFEST, is_manifest, read_manifest, told_prompt
from lawful.generators.records import VideoRecord
from lawful.video.collect import Collection
from lawful.video.prompts import PromptRow, match, read_prompts


@dataclass(frozen=True)
class Told:
    """What is known of some videos."""

    rows: Mapping[Path, PromptRow]
    """What is told of a video, by its absolute path."""
    read: frozenset[Path]
    """Files that were read, and so are not skipped."""
    files_without_video: tuple[str, ...] = ()
    """Files of which something is told and that are not among the videos."""
    videos_without_row: tuple[str, ...] = ()
    """Videos of which nothing is told, where there is something that could."""
    notes: tuple[str, ...] = ()
    """What the user should know."""


def told(collection: Collection, prompts: str | None, suites: Iterable[str]) -> Told:
    """What the prompts file and the manifests of generated videos tell; where both do, the prompts file counts.

    Args:
        collection: The videos, and what lies beside them: each manifest among it is read.
        prompts: The prompts file; None for none.
        suites: Ids of the suites that are asked. A case of another suite is told as no case.

    Raises:
        InputError: The prompts file or a manifest is not usable.
    """
    suites = frozenset(suites)
    manifests = [
        one.path for one in collection.skipped if one.path.name == MANIFEST and is_manifest(one.path)
    ]
    rows: dict[Path, PromptRow] = {}
    lost: list[str] = []
    paths = {clip.path for clip in collection.inputs}
    for manifest in manifests:
        for path, row in _rows(manifest, suites):
            if path in paths:
                rows[path] = row
            else:
                lost.append(row.file)
    read = {file for path in manifests for file in (path.absolute(), path.absolute().with_name(".lock"))}
    notes: tuple[str, ...] = ()
    if prompts is not None:
        table = read_prompts(Path(prompts).absolute())
        matched = match(table, collection.inputs)
        rows |= {path: _with_maker(row, rows.get(path)) for path, row in matched.rows.items()}
        lost += [row.file for row in matched.rows_without_input]
        read.add(table.path)
        if table.ignored_columns:
            notes = (f"{prompts}: columns that mean nothing here: {', '.join(table.ignored_columns)}",)
    without = () if not read else tuple(clip.name for clip in collection.inputs if clip.path not in rows)
    return Told(rows, frozenset(read), tuple(lost), without, notes)


def _rows(manifest: Path, suites: frozenset[str]) -> Iterator[tuple[Path, PromptRow]]:
    folder = manifest.parent.resolve()
    for number, record in enumerate(read_manifest(manifest).values(), start=1):
        path = folder / record.file
        yield path.parent.resolve() / path.name, _row(number, record, suites)


def _row(number: int, record: VideoRecord, suites: frozenset[str]) -> PromptRow:
    case = record.case if record.suite in suites else None
    prompt = told_prompt(record)
    return PromptRow(number, record.file, prompt, case, record.generator, record.seed, record.licence)


def _with_maker(row: PromptRow, of_manifest: PromptRow | None) -> PromptRow:
    """A row of the prompts file, with the generator and its licence by the manifest unless it names another one."""
    if of_manifest is None or row.generator not in (None, of_manifest.generator):
        return row
    return replace(row, generator=of_manifest.generator, licence=of_manifest.licence)
