"""What the page shows of a clip: a card with its evidence, or one row."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lawful.judge.records import Answer, Evidence, Unscored, Verdict
from lawful.judge.stored import AskedQuestion, StoredClip
from lawful.judge.summary import SummaryRule
from lawful.reports.exhibits import Exhibits, Picture
from lawful.reports.figures import (
    Rectangle,
    Timeline,
    Trail,
    drawing_height,
    law_hue,
    law_name,
    rectangle,
    timeline,
    trails,
)
from lawful.reports.rows import ANSWER_RANKS, JudgedClip, finite, strongest_first
from lawful.reports.tally import violated_laws

MAX_EVIDENCE = 12
"""Pieces of evidence on a card; the rest are counted and are in the JSON lines."""

Pair = tuple[Verdict | Unscored, AskedQuestion]
Standing = Literal["violation", "weak", "not_judged"]
"""Evidence of a violation; of a verdict that is none; of a question that got no verdict."""


@dataclass(frozen=True)
class Row:
    """What every clip of the list has."""

    number: int
    """Place in the run, from 1: the anchor of the clip."""
    name: str
    """The input's path as it was given."""
    video_link: str
    """Address of the video relative to the page."""
    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge."""
    generator: str | None
    """Who made it."""
    prompt: str | None
    """Its prompt."""
    answer: Answer
    """The answer."""
    reason: str
    """The answer's reason."""
    score: float | None
    """For ranking; None for NaN."""
    law_ids: tuple[str, ...]
    """The laws that are broken or that evidence speaks of, worst first."""
    frame_links: tuple[tuple[float, str], ...]
    """Times and addresses of the strongest evidence's frames."""

    @property
    def rank(self) -> tuple[int, float, str, int]:
        """Sorts the worst clip first: violations, then what is not sure, then the rest, each by score."""
        return (
            ANSWER_RANKS[self.answer],
            math.inf if self.score is None else self.score,
            self.name,
            self.number,
        )

    @property
    def laws(self) -> list[tuple[str, int | None]]:
        """Names and hues of the laws."""
        return [(law_name(law), law_hue(law)) for law in self.law_ids]


@dataclass(frozen=True)
class LawCell:
    """One law (or axis) of a card's strip."""

    name: str
    """Name for people."""
    hue: int | None
    """Its colour."""
    score: float | None
    """The worst score; None if no question of it was scored."""
    state: str
    """"bad", "between", "good", "ranked" (a judge without thresholds) or "unscored"."""
    title: str
    """What stands behind it."""


@dataclass(frozen=True)
class Shot:
    """One evidence frame with what is drawn on it."""

    picture: Picture
    """The frame."""
    box_is_here: bool
    """Whether the box was given for this moment (it is drawn dashed on the others)."""
    trails: tuple[Trail, ...]
    """The cited tracks."""


@dataclass(frozen=True)
class Finding:
    """One piece of evidence on a card."""

    number: int
    """Its number on the card."""
    evidence: Evidence
    """What it says."""
    law: str
    """Name of its law."""
    hue: int | None
    """The law's colour."""
    questions: tuple[str, ...]
    """Texts of the questions that rest on it."""
    standing: Standing
    """What was made of it."""
    box: Rectangle | None
    """Where."""
    shots: tuple[Shot, ...]
    """Its frames."""
    n_tracks: int
    """Cited tracks."""
    problems: tuple[str, ...]
    """What could not be shown, and why."""


@dataclass(frozen=True)
class Card:
    """A clip with all that there is to look at."""

    row: Row
    """What every clip of the list has."""
    clip: StoredClip
    """The clip."""
    score_sd: float | None
    """Spread over all looks."""
    looks: tuple[tuple[str, str], ...]
    """How the looks differed and how far that mattered, as (what, value); empty for one look."""
    height: int
    """Height of its pictures in drawing units."""
    timeline: Timeline | None
    """When what was seen."""
    laws: tuple[LawCell, ...]
    """Law by law."""
    findings: tuple[Finding, ...]
    """What was seen, the strongest of the worst question first."""
    n_more_findings: int
    """Evidence that is not shown."""
    scored: tuple[tuple[Verdict, AskedQuestion], ...]
    """Questions with a verdict, worst first."""
    unscored: tuple[tuple[Unscored, tuple[AskedQuestion, ...]], ...]
    """Reasons and the questions that have no verdict for it."""


def make_row(judged_clip: JudgedClip, number: int, exhibits: Exhibits) -> Row:
    """The row of a clip that has an answer."""
    clip, result = judged_clip.clip, judged_clip.result
    assert result is not None
    evidence = next((strongest_first(one.evidence)[0] for one in result.verdicts if one.evidence), None)
    frames = evidence.frames if evidence else ()
    links = [(frame.time_s, exhibits.frame_link(frame.file)) for frame in frames]
    laws = dict.fromkeys(violated_laws(judged_clip))
    laws |= dict.fromkeys(one.law for outcome in result.verdicts for one in outcome.evidence if one.law)
    return Row(
        number=number,
        name=clip.video,
        video_link=exhibits.link(Path(clip.path)),
        suite=clip.suite,
        judge=clip.judge,
        generator=clip.generator,
        prompt=clip.prompt,
        answer=result.answer,
        reason=result.reason,
        score=finite(result.score),
        law_ids=tuple(laws),
        frame_links=tuple((time_s, link) for time_s, link in links if link is not None),
    )


def make_card(judged_clip: JudgedClip, row: Row, exhibits: Exhibits, room_bytes: int) -> Card:
    """The card of a clip that has an answer, with at most so many bytes of pictures."""
    clip, result = judged_clip.clip, judged_clip.result
    assert result is not None
    exhibits.open_card(room_bytes)
    pairs = judged_clip.outcomes
    cited = cited_evidence(pairs)
    shown = cited[:MAX_EVIDENCE]
    findings = tuple(
        _finding(number, one, resting, clip, exhibits) for number, (one, resting) in enumerate(shown, 1)
    )
    return Card(
        row=row,
        clip=clip,
        score_sd=finite(judged_clip.spread.total),
        looks=_looks(judged_clip),
        height=drawing_height(clip.width_px, clip.height_px),
        timeline=timeline(clip.duration_s, [one for one, _ in shown], [one.standing for one in findings]),
        laws=law_cells(pairs, clip.rule),
        findings=findings,
        n_more_findings=len(cited) - len(shown),
        scored=tuple((one, question) for one, question in pairs if isinstance(one, Verdict)),
        unscored=_reasons(pairs),
    )


def _looks(judged_clip: JudgedClip) -> tuple[tuple[str, str], ...]:
    clip, spread = judged_clip.clip, judged_clip.spread
    if len(clip.repeats) < 2:
        return ()
    rates = sorted({way.fps for way in clip.ways if way.fps is not None})
    told = [("looks", str(len(clip.repeats)))]
    if len(rates) > 1:
        told.append(("frames a second", ", ".join(f"{fps:g}" for fps in rates)))
    sds = (("re-runs", spread.rerun), ("wordings", spread.wording), ("frame rates", spread.rate))
    told += [(f"sd over {name}", f"{value:.3f}") for name, value in sds if math.isfinite(value)]
    if spread.n_compared:
        told.append(("labels that change with the rate", f"{spread.n_flipped} of {spread.n_compared}"))
    return tuple(told)


def law_cells(pairs: Sequence[Pair], rule: SummaryRule) -> tuple[LawCell, ...]:
    """A cell for every law, or axis of questions about no law, that the judge was asked about; worst first."""
    groups: dict[tuple[str, int | None], list[Verdict | Unscored]] = {}
    for outcome, question in pairs:
        if isinstance(outcome, Unscored) and outcome.reason == "not_asked":
            continue
        name = law_name(question.law) if question.law else question.axis
        groups.setdefault((name, law_hue(question.law)), []).append(outcome)
    return tuple(_law_cell(name, hue, outcomes, rule) for (name, hue), outcomes in groups.items())


def _law_cell(
    name: str, hue: int | None, outcomes: Sequence[Verdict | Unscored], rule: SummaryRule
) -> LawCell:
    scores = [outcome.score for outcome in outcomes if isinstance(outcome, Verdict)]
    unscored = [outcome for outcome in outcomes if isinstance(outcome, Unscored)]
    said = f"{len(scores)} of {len(outcomes)} questions scored"
    reasons = list(dict.fromkeys(outcome.detail or outcome.reason for outcome in unscored))
    title = "; ".join([f"{name}: {said}", *reasons])
    if not scores:
        return LawCell(name, hue, None, "unscored", title)
    worst = min(scores)
    if rule.violation_at is None or rule.clear_at is None:
        state = "ranked"
    elif worst <= rule.violation_at:
        state = "bad"
    else:
        state = "good" if worst >= rule.clear_at else "between"
    return LawCell(name, hue, worst, state, title)


def cited_evidence(pairs: Iterable[Pair]) -> list[tuple[Evidence, list[Pair]]]:
    """Every piece of evidence once, with the outcomes that rest on it, worst first."""
    cited: dict[tuple[object, ...], tuple[Evidence, list[Pair]]] = {}
    for outcome, question in pairs:
        for one in strongest_first(outcome.evidence):
            key = (one.start_s, one.end_s, one.box, one.text)
            resting = cited.setdefault(key, (one, []))[1]
            if (outcome, question) not in resting:
                resting.append((outcome, question))
    return list(cited.values())


def standing_of(worst: Verdict | Unscored, rule: SummaryRule) -> Standing:
    """What was made of evidence, by the worst outcome that rests on it."""
    if isinstance(worst, Unscored):
        return "not_judged"
    return "violation" if rule.violation_at is not None and worst.score <= rule.violation_at else "weak"


def _finding(
    number: int, evidence: Evidence, resting: Sequence[Pair], clip: StoredClip, exhibits: Exhibits
) -> Finding:
    height = drawing_height(clip.width_px, clip.height_px)
    pictures = [exhibits.picture(frame.time_s, frame.file) for frame in evidence.frames]
    problems = [picture.missing for picture in pictures if picture.missing]
    if not evidence.frames:
        problems.append("no frames were saved with this evidence")
    tracks = None
    if evidence.tracks_file is not None:
        tracks, problem = exhibits.tracks(evidence.tracks_file)
        problems += [problem] if problem else []
    nearest = min((abs(picture.time_s - evidence.start_s) for picture in pictures), default=0.0)
    shots = tuple(
        Shot(
            picture=picture,
            box_is_here=abs(picture.time_s - evidence.start_s) == nearest,
            trails=tuple(trails(tracks, picture.time_s, height)) if tracks and picture.data_uri else (),
        )
        for picture in pictures
        if not picture.missing
    )
    return Finding(
        number=number,
        evidence=evidence,
        law=law_name(evidence.law),
        hue=law_hue(evidence.law),
        questions=tuple(question.text for _, question in resting),
        standing=standing_of(resting[0][0], clip.rule),
        box=None if evidence.box is None else rectangle(evidence.box, height),
        shots=shots,
        n_tracks=0 if tracks is None else len(tracks.ids),
        problems=tuple(problems),
    )


def _reasons(pairs: Sequence[Pair]) -> tuple[tuple[Unscored, tuple[AskedQuestion, ...]], ...]:
    groups: dict[tuple[str, str], tuple[Unscored, list[AskedQuestion]]] = {}
    for outcome, question in pairs:
        if isinstance(outcome, Unscored):
            groups.setdefault((outcome.reason, outcome.detail), (outcome, []))[1].append(question)
    return tuple((outcome, tuple(questions)) for outcome, questions in groups.values())
