"""Whether and when two things meet, as far as it can be seen without doubt."""

import numpy as np

from lawful.generators.worlds.motion import Contact
from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.text.seen import IN_VIEW, Seen

FLOOR = "floor"
_PLAYED_OTHERWISE = ("reversal", "effect_before_cause")
_GONE_INTO = ("pass_through", "overlap")
_LEAST_APPROACH = 0.05
_AT_THE_START_S = 0.1
_CLEAR = 0.25
_CLEAR_IN_PICTURE = 0.01
_BETWEEN = 4
_LEAST_GAP_S, _LEAST_GAP_FRAMES = 0.1, 2.0


def doubtful(seen: Seen, *names: str) -> bool:
    """True where a broken law makes it a matter of words whether things of these names touch.

    Args:
        seen: The clip.
        names: Names of bodies, such as "ball 1".
    """
    return seen.violation in _PLAYED_OTHERWISE or (seen.violation in _GONE_INTO and seen.subject in names)


def clear_touches(seen: Seen, one: ObjectTruth, other: ObjectTruth | str) -> list[Contact] | None:
    """The touches of a thing and another, or a block of some name; None where one of them is not well seen.

    Touches that last from the start, or that are hardly more than leaning, are not well seen.
    """
    name = other if isinstance(other, str) else other.name
    contacts = seen.contacts_of(one.name, name)
    if doubtful(seen, one.name, name):
        return None
    for contact in contacts:
        frame = seen.frame_at(contact.time_s)
        shown = [one] if isinstance(other, str) else [one, other]
        if any(truth.visible[frame] < IN_VIEW for truth in shown) or contact.time_s < _AT_THE_START_S:
            return None
        if contact is contacts[0] and contact.approach_m_s < _LEAST_APPROACH * seen.scene.view_height_m:
            return None
    return contacts


def keep_clear(seen: Seen, one: ObjectTruth, other: ObjectTruth) -> bool:
    """True where two things never come near each other, in the world and in the picture."""
    both = one.present & other.present
    if not both.any() or doubtful(seen, one.name, other.name):
        return False
    reach = np.minimum(_reach(one), _reach(other))
    away = np.linalg.norm(_finely(one.position_m) - _finely(other.position_m), axis=1)
    gap = away - _finely((_reach(one) + _reach(other))[:, None])[:, 0]
    near = gap < _CLEAR * _finely(reach[:, None])[:, 0]
    return not near.any() and not _meet_in_picture(one, other)


def clearly_before(seen: Seen, one_s: float, other_s: float) -> bool | None:
    """Whether one time is before another; None where they are too close to tell."""
    apart = abs(one_s - other_s) >= max(_LEAST_GAP_S, _LEAST_GAP_FRAMES / seen.fps)
    return one_s < other_s if apart else None


def _reach(truth: ObjectTruth) -> np.ndarray:
    round_shape = np.array([shape in {"disc", "ball"} for shape in truth.shapes])[truth.shape_index]
    return np.where(round_shape, truth.half_size_m.max(axis=1), np.linalg.norm(truth.half_size_m, axis=1))


def _finely(rows: np.ndarray) -> np.ndarray:
    """Rows with some more between each two of them."""
    shares = np.arange(_BETWEEN)[:, None, None] / _BETWEEN
    return ((1 - shares) * rows[:-1] + shares * rows[1:]).reshape(-1, rows.shape[1])


def _meet_in_picture(one: ObjectTruth, other: ObjectTruth) -> bool:
    with np.errstate(invalid="ignore"):
        low = np.maximum(one.box[:, :2], other.box[:, :2]) - _CLEAR_IN_PICTURE
        high = np.minimum(one.box[:, 2:], other.box[:, 2:]) + _CLEAR_IN_PICTURE
        return bool((low < high).all(axis=1).any())
