"""Scoring a clip: a fold of a judge over the clip's frames."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from lawful.checklists.suite import Question
from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.judge.contract import checked
from lawful.judge.protocol import Given, Judge, fingerprint
from lawful.judge.records import RETRIED, Reason, Unscored, Verdict
from lawful.video.frames import ClipMeta, Frames


def whole() -> str | None:
    """The damage of a clip that has none."""
    return None


def judge_clip(
    judge: Judge,
    meta: ClipMeta,
    chunks: Iterable[Frames],
    questions: Sequence[Question],
    given: Mapping[Given, str],
    repeat: int = 0,
    damage: Callable[[], str | None] = whole,
) -> list[Verdict | Unscored]:
    """Push a clip's chunks through a judge and collect the outcome of every question.

    Questions that the judge does not answer become `Unscored("not_asked")` and it never sees them; where it
    answers none of them, no frame is read. Of what is given, it sees what it declares.

    A question is void, `Unscored("premise_not_met")`, where a question that it depends on was answered with
    anything but the best value, or is void itself. A premise without a verdict voids nothing: not known
    is not the same as not met, and the judge may well answer the question and not its premise. Where the premise
    is to be asked again by the next run, so is the question, which may then be void.

    On a damaged file no verdict stands: each becomes `Unscored("damaged")` with its score as the leaning and
    its evidence kept.

    Args:
        judge: The judge.
        meta: The clip.
        chunks: Its frames in order, sampled as the judge wants them, in chunks of any size.
        questions: What is asked, in order.
        given: What there is to give beside pixels and questions.
        repeat: Which of the repeated looks this is, from 0.
        damage: Called after the last chunk: what is wrong with the file, None if nothing is.

    Returns:
        One outcome for each question, in their order. Where the judge states no time, the time it took is
        shared out over the questions that it was asked.

    Raises:
        InputError: The clip has no frame, or a question depends on one that is not among the questions.
        AbsentError: Something that the judge needs is not here.
        LawfulError: The judge raised something else, or returned something unsound.
    """
    _check_premises(questions)
    asked = [question for question in questions if _answers(judge, question)]
    outcomes = {outcome.question_id: outcome for outcome in _ask(judge, meta, chunks, asked, given, repeat)}
    judge_fingerprint = fingerprint(judge)
    for question in questions:
        if question.id not in outcomes:
            outcomes[question.id] = Unscored(
                meta.video_sha256,
                question.id,
                "not_asked",
                f"{judge.name} does not answer such questions",
                judge_fingerprint,
            )
    void = _void_premises(questions, outcomes)
    for name, detail in _open_premises(questions, outcomes).items():
        # What the judge does not answer is not asked again; what stands on it is.
        if not _is_not_asked(outcomes[name]):
            outcomes[name] = _unscored(outcomes[name], "no_answer", detail)
    damaged = damage() if asked else None
    return [_settled(outcomes[question.id], void.get(question.id), damaged) for question in questions]


def _ask(
    judge: Judge,
    meta: ClipMeta,
    chunks: Iterable[Frames],
    asked: Sequence[Question],
    given: Mapping[Given, str],
    repeat: int,
) -> list[Verdict | Unscored]:
    if not asked:
        return []
    n_frames = 0
    seconds = 0.0
    wanted: dict[Given, str] = {name: text for name, text in given.items() if name in judge.given}
    with _blaming(judge, "open"):
        started_s = time.perf_counter()
        state = judge.open(meta, tuple(asked), wanted, repeat)
        seconds += time.perf_counter() - started_s
    for chunk in chunks:
        n_frames += len(chunk)
        with _blaming(judge, "push"):
            started_s = time.perf_counter()
            state = judge.push(state, chunk)
            seconds += time.perf_counter() - started_s
    if n_frames == 0:
        raise InputError(f"{meta.name}: no frame could be read")
    with _blaming(judge, "close"):
        started_s = time.perf_counter()
        returned = judge.close(state)
        seconds += time.perf_counter() - started_s
    outcomes = checked(returned, judge, meta, asked)
    if any(outcome.seconds for outcome in outcomes):
        return outcomes
    return [replace(outcome, seconds=seconds / len(asked)) for outcome in outcomes]


def _answers(judge: Judge, question: Question) -> bool:
    with _blaming(judge, "answers"):
        return judge.answers(question)


def _check_premises(questions: Sequence[Question]) -> None:
    ids = [question.id for question in questions]
    if len(set(ids)) < len(ids):
        raise InputError(f"two questions have one id: {', '.join(sorted(ids))}")
    for question in questions:
        for premise in question.depends_on:
            if premise not in ids:
                raise InputError(
                    f"question {question.id!r} depends on {premise!r}, which is not asked. Ask it as well."
                )


def _void_premises(
    questions: Sequence[Question], outcomes: Mapping[str, Verdict | Unscored]
) -> dict[str, str]:
    by_id = {question.id: question for question in questions}
    void: dict[str, str] = {}
    while True:
        found = {}
        for question in questions:
            for premise in question.depends_on if question.id not in void else ():
                outcome = outcomes[premise]
                values = by_id[premise].scale.values
                if premise in void:
                    found[question.id] = f"{premise}: {void[premise]}"
                elif isinstance(outcome, Verdict) and values[outcome.label] < max(values.values()):
                    found[question.id] = f"the answer to {premise} is {outcome.label!r}"
        if not found:
            return void
        void |= found


def _open_premises(
    questions: Sequence[Question], outcomes: Mapping[str, Verdict | Unscored]
) -> dict[str, str]:
    """The questions with an outcome to keep that stand on one that is to be asked again, and on which."""

    def is_open(name: str) -> bool:
        outcome = outcomes[name]
        return isinstance(outcome, Unscored) and outcome.reason in RETRIED

    found: dict[str, str] = {}
    while True:
        more = {
            question.id: f"its premise {premise} has no answer yet"
            for question in questions
            if question.id not in found and not is_open(question.id)
            for premise in question.depends_on
            if premise in found or is_open(premise)
        }
        if not more:
            return found
        found |= more


def _settled(outcome: Verdict | Unscored, void: str | None, damaged: str | None) -> Verdict | Unscored:
    if void is not None and not _is_not_asked(outcome):
        return _unscored(outcome, "premise_not_met", void)
    if damaged is not None and isinstance(outcome, Verdict):
        return replace(
            _unscored(outcome, "damaged", damaged), leaning=outcome.score, evidence=outcome.evidence
        )
    return outcome


def _is_not_asked(outcome: Verdict | Unscored) -> bool:
    return isinstance(outcome, Unscored) and outcome.reason == "not_asked"


def _unscored(outcome: Verdict | Unscored, reason: Reason, detail: str) -> Unscored:
    return Unscored(
        video_sha256=outcome.video_sha256,
        question_id=outcome.question_id,
        reason=reason,
        detail=detail,
        fingerprint=outcome.fingerprint,
        seconds=outcome.seconds,
        tokens=outcome.tokens,
    )


@contextmanager
def _blaming(judge: Judge, method: str) -> Iterator[None]:
    try:
        yield
    except AbsentError:
        raise
    except Exception as error:
        raise LawfulError(
            f"judge {judge.name!r} failed in {method}: {type(error).__name__}: {error}"
        ) from error
