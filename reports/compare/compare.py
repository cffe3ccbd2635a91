"""`lawful compare` from Python: run folders in, a document of tables and plots out."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from lawful.core.errors import InputError
from lawful.reports.aggregate.registry import aggregate
from lawful.reports.compare.changes import compare_runs
from lawful.reports.compare.document import Progress, changes_section, field_section
from lawful.reports.compare.field import Field, SystemKind, fields
from lawful.reports.compare.leaderboard import Settings
from lawful.reports.results import ResultDocument, ResultSection, ResultTable
from lawful.reports.rollout.sections import rollout_sections
from lawful.reports.scores import MeasureKind, ScoredClip, read_scores, run_names

SCHEMA = "lawful.compare/1"
_RUNS_COMPARED = 2


@dataclass(frozen=True)
class CompareRequest:
    """What is to be compared."""

    runs: tuple[Path, ...]
    """Run folders."""
    kinds: tuple[MeasureKind, ...] = ("axis", "law")
    """The measures beside those of the whole clip."""
    systems: SystemKind = "generator"
    """What is compared."""
    suites: tuple[str, ...] = ()
    """Only these suites; empty for all."""
    judges: tuple[str, ...] = ()
    """Only these judges; empty for all."""
    aggregations: tuple[str, ...] = ()
    """Published ways of making one number of a checklist, by name."""
    changes: bool = False
    """Compare two runs video by video, rather than generators."""
    settings: Settings = field(default_factory=Settings)
    """How numbers are made."""


def silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def compare(request: CompareRequest, progress: Progress = silent) -> ResultDocument:
    """Compare generators, or two runs.

    Args:
        request: What is to be compared.
        progress: Is told how many measures of a section are done.

    Raises:
        InputError: A folder is no run, nothing is left by the choice of suites and judges, `changes` is asked of
            other than two runs, or an aggregation is not known or does not fit.
    """
    _check(request)
    clips = _chosen(read_scores(request.runs), request)
    if request.changes:
        sections = _changed(clips, request)
    else:
        found = fields(clips, request.systems)
        rollouts = rollout_sections(
            request.runs, request.settings.level, request.systems, request.suites, request.judges
        )
        sections = _with_rollouts(tuple(_section(field, request, progress) for field in found), rollouts)
    settings = request.settings
    facts = (
        ("runs", ", ".join(run_names(request.runs))),
        ("intervals", f"{settings.level:.0%}, {settings.n_resamples:,} resamples, seed {settings.seed}"),
    )
    title = "Run against run" if request.changes else "Generators compared"
    return ResultDocument(SCHEMA, title, facts, sections)


def report_sections(run: Path, progress: Progress = silent) -> tuple[ResultSection, ...]:
    """What the report of a run says of its generators: nothing where there is one, and no look at early ends.

    Raises:
        InputError: No run is here, or a damaged one.
    """
    if not read_scores((run,)):
        return ()
    found = compare(CompareRequest(runs=(run,)), progress)
    several = [section for section in found.sections if len(section.tables) > 1]
    return tuple(in_report(section, "generators") for section in several)


def in_report(section: ResultSection, part: str) -> ResultSection:
    """A section as a part of a report, which may hold others on the same suite and judge, and tables of their ids."""
    first = part.split(" ", maxsplit=1)[0]
    return replace(
        section,
        title=f"{section.title}: {part}",
        keys=(("part", part), *section.keys),
        tables=tuple(replace(table, id=f"{first}_{table.id}") for table in section.tables),
    )


def _check(request: CompareRequest) -> None:
    if request.changes and len(request.runs) != _RUNS_COMPARED:
        raise InputError(f"--changes compares two runs, before and after; {len(request.runs)} were named")
    if request.changes and request.aggregations:
        raise InputError("--changes and --aggregate exclude each other: aggregate each run by itself")


def _chosen(clips: tuple[ScoredClip, ...], request: CompareRequest) -> tuple[ScoredClip, ...]:
    for what, wanted in (("suite", request.suites), ("judge", request.judges)):
        known = sorted({getattr(clip, what) for clip in clips})
        for name in wanted:
            if name not in known:
                raise InputError(f"the runs hold no {what} {name!r}; they hold {', '.join(known) or 'none'}")
        clips = tuple(clip for clip in clips if not wanted or getattr(clip, what) in wanted)
    if not clips:
        raise InputError(
            "the runs hold no scored video"
            + (" of these suites and judges together" if request.suites else "")
        )
    return clips


def _section(field: Field, request: CompareRequest, progress: Progress) -> ResultSection:
    settings = request.settings
    tables: list[ResultTable] = []
    for name in request.aggregations:
        rng = settings.rng(field.suite, field.judge, name)
        tables += aggregate(name, field.named_clips, rng, settings.level)
    section = field_section(field, request.kinds, settings, progress)
    return replace(section, tables=(*section.tables, *tables))


def _with_rollouts(
    sections: tuple[ResultSection, ...], rollouts: tuple[ResultSection, ...]
) -> tuple[ResultSection, ...]:
    """Each section with what is known of its suite and judge over rollout time."""
    found = {section.keys: section for section in rollouts}
    joined = []
    for section in sections:
        more = found.get(section.keys)
        if more is not None:
            section = replace(
                section,
                tables=(*section.tables, *more.tables),
                plots=(*section.plots, *more.plots),
                notes=(*section.notes, *more.notes),
            )
        joined.append(section)
    return tuple(joined)


def _changed(clips: tuple[ScoredClip, ...], request: CompareRequest) -> tuple[ResultSection, ...]:
    before, after = run_names(request.runs)
    found = compare_runs(
        [clip for clip in clips if clip.run == before],
        [clip for clip in clips if clip.run == after],
        request.kinds,
        request.settings,
    )
    return tuple(changes_section(one, (before, after)) for one in found)
