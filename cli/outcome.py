"""What a run came to, as a table and some lines."""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from lawful.cli.tables import print_table
from lawful.judge.bill import Bill
from lawful.judge.progress import RunSummary
from lawful.reports.rows import ANSWER_RANKS, JudgedClip
from lawful.reports.tally import Tally

SHOWN_CLIPS = 20
SHOWN_FAILURES = 20


@dataclass(frozen=True)
class Outline:
    """The inputs of a command in a run: counts, and the worst of them."""

    tally: Tally
    """Counts over all."""
    worst: tuple[JudgedClip, ...]
    """The clips to show, violations first, then by score."""


def outline(folder: Path, names: Sequence[str]) -> Outline:
    """Read back what a run holds of some inputs.

    Raises:
        InputError: The store is damaged.
    """
    from lawful.judge.reading import read_run
    from lawful.reports.rows import judged
    from lawful.reports.tally import Tally

    wanted, tally = frozenset(names), Tally()

    def answered() -> Iterable[JudgedClip]:
        for clip in read_run(folder):
            if clip.video in wanted:
                judged_clip = judged(clip)
                tally.add(judged_clip)
                if judged_clip.result is not None:
                    yield judged_clip

    worst = heapq.nsmallest(SHOWN_CLIPS, answered(), key=_badness)
    return Outline(tally, tuple(worst))


def print_outcome(found: Outline, summary: RunSummary) -> None:
    """Print the worst clips, the counts, and what was left out."""
    total = found.tally.total
    with_judge = len(found.tally.groups) > 1
    columns = ["video", *(["suite", "judge"] if with_judge else []), "answer", "score", "law", "when", "why"]
    if found.worst:
        print_table(columns, [_row(clip, with_judge) for clip in found.worst])
    more = total.n - total.failed - len(found.worst)
    if more > 0:
        click.echo(f"and {more} more")
    click.echo("")
    for line in _counts(found.tally):
        click.echo(line)
    click.echo(f"{summary.n_judged} judged now, {summary.n_stored} from the store")
    if summary.n_too_short:
        click.echo(f"{summary.n_too_short} looks not taken: their clips end before a time of --until")
    print_left_out(summary.skipped, summary.prompts_without_video, summary.videos_without_prompt)


def print_left_out(
    skipped: Mapping[str, int], without_video: Sequence[str], without_prompt: Sequence[str]
) -> None:
    """Say which files were skipped, and what of the prompts file found no partner."""
    for why, n in skipped.items():
        click.echo(f"skipped {n}: {why}")
    if without_video:
        click.echo(f"prompts without a video: {_some(without_video)}")
    if without_prompt:
        click.echo(f"videos without a prompt: {_some(without_prompt)}")


def print_bills(bills: Mapping[str, Bill]) -> None:
    """Say what judges that ask a server would be asked, by estimate."""
    for judge, bill in bills.items():
        click.echo(
            f"{judge}: about {_bill_text(bill)}, if every answer can be used; an answer that cannot is asked for once more"
        )
        if bill.cost is None:
            click.echo(
                "  no cost: prices are not known; set access.prices = {input = ..., output = ...} in --judge-config, for a "
                "million tokens"
            )


def print_spent(spent: Mapping[str, Bill]) -> None:
    """Say what judges that ask a server were asked, on stderr."""
    for judge, bill in spent.items():
        if bill.n_calls:
            click.echo(f"{judge}: {_bill_text(bill)}", err=True)


def _bill_text(bill: Bill) -> str:
    calls = f"{bill.n_calls:,} call{'' if bill.n_calls == 1 else 's'}"
    cost = "" if bill.cost is None else f", {bill.cost:.4g} {bill.currency}"
    return f"{calls}, {bill.tokens_in:,} tokens sent, {bill.tokens_out:,} answered{cost}"


def print_failed(failed: Mapping[str, str]) -> None:
    """Name the inputs that could not be scored, on stderr."""
    for name, why in list(failed.items())[:SHOWN_FAILURES]:
        click.echo(f"failed: {name}: {why.removeprefix(f'{name}: ')}", err=True)
    if len(failed) > SHOWN_FAILURES:
        click.echo(f"failed: and {len(failed) - SHOWN_FAILURES} more", err=True)


def groups_below(tally: Tally, limit: float) -> list[str]:
    """One sentence for every suite and judge whose answered clips have a mean score below the limit."""
    sentences = []
    for key, counts in tally.groups.items():
        group = f"suite {key.suite}, judge {key.judge}"
        if math.isnan(counts.mean_score):
            sentences.append(
                f"{group}: no clip was answered, so there is no mean score to be at least {limit:g}"
            )
        elif counts.mean_score < limit:
            sentences.append(
                f"{group}: the mean score of {counts.answered} answered clips is {counts.mean_score:.3f}, "
                f"below {limit:g}"
            )
    return sentences


def _badness(clip: JudgedClip) -> tuple[int, float, str]:
    assert clip.result is not None
    score = clip.result.score
    return ANSWER_RANKS[clip.result.answer], math.inf if math.isnan(score) else score, clip.clip.video


def _row(clip: JudgedClip, with_judge: bool) -> list[str]:
    from lawful.reports.tables import worst_finding
    from lawful.reports.wording import ANSWERS

    assert clip.result is not None
    law = when = ""
    found = worst_finding(clip)
    if found is not None and found[2] is not None and clip.result.answer != "none_found":
        law = found[1] or ""
        when = f"{found[2].start_s:.2f}-{found[2].end_s:.2f} s"
    score = "-" if math.isnan(clip.result.score) else f"{clip.result.score:.2f}"
    names = [clip.clip.suite, clip.clip.judge] if with_judge else []
    return [clip.clip.video, *names, ANSWERS[clip.result.answer], score, law, when, clip.result.reason]


def _counts(tally: Tally) -> list[str]:
    lines = []
    for key, counts in tally.groups.items():
        name = f"{key.suite}, {key.judge}: " if len(tally.groups) > 1 else ""
        mean = "" if math.isnan(counts.mean_score) else f", mean score {counts.mean_score:.2f}"
        lines.append(
            f"{name}{counts.n} clips: {counts.answers['violation']} violation, "
            f"{counts.answers['none_found']} none found, {counts.answers['not_sure']} not sure, "
            f"{counts.failed} failed"
        )
        lines.append(
            f"{name}{counts.answered} answered (coverage {counts.coverage:.0%}){mean}; "
            f"questions: {counts.n_scored_questions} scored, {counts.n_unscored_questions} unscored"
            f"{f' ({counts.n_not_asked} not for this judge)' if counts.n_not_asked else ''}"
        )
        spread = counts.spreads.sentence()
        lines += [f"{name}{spread}"] if spread else []
    return lines


def _some(names: Sequence[str], shown: int = 3) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
