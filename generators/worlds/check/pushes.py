"""Between hits: does gravity, friction, springs and what a body touches account for how its velocity changes?"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.cones import rays, unexplained
from lawful.generators.worlds.check.limits import pull_m_s2
from lawful.generators.worlds.check.paths import Hit, Piece
from lawful.generators.worlds.check.slip import touch_rays
from lawful.generators.worlds.check.timeline import Timeline, Track
from lawful.generators.worlds.check.touches import Touches, friction_with
from lawful.generators.worlds.scene import GRAVITY_M_S2

_FREE = 0.01
"""Error of the change of velocity of a body that nothing touches, as a share of what acts on it."""
_CORNERS = 0.04
"""Further error of a push on a body with corners, whose normals turn in ways that frames do not tell."""
_TUMBLES = 0.35
"""The same after a hit, whose turn is not known until the next frame, or where hits may be untold."""
_REST_M_S = 0.02
"""Slower than this is rest."""
_STARTS = 0.25
"""A body that had less than this share of its speed before sets off, rather than changes its course."""
_AHEAD_S = 0.6
"""What gets to where a body was within this time may be what the body ran ahead of."""
_UPRIGHT = 0.02
"""A push is along gravity when it is aside by no more than this share."""
_HEAVIEST = 5.0
"""A lasting vertical push of at most so many times gravity is gravity of a wrong strength."""


def push_breaches(line: Timeline, touches: Touches) -> Iterator[Breach]:
    """Velocities that change by themselves, and gravity that is not the scene's."""
    pulls = spring_pull_m_s2(line)
    for number, track in enumerate(line.tracks):
        if not track.moves:
            continue
        left = {
            piece: rest
            for piece in track.pieces
            if (rest := _unexplained(line, touches, number, piece, pulls[number])) is not None
        }
        for index, piece in enumerate(track.pieces):
            if piece in left:
                later = track.pieces[index + 1] if index + 1 < len(track.pieces) else None
                yield _breach(line, track, piece, left[piece], later, left)


def spring_pull_m_s2(line: Timeline) -> list[Float64[np.ndarray, "moments axes"]]:
    """Acceleration of every body by its springs at every moment."""
    pulls = [np.zeros_like(track.outline.centre_m) for track in line.tracks]
    names = line.names
    moment_s = 1 / (line.fps * line.per_frame)
    for spring in line.scene.springs:
        one = names[spring.body]
        other = None if spring.other is None else names[spring.other]
        place = line.tracks[one].outline.centre_m
        end = np.array(spring.point_m) if other is None else line.tracks[other].outline.centre_m
        apart = end - place
        length = np.linalg.norm(apart, axis=1)
        rate = np.gradient(length, moment_s) if len(length) > 1 else 0 * length
        # Where an end is about to be gone, what the rate was before tells.
        ending = np.isnan(rate) & np.isfinite(length)
        rate[ending] = (np.diff(length, prepend=length[:1]) / moment_s)[ending]
        force = spring.stiffness_n_m * (length - spring.rest_m) + spring.damping_n_s_m * rate
        pull = force[:, None] * apart / np.maximum(length, 1e-9)[:, None]
        # What is gone pulls no more.
        pull = np.nan_to_num(pull)
        pulls[one] += pull / line.tracks[one].body.mass_kg
        if other is not None:
            pulls[other] -= pull / line.tracks[other].body.mass_kg
    return pulls


def _unexplained(
    line: Timeline, touches: Touches, number: int, piece: Piece, springs: Float64[np.ndarray, "moments axes"]
) -> Float64[np.ndarray, " axes"] | None:
    """The change of velocity that nothing accounts for; None where all is accounted for."""
    track = line.tracks[number]
    # A rod pushes as it must: whether it did so rightly shows in the energy.
    if line.held(number, piece.frame):
        return None
    length_s = piece.end_s - piece.start_s
    by_springs, most = _summed(line, springs, piece)
    pull = pull_m_s2(line.scene) * length_s
    gain = piece.end_m_s - piece.start_m_s
    speed = np.linalg.norm(piece.start_m_s)
    rub = line.scene.table_friction * GRAVITY_M_S2 * length_s
    rubbed = -piece.start_m_s * min(1.0, rub / max(speed, 1e-9))
    rest = gain - pull - by_springs - rubbed
    granted = _FREE * (np.linalg.norm(pull) + rub) + 0.05 * most + 1e-4
    if piece.hits:
        acceleration = line.scene.gravity_m_s2 + line.scene.table_friction * GRAVITY_M_S2
        granted += 2 * acceleration * line.limits.step_s
    if np.linalg.norm(rest) <= granted:
        return None
    near = [t for t in touches.get((number, piece.frame), []) if t.within(piece.start_s, piece.end_s)]
    columns = [ray for touch in near for ray in touch_rays(line, number, touch, piece)] + [
        ray
        for hit in _hits_so_far(line, track, piece)
        for ray in rays(-hit.outward[None], friction_with(line, track, hit.other))
    ]
    if not columns:
        return rest
    left = unexplained(rest, columns)
    share = line.limits.push
    if not track.outline.is_round:
        share += _TUMBLES if piece.hits or line.limits.parted_s else _CORNERS
    granted += share * (np.linalg.norm(gain) + np.linalg.norm(pull)) + 2 * rub
    return left if np.linalg.norm(left) > granted else None


def _hits_so_far(line: Timeline, track: Track, piece: Piece) -> list[Hit]:
    """Contacts in a piece's interval up to its end: things may go on touching after they first do."""
    start_s = (piece.frame - 1) / line.fps - 2 * line.limits.step_s
    return [hit for hit in track.hits if start_s <= hit.time_s <= piece.end_s + 1e-9]


def _summed(
    line: Timeline, springs: Float64[np.ndarray, "moments axes"], piece: Piece
) -> tuple[Float64[np.ndarray, " axes"], float]:
    """Change of velocity by springs over a piece, and the most that it could be."""
    if not line.scene.springs:
        return np.zeros(line.scene.dimensions), 0.0
    rate = line.fps * line.per_frame
    times = np.linspace(piece.start_s, piece.end_s, 2 * line.per_frame) * rate
    moments = np.arange(len(springs))
    values = np.stack([np.interp(times, moments, column) for column in springs.T], axis=1)
    total = np.trapezoid(values, times / rate, axis=0)
    most = np.trapezoid(np.linalg.norm(values, axis=1), times / rate)
    return total, float(most)


def _breach(
    line: Timeline,
    track: Track,
    piece: Piece,
    rest: Float64[np.ndarray, " axes"],
    later: Piece | None,
    left: dict[Piece, Float64[np.ndarray, " axes"]],
) -> Breach:
    name, amount = track.body.name, float(np.linalg.norm(rest))
    length_s = max(piece.end_s - piece.start_s, 1e-9)
    if _lasts(line, piece, rest, later, left):
        shown = rest[-1] / length_s
        if later is not None and later in left:
            # In the first interval a body may also have been brought to rest.
            shown = left[later][-1] / (later.end_s - later.start_s)
        strength = 1 - shown / line.scene.gravity_m_s2
        family = (
            "reversed_gravity" if strength < -0.2 else "hover" if abs(strength) < 0.05 else "wrong_gravity"
        )
        text = f"{name} falls as if gravity were {strength:.2f} times as strong as it is here."
        return _said(line, track, piece.frame, "gravity", family, abs(float(shown)), "m/s2", text)
    before, after = np.linalg.norm(piece.start_m_s), np.linalg.norm(piece.end_m_s)
    if before < max(_REST_M_S, _STARTS * after):
        struck_s = _struck_later_s(line, track, piece)
        if struck_s is not None:
            text = (
                f"{name} moves off at {after:.2f} m/s {struck_s:.2f} s before what would hit it gets there."
            )
            return _said(line, track, piece.frame, "causality", "effect_before_cause", amount, "m/s", text)
        text = f"{name} stood still and moves at {after:.2f} m/s with nothing to set it moving."
        return _said(line, track, piece.frame, "causality", "spontaneous_start", amount, "m/s", text)
    if after < _REST_M_S:
        text = f"{name} stops from {before:.2f} m/s with nothing to stop it."
        return _said(line, track, piece.frame, "inertia", "stop_in_mid_air", amount, "m/s", text)
    ahead = float(piece.start_m_s @ piece.end_m_s / (before * after))
    if ahead > 0.95 and after > 1.2 * before:
        text = f"{name} gets faster, from {before:.2f} to {after:.2f} m/s, with nothing to drive it."
        return _said(line, track, piece.frame, "inertia", "energy_gain", amount, "m/s", text)
    text = f"{name} changes its velocity by {amount:.2f} m/s that nothing accounts for."
    return _said(line, track, piece.frame, "inertia", "kink", amount, "m/s", text)


def _struck_later_s(line: Timeline, track: Track, piece: Piece) -> float | None:
    """How long after a body set off another gets to where it was; None where none does soon."""
    start = piece.frame * line.per_frame
    end = min(start + int(_AHEAD_S * line.fps * line.per_frame), len(track.error_m))
    place = track.motion.position_m[piece.frame - 1]
    waits = []
    for other in line.tracks:
        if other is track or not other.body.touches:
            continue
        path = other.outline.centre_m[start:end]
        near = np.linalg.norm(path - place, axis=1) <= track.body.reach_m + other.body.reach_m
        if near.any() and not near[0]:
            waits.append(float(np.argmax(near)) / (line.fps * line.per_frame))
    return min(waits, default=None)


def _lasts(
    line: Timeline,
    piece: Piece,
    rest: Float64[np.ndarray, " axes"],
    later: Piece | None,
    left: dict[Piece, Float64[np.ndarray, " axes"]],
) -> bool:
    """True where what is unaccounted for is a push along gravity that goes on."""
    length_s = max(piece.end_s - piece.start_s, 1e-9)
    pull = line.scene.gravity_m_s2
    upright = np.linalg.norm(rest[:-1]) <= _UPRIGHT * abs(rest[-1])
    if not pull or not upright or abs(rest[-1]) > _HEAVIEST * pull * length_s:
        return False
    if later is None or later.hits:
        return True
    if later not in left:
        return False
    next_rest = left[later][-1] / max(later.end_s - later.start_s, 1e-9)
    return bool(next_rest * rest[-1] > 0 and 0.4 <= next_rest * length_s / rest[-1] <= 2.5)


def _said(
    line: Timeline, track: Track, frame: int, law: str, family: str, amount: float, unit: str, text: str
) -> Breach:
    return Breach(law, family, frame, frame / line.fps, track.body.name, amount, unit, text)
