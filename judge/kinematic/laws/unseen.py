"""What something that was not seen could have done to a body: bounces off a straight edge that stands still."""

import numpy as np

from lawful.judge.kinematic.events.breaks import Break

_DIRECTIONS = 72
_TURNS = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
_OUTWARD = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
_ALONG = np.stack([-_OUTWARD[:, 1], _OUTWARD[:, 0]], axis=1)
_LIVELY = 0.9
_FRICTION = 0.5
_ERRORS = 2.0
_CLEAR = 0.15


def beyond_bounces(change: Break) -> float:
    """How far a change of velocity is from what a bounce off any unseen straight edge does: 0 = bare, 1 = clear.

    Whatever way the edge lies, the body must come up to it, must not go on into it, leaves it at most 0.9 times as
    fast as it came, and friction changes its motion along the edge by at most half of what the edge changes across
    it; nor may it get faster. A body that turns and gets no faster is nearly always within that; one that gets faster never is.

    Source: Coulomb's law of friction and Newton's of restitution for one impact (Stronge, Impact Mechanics, 2000,
        chapter 2).
    """
    before, after = np.array(change.before_px_s), np.array(change.after_px_s)
    closing, opening = -_OUTWARD @ before, _OUTWARD @ after
    rubbed = np.abs(_ALONG @ (after - before))
    amiss = np.max(
        [-closing, -opening, opening - _LIVELY * closing, rubbed - _FRICTION * (closing + opening)], axis=0
    )
    faster = float(np.hypot(*after) - np.hypot(*before))
    return (max(float(amiss.min()), faster) - _ERRORS * change.error_px_s) / max(
        _CLEAR * change.faster_px_s, 1e-9
    )
