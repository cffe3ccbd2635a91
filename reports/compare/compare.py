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
    sections = _changed(clips, request) if request.changes else _compared(clips, request, progress)
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
    found = _compared(read_scores((run,)), CompareRequest(runs=(run,)), progress, one_alone=False)
    return tuple(in_report(section, "generators") for section in found)


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


def _compared(
    clips: tuple[ScoredClip, ...], request: CompareRequest, progress: Progress, one_alone: bool = True
) -> tuple[ResultSection, ...]:
    """A section for each suite and judge, with what is known of it over rollout time.

    Without `one_alone` there is none for a single generator of which nothing is known over rollout time.
    """
    level, by = request.settings.level, request.systems
    rollouts = {
        section.keys: section
        for section in rollout_sections(request.runs, level, by, request.suites, request.judges)
    }
    sections = []
    for one in fields(clips, by):
        more = rollouts.get(one.keys)
        if more is None and len(one.systems) < 2 and not one_alone:
            continue
        section = _section(one, request, progress)
        if more is not None:
            section = replace(
                section,
                tables=(*section.tables, *more.tables),
                plots=(*section.plots, *more.plots),
                notes=(*section.notes, *more.notes),
            )
        sections.append(section)
    return tuple(sections)


def _changed(clips: tuple[ScoredClip, ...], request: CompareRequest) -> tuple[ResultSection, ...]:
    before, after = run_names(request.runs)
    found = compare_runs(
        [clip for clip in clips if clip.run == before],
        [clip for clip in clips if clip.run == after],
        request.kinds,
        request.settings,
    )
    return tuple(changes_section(one, (before, after)) for one in found)
