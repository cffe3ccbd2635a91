"""Stored clips made by hand."""

import pytest

from lawful.judge.records import Evidence, Unscored, Verdict
from lawful.judge.stored import AskedQuestion, StoredClip
from lawful.judge.summary import SummaryRule
from lawful.video.frames import Box

RULE = SummaryRule("min-0.3-0.7", "min", violation_at=0.3, clear_at=0.7)
YES_NO = {"no": 0.0, "yes": 1.0}
QUESTIONS = (
    AskedQuestion("permanence", "Does every object stay in existence?", "physics", "permanence", YES_NO),
    AskedQuestion("energy", "Does every bounce lose height?", "physics", "energy", YES_NO),
    AskedQuestion("reflection", "Do mirrors show what is before them?", "physics", "reflection", YES_NO),
    AskedQuestion("prompt", "Does it show what was asked for?", "prompt", None, YES_NO),
)


def make_evidence(start_s=1.0, end_s=1.5, **changes):
    values = {
        "start_s": start_s,
        "end_s": end_s,
        "box": Box(0.25, 0.5, 0.375, 0.75),
        "law": "permanence",
        "magnitude": 12.5,
        "unit": "px",
        "text": "A ball is gone between two frames.",
        "probability": 0.9,
    }
    return Evidence(**{**values, **changes})


def make_verdict(question="permanence", score=0.9, evidence=(), yes=None, **changes):
    yes = score if yes is None else yes
    probabilities = {"yes": yes, "no": 1 - yes}
    values = {
        "video_sha256": "a" * 64,
        "question_id": question,
        "label": "yes" if yes >= 0.5 else "no",
        "probabilities": probabilities,
        "score": score,
        "fingerprint": "f" * 64,
        "evidence": tuple(evidence),
    }
    return Verdict(**{**values, **changes})


def make_unscored(question="reflection", reason="abstained", detail="no mirror was found", **changes):
    values = {
        "video_sha256": "a" * 64,
        "question_id": question,
        "reason": reason,
        "detail": detail,
        "fingerprint": "f" * 64,
    }
    return Unscored(**{**values, **changes})


def make_clip(video="clips/ball.mp4", repeats=None, **changes):
    if repeats is None:
        repeats = ((make_verdict("permanence"), make_verdict("energy", 0.8)),)
    values = {
        "video": video,
        "path": f"/videos/{video}",
        "sha256": "a" * 64,
        "suite": "physics",
        "judge": "kinematic",
        "fingerprint": "f" * 64,
        "rule": RULE,
        "generator": None,
        "case": None,
        "prompt": None,
        "seed": None,
        "error": None,
        "duration_s": 2.0,
        "width_px": 640,
        "height_px": 360,
        "questions": QUESTIONS,
        "repeats": repeats,
    }
    return StoredClip(**{**values, **changes})


@pytest.fixture
def evidence():
    return make_evidence


@pytest.fixture
def verdict():
    return make_verdict


@pytest.fixture
def unscored():
    return make_unscored


@pytest.fixture
def clip():
    return make_clip


HOSTILE_NAME = 'a<script>alert("x")</script>|`b`\n\'c\' & "d" ünï 日本 \u2028.mp4'


@pytest.fixture
def hostile_name():
    return HOSTILE_NAME


@pytest.fixture
def some_clips():
    """A violation, a clean clip, a not-sure clip, a failed one, a second judge, a formula as a name, repeats."""
    seen = (
        make_evidence(0.5, 0.75, probability=0.4),
        make_evidence(1.25, 1.5, box=None, magnitude=None, unit=None),
    )
    return [
        make_clip(
            "clips/gone.mp4",
            ((make_verdict("permanence", 0.05, seen), make_verdict("energy", 0.8), make_unscored()),),
            generator="wan",
            case="drop-1",
            prompt="A ball falls.\nIt bounces.",
            seed=3,
        ),
        make_clip("clips/fine.mp4", generator="wan"),
        make_clip(
            "clips/mirror.mp4", ((make_verdict("permanence", 0.95), make_unscored()),), duration_s=None
        ),
        make_clip(
            "clips/broken.mp4", (), error="clips/broken.mp4: no video stream", sha256=None, duration_s=None
        ),
        make_clip(
            "=1+2.mp4",
            ((make_unscored("permanence", "damaged", "the file ends early"), make_unscored()),),
            judge="mean-motion",
            rule=SummaryRule("rank", "mean"),
            prompt="@cmd",
        ),
        make_clip(
            HOSTILE_NAME,
            (
                (
                    make_verdict("permanence", 0.1, (make_evidence(text="First <b>look</b>."),)),
                    make_unscored(),
                ),
                (make_verdict("permanence", 0.2, (make_evidence(text="Second look."),)), make_unscored()),
            ),
            prompt="</style><img src=x onerror=alert(1)>",
            generator="<i>gen</i>",
        ),
    ]
