"""What was looked at, as evidence: the times of the frames that a model was shown, and three of them as pictures."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lawful.judge.records import EvidenceFrame, Unscored, Verdict
from lawful.video.frames import Frames

_EVIDENCE_FRAMES = 3
_LEANS = 0.5
_EVEN_S = 0.002
"""Frames are evenly spaced if their distances differ by less: containers round times to the millisecond."""


def pictured(outcomes: list[Verdict | Unscored], frames: Frames) -> list[Verdict | Unscored]:
    """The outcomes, three frames with the first evidence of those that lean to a violation, and of the worst.

    Not with all of them: where evidence is not saved to files, the same pictures would be sent a hundred times.
    """
    picked = np.unique(np.linspace(0, len(frames) - 1, _EVIDENCE_FRAMES).round().astype(int))
    pictures = tuple(EvidenceFrame(float(frames.times_s[at]), frames.rgb[at]) for at in picked)
    worst = max(outcomes, key=lambda one: one.evidence[0].probability)
    return [
        replace(one, evidence=(replace(one.evidence[0], frames=pictures), *one.evidence[1:]))
        if one is worst or one.evidence[0].probability > _LEANS
        else one
        for one in outcomes
    ]


def shown_times(times: Sequence[float]) -> str:
    """All times of the frames that were shown, in short where they are even."""
    n = f"{len(times)} frame{'s' if len(times) > 1 else ''} shown"
    steps = np.diff(times)
    if len(times) > 2 and np.ptp(steps) < _EVEN_S:
        return f"{n}, every {steps.mean():.4g} s from {times[0]:.2f} to {times[-1]:.2f} s"
    return f"{n}, at {' '.join(f'{time_s:.2f}' for time_s in times)} s"
