"""Over whole frame intervals: what some bodies that touch gain in momentum, do others lose?"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.cones import rays, unexplained
from lawful.generators.worlds.check.limits import pull_m_s2
from lawful.generators.worlds.check.paths import untold_turn_rad
from lawful.generators.worlds.check.timeline import Timeline
from lawful.generators.worlds.check.touches import Groups, Touches, friction_with
from lawful.generators.worlds.scene import GRAVITY_M_S2

_MOST = 80
"""Where more pushes than these are possible, as in a heap, nearly anything can come of them."""
_SAME_WAY = 0.9995
"""Least cosine between normals that are taken for one."""
_SWINGS_RAD = 0.25
"""Normals are not granted to be farther off than this."""
_ROUGH = 0.1
"""Error of the change of velocity of a body in a group, as a share of the greatest: normals turn meanwhile."""


def group_breaches(line: Timeline, touches: Touches, groups: Groups) -> Iterator[Breach]:
    """Groups of bodies whose changes of momentum do not balance."""
    if line.scene.springs:
        return
    for frame in range(1, line.n_frames):
        for group in groups[frame]:
            moving = [number for number in group if line.tracks[number].moves]
            if len(group) > 1 and not any(line.held(number, frame) for number in moving):
                breach = _of_group(line, touches, moving, frame)
                if breach is not None:
                    yield breach


def _of_group(line: Timeline, touches: Touches, moving: list[int], frame: int) -> Breach | None:
    axes, length_s = line.scene.dimensions, 1 / line.fps
    masses = np.array([line.tracks[number].body.mass_kg for number in moving])
    gains = np.stack(
        [
            line.tracks[n].motion.velocity_m_s[frame] - line.tracks[n].motion.velocity_m_s[frame - 1]
            for n in moving
        ]
    )
    columns = list(_pushes(line, touches, moving, frame))
    if not np.isfinite(gains).all() or len(columns) > _MOST * axes:
        return None
    scale = np.repeat(masses, axes)
    wanted = (gains - pull_m_s2(line.scene) * length_s).ravel()
    left = unexplained(wanted, [column / scale for column in columns]).reshape(-1, axes)
    # A velocity between the frames may be greater than at both.
    speeds = [
        np.linalg.norm(piece.start_m_s)
        for n in moving
        for piece in line.tracks[n].pieces
        if piece.frame == frame
    ]
    rub = line.scene.table_friction * GRAVITY_M_S2 * length_s
    acceleration = line.scene.gravity_m_s2 + line.scene.table_friction * GRAVITY_M_S2
    granted = _ROUGH * max(speeds, default=0.0) + 2 * rub + 2 * acceleration * line.limits.step_s + 1e-3
    granted += _swung_rad(line, moving, frame) * float(np.linalg.norm(wanted.reshape(-1, axes), axis=1).max())
    off = np.linalg.norm(left, axis=1)
    if off.max() <= granted:
        return None
    hit = {
        number
        for number in moving
        for h in line.tracks[number].hits
        if frame - 1 < h.time_s * line.fps <= frame
    }
    quiet = [n for n, gain in zip(moving, gains, strict=True) if n in hit and np.linalg.norm(gain) < 1e-3]
    number = quiet[0] if quiet else moving[int(off.argmax())]
    name, amount = line.tracks[number].body.name, float(off.max())
    family = "no_reaction" if quiet else "wrong_collision"
    text = f"{name} and what it touches gain or lose {amount:.2f} m/s that no pushes between them give."
    return Breach("momentum", family, frame, frame * length_s, name, amount, "m/s", text)


def _swung_rad(line: Timeline, moving: list[int], frame: int) -> float:
    """By how much normals may point otherwise between two frames than bodies with corners that turn evenly have it."""
    turns = [
        float(untold_turn_rad(track.motion.at(np.array([frame - 1, frame])), 1 / line.fps)[0])
        for track in (line.tracks[number] for number in moving)
        if not track.outline.is_round
    ]
    return min(max(turns, default=0.0), _SWINGS_RAD)


def _pushes(
    line: Timeline, touches: Touches, moving: list[int], frame: int
) -> Iterator[Float64[np.ndarray, " rows"]]:
    """The edges of the cones of all pushes in an interval, on both bodies where both move."""
    axes = line.scene.dimensions
    place = {number: index for index, number in enumerate(moving)}
    for number in moving:
        track = line.tracks[number]
        meets = [(t.other, t.outward, t.friction) for t in touches.get((number, frame), [])]
        meets += [
            (line.names.get(hit.other), hit.outward[None], friction_with(line, track, hit.other))
            for hit in track.hits
            if frame - 1 <= hit.time_s * line.fps + 1e-6 and hit.time_s * line.fps <= frame + 1e-6
        ]
        for other, outward, friction in meets:
            if other in place and other < number:
                continue
            for ray in rays(-_distinct(outward), friction):
                column = np.zeros(axes * len(moving))
                column[place[number] * axes : (place[number] + 1) * axes] = ray
                if other in place:
                    column[place[other] * axes : (place[other] + 1) * axes] = -ray
                yield column


def _distinct(normals: Float64[np.ndarray, "normals axes"]) -> Float64[np.ndarray, "distinct axes"]:
    """Normals without those that are nearly the same as one before."""
    kept: list[Float64[np.ndarray, " axes"]] = []
    for normal in normals:
        if all(float(normal @ other) < _SAME_WAY for other in kept):
            kept.append(normal)
    return np.stack(kept)
