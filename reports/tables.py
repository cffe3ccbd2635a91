"""The report as tables: CSV for programs and spreadsheets, Markdown for people."""

import math
from collections.abc import Sequence
from typing import Any

from lawful.judge.records import Evidence, Verdict
from lawful.reports import cells
from lawful.reports.export.markdown import markdown_section
from lawful.reports.head import ReportHead
from lawful.reports.rows import JudgedClip, clip_values, strongest_first
from lawful.reports.tally import Counts, GroupKey, Tally, spread_sentences
from lawful.reports.wording import ANSWERS, COVERAGE, NOT_SURE, SCORE

_FROM_LINE = (
    "schema", "video", "sha256", "suite", "judge", "fingerprint", "generator", "case", "prompt",
    "answer", "reason", "score", "error", "duration_s", "repeats", "score_sd",
    "score_sd_rerun", "score_sd_wording", "score_sd_rate", "fps", "n_rate_compared", "n_rate_flips",
)  # fmt: skip
CSV_COLUMNS = (
    *_FROM_LINE,
    "worst_question",
    "worst_law",
    "worst_start_s",
    "worst_end_s",
    "worst_text",
    "n_scored",
    "n_unscored",
)


def worst_finding(judged_clip: JudgedClip) -> tuple[Verdict, str | None, Evidence | None] | None:
    """The verdict with the worst score, its law and its strongest evidence; None if nothing was scored."""
    if judged_clip.result is None or not judged_clip.result.n_scored:
        return None
    outcome, question = judged_clip.outcomes[0]
    assert isinstance(outcome, Verdict)
    evidence = strongest_first(outcome.evidence)
    law = question.law or (evidence[0].law if evidence else None)
    return outcome, law, evidence[0] if evidence else None


def csv_header() -> str:
    """The first line of the CSV table, with its line end."""
    return cells.csv_line(CSV_COLUMNS)


def csv_line(judged_clip: JudgedClip) -> str:
    """A clip's line of the CSV table, with its line end."""
    line = clip_values(judged_clip)
    line["fps"] = " ".join(f"{fps:g}" for fps in line["fps"])
    values: list[Any] = [line[key] for key in _FROM_LINE]
    found, result = worst_finding(judged_clip), judged_clip.result
    if found is None:
        values += [None] * 5
    else:
        verdict, law, evidence = found
        values += [verdict.question_id, law]
        values += [evidence.start_s, evidence.end_s, evidence.text] if evidence else [None, None, None]
    values += [result.n_scored, result.n_unscored] if result else [0, 0]
    return cells.csv_line(values)


def markdown(head: ReportHead, tally: Tally, rows: Sequence[str], failed: Sequence[str]) -> str:
    """The whole Markdown report.

    Args:
        head: What is said of the run.
        tally: Its counts.
        rows: The rows of `markdown_row`, in the order to show.
        failed: The lines of `markdown_failure`.
    """
    total = tally.total
    parts = [
        f"# Report of {cells.markdown_text(head.name)}",
        _facts(head, tally),
        _counts_table(tally),
        *(f"{cells.markdown_text(name)}: {sentence}" for name, sentence in spread_sentences(tally)),
        f"{COVERAGE}\n\n{NOT_SURE}\n\n{SCORE}",
        *(markdown_section(section) for section in head.sections),
        "## Clips",
    ]
    if rows:
        parts.append("\n".join([*cells.markdown_head(_CLIP_COLUMNS), *rows]))
    else:
        parts.append("No clip was scored.")
    if total.failed or failed:
        parts.append(f"## Failed inputs ({total.failed})")
        parts.append("\n".join(failed))
    return "\n\n".join(parts) + "\n"


_CLIP_COLUMNS = ("video", "suite", "judge", "answer", "score", "law", "when", "what was seen", "scored")
_COUNT_COLUMNS = (
    "suite", "judge", "generator", "clips", "answered", "coverage", "violation", "none found", "not sure",
    "failed", "mean score (n)", "laws broken (clips)",
)  # fmt: skip


def markdown_row(judged_clip: JudgedClip) -> str:
    """A clip's row of the Markdown table."""
    clip, result = judged_clip.clip, judged_clip.result
    assert result is not None
    found = worst_finding(judged_clip)
    law, when = None, ""
    if found is not None:
        evidence = found[2]
        law = found[1] if evidence or result.answer == "violation" else None
        when = f"{evidence.start_s:.2f}–{evidence.end_s:.2f} s" if evidence else ""
    values = (
        clip.video,
        clip.suite,
        clip.judge,
        ANSWERS[result.answer],
        number(result.score),
        law or "",
        when,
        result.reason,
        f"{result.n_scored} of {result.n_scored + result.n_unscored}",
    )
    return cells.markdown_row(values)


def markdown_failure(judged_clip: JudgedClip) -> str:
    """A clip's line in the list of failed inputs."""
    return f"- {cells.markdown_text(judged_clip.clip.video)}: {cells.markdown_text(judged_clip.error or '')}"


def number(value: float, digits: int = 3) -> str:
    """A number for people; "NaN" stays visible, it is never a zero."""
    return "NaN" if math.isnan(value) else f"{value:.{digits}f}"


def _facts(head: ReportHead, tally: Tally) -> str:
    judges = ", ".join(sorted({key.judge for key in tally.groups})) or "none"
    suites = ", ".join(sorted({key.suite for key in tally.groups})) or "none"
    total = tally.total
    facts = [
        f"judges: {cells.markdown_text(judges)}",
        f"suites: {cells.markdown_text(suites)}",
        f"clips: {total.n}",
    ]
    facts += [f"{cells.markdown_text(name)}: {cells.markdown_text(value)}" for name, value in head.facts]
    return "\n".join(f"- {fact}" for fact in facts)


def _counts_table(tally: Tally) -> str:
    lines = cells.markdown_head(_COUNT_COLUMNS)
    for groups in (tally.groups, tally.generators):
        for key in sorted(groups, key=GroupKey.names):
            lines.append(_counts_row((key.suite, key.judge, key.generator or "all"), groups[key]))
    return "\n".join(lines)


def _counts_row(names: Sequence[str], counts: Counts) -> str:
    laws = ", ".join(f"{law} {n}" for law, n in counts.laws.most_common())
    return cells.markdown_row((
        *names,
        str(counts.n),
        str(counts.answered),
        number(counts.coverage, 2),
        str(counts.answers["violation"]),
        str(counts.answers["none_found"]),
        str(counts.answers["not_sure"]),
        str(counts.failed),
        f"{number(counts.mean_score)} ({counts.answered})",
        laws,
    ))  # fmt: skip
