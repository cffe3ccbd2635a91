"""Thresholds for a promised rate of false alarms, from the user's own lawful clips."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.core.files import write_atomic
from lawful.judge.arguments import RunRequest
from lawful.judge.conformal import Conformal, conformal_threshold, least_clips, too_few
from lawful.judge.make import make_judge
from lawful.judge.plan import make_plan
from lawful.judge.progress import Listener, RunSummary, silent
from lawful.judge.protocol import fingerprint
from lawful.judge.reading import read_run
from lawful.judge.records import Verdict
from lawful.judge.run import score_paths
from lawful.judge.stored import StoredClip
from lawful.judge.summary import without_say
from lawful.judge.task import Engine, JudgeSpec

HEAD = "# Made by lawful calibrate: thresholds from lawful clips. For `lawful score --judge-config`.\n"
"""First line of the files that are written; only such a file is written over."""
_LABEL_TURNS = 0.5


@dataclass(frozen=True)
class Calibration:
    """What lawful clips came to."""

    summary: RunSummary
    """What was judged, and what could not be read."""
    conformal: Conformal
    """The threshold and its promise."""
    config: Mapping[str, Any]
    """The judge's settings, the thresholds among them."""
    fingerprint: str
    """Fingerprint of the judge with these settings."""
    n_abstained: int
    """Lawful clips on which the judge abstains: they cannot be flagged and are not counted."""
    n_flagged_before: int
    """Clips that the settings before would have flagged."""
    shipped_at: float
    """The threshold of the settings before."""
    n_twice: int
    """Clips that are there more than once; each counts once."""


def calibrate(
    request: RunRequest, rate: float, out: Path, on_event: Listener = silent, engine: Engine | None = None
) -> Calibration:
    """Judge lawful clips, find the threshold, and write it as a judge's settings.

    The clips are judged as `lawful score` would, in a run folder that the same request goes on in.

    Args:
        request: Clips, one judge, one suite, and settings of the judge to start from.
        rate: The rate of false alarms that is promised, above 0 and at most 0.5.
        out: The file to write.
        on_event: Is told of every look.
        engine: Runs the tasks; None for the engine that `request.workers` says.

    Raises:
        InputError: The rate is out of range; there are too few clips for it; the judge has no such thresholds, or
            more than one judge or suite is asked for; or the file is there and is no such file.
        LawfulError: As `score_paths`.
    """
    _check_out(out)
    if len(request.judges) != 1 or len(request.suites) != 1:
        raise InputError("thresholds are made for one judge under one suite; name one of each")
    name = request.judges[0]
    before = make_judge(JudgeSpec(name, dict(request.judge_config.get(name, {})))).rule
    if before.violation_at is None or before.clear_at is None:
        raise InputError(f"the judge {name!r} ranks clips and answers nothing, so it has no threshold to set")
    _check_settings(name, request)
    n_inputs = len(make_plan(request).inputs)
    if n_inputs < least_clips(rate):
        raise too_few(n_inputs, rate, f"found {n_inputs}")
    summary = score_paths(request, on_event, engine)
    scores, n_abstained, n_twice = _scores(summary)
    if len(scores) < least_clips(rate):
        others = f"{n_abstained} abstained on, {n_twice} there twice, {len(summary.failed)} not readable"
        raise too_few(len(scores), rate, f"found {len(scores)} that were answered ({others})")
    # Above one half a flagged question would have the good label.
    found = conformal_threshold(list(scores.values()), rate, most=_LABEL_TURNS)
    config = dict(request.judge_config.get(name, {})) | {
        "violation_at": found.threshold,
        "clear_at": max(before.clear_at, found.threshold + 1e-6),
        "thresholds_made_on": _made_on(scores, n_abstained, rate, request),
    }
    judge = make_judge(JudgeSpec(name, config))
    write_atomic(out, HEAD + tomli_w.dumps({name: config}))
    flagged = sum(score <= before.violation_at for score in scores.values())
    return Calibration(
        summary,
        found,
        config,
        fingerprint(judge),
        n_abstained,
        flagged,
        before.violation_at,
        n_twice,
    )


def flag_score(clip: StoredClip) -> float | None:
    """The score that decides whether a clip is flagged: the lowest of its verdicts; None where there is none."""
    no_say = without_say(clip.questions)
    heard = [
        outcome
        for look in clip.repeats
        for outcome in look
        if isinstance(outcome, Verdict) and outcome.question_id not in no_say
    ]
    return min((verdict.score for verdict in heard), default=None)


def _scores(summary: RunSummary) -> tuple[dict[str, float], int, int]:
    """Score by digest of the clip, how many have none, and how many are there more than once."""
    names, scores = frozenset(summary.names), {}
    abstained: set[str] = set()
    n_read = 0
    for clip in read_run(summary.folder):
        if clip.video not in names or clip.error is not None or clip.sha256 is None:
            continue
        n_read += 1
        score = flag_score(clip)
        if score is not None:
            scores[clip.sha256] = score
        else:
            abstained.add(clip.sha256)
    return scores, len(abstained), n_read - len(scores) - len(abstained)


def _made_on(scores: Mapping[str, float], n_abstained: int, rate: float, request: RunRequest) -> str:
    more = f" ({n_abstained} more abstained)" if n_abstained else ""
    return (
        f"{len(scores)} lawful clips{more}, digest {digest(sorted(scores))[:16]}, suite {request.suites[0]}, "
        f"promised false alarms {rate:g}"
    )


def _check_settings(name: str, request: RunRequest) -> None:
    """Refuse a judge whose settings have no place for thresholds, before anything is judged."""
    tried = {"violation_at": 0.125, "clear_at": 0.625, "thresholds_made_on": "nothing"}
    try:
        rule = make_judge(JudgeSpec(name, dict(request.judge_config.get(name, {})) | tried)).rule
    except InputError as error:
        raise InputError(f"the judge {name!r} takes no thresholds in its settings: {error}") from error
    if (rule.violation_at, rule.clear_at) != (0.125, 0.625):
        raise InputError(f"the judge {name!r} makes no use of thresholds in its settings")


def _check_out(out: Path) -> None:
    if not out.parent.is_dir():
        raise InputError(f"{out}: there is no folder {out.parent} to write it in")
    if out.is_dir():
        raise InputError(f"{out}: is a folder; name a file, such as judge.toml")
    if out.exists() and not out.read_bytes().startswith(HEAD.encode()):
        raise InputError(
            f"{out}: is there and was not made by lawful calibrate. Choose another name with --out."
        )
