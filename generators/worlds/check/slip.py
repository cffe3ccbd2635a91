"""Friction of what slides: full, and against the way it slides."""

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.check.cones import rays
from lawful.generators.worlds.check.paths import Piece
from lawful.generators.worlds.check.timeline import Timeline
from lawful.generators.worlds.check.touches import Touch

_SLIDES_M_S = 0.05
"""What slides faster than this at both ends of an interval slides all along it."""
_SAME_WAY = 0.95
"""Least cosine between the ways at both ends."""


def touch_rays(line: Timeline, number: int, touch: Touch, piece: Piece) -> Float64[np.ndarray, "rays axes"]:
    """Edges of the pushes that a touch can give a body over a piece of its course."""
    inward, friction = -touch.outward, touch.friction
    if piece.hits or (touch.outward @ touch.outward[0] < 0.999).any():
        return rays(inward, friction)
    start, end = (_slip_m_s(line, number, touch, piece, frame) for frame in (piece.frame - 1, piece.frame))
    if start is None or end is None:
        return rays(inward, friction)
    was, is_now = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    if is_now < _SLIDES_M_S or (was >= _SLIDES_M_S and start @ end < _SAME_WAY * was * is_now):
        return rays(inward, friction)
    against = inward - friction * end / is_now
    # What slides all along is rubbed in full, what comes to slide may have been held for a while.
    return against if was >= _SLIDES_M_S else np.concatenate([inward, against])


def _slip_m_s(
    line: Timeline, number: int, touch: Touch, piece: Piece, frame: int
) -> Float64[np.ndarray, " axes"] | None:
    """Velocity of the point that touches along the surface; None where it is not known which point that is."""
    track = line.tracks[number]
    motion, outward = track.motion, touch.outward[0]
    under = np.zeros(len(outward))
    if touch.other is not None:
        if line.tracks[touch.other].moves:
            return None
        under = line.tracks[touch.other].motion.velocity_m_s[frame]
    spin = motion.spin_rad_s[frame]
    velocity = piece.start_m_s if frame < piece.frame else piece.end_m_s
    turning = np.zeros_like(velocity)
    if track.outline.is_round:
        arm = motion.half_size_m[frame, 0] * outward
        turning = spin[0] * np.array([-arm[1], arm[0]]) if len(spin) == 1 else np.cross(spin, arm)
    elif np.linalg.norm(spin) * motion.reach_m[frame] > 0.1 * _SLIDES_M_S:
        return None
    slip = velocity + turning - under
    return slip - (slip @ outward) * outward
