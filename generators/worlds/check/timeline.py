"""The course of every body between the frames, from states and contacts."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from lawful.generators.worlds.check.limits import Limits, pull_m_s2
from lawful.generators.worlds.check.outlines import Outline
from lawful.generators.worlds.check.paths import Hit, Piece, pieced_path, smooth_path, turned, untold_turn_rad
from lawful.generators.worlds.motion import Contact, Motion, Simulated
from lawful.generators.worlds.scene import GRAVITY_M_S2, Body, Scene

_MOMENTS_PER_S = 240
"""Least number of moments a second at which bodies are placed between frames."""
_LOST = 0.05
"""Where its contacts lead a body so far off, as a share of its least half extent, others have pushed it too."""


@dataclass(frozen=True, eq=False)
class Track:
    """One body."""

    motion: Motion
    """Its states."""
    driven: bool
    """True where a hand leads it."""
    hits: tuple[Hit, ...]
    """Its contacts in order of time."""
    pieces: tuple[Piece, ...]
    """Its course."""
    outline: Outline
    """Its outline at every moment."""
    error_m: Float64[np.ndarray, " moments"]
    """How well its place is known at every moment."""
    jump_m: Float64[np.ndarray, " frames"]
    """How far it is from where its velocities since the frame before would have it."""

    @property
    def body(self) -> Body:
        """The body as it was put into the scene."""
        return self.motion.body

    @property
    def moves(self) -> bool:
        """True where forces move it."""
        return not self.body.fixed and not self.driven


@dataclass(frozen=True, eq=False)
class Rod:
    """A rod between bodies, or a body and the world."""

    one: int
    """Number of a body."""
    other: int | None
    """Number of another body; None for the world."""
    holds: Bool[np.ndarray, " frames"]
    """True where it holds at some time since the frame before."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """All bodies of a clip."""

    scene: Scene
    """What the simulation started from."""
    limits: Limits
    """What is granted."""
    fps: float
    """Frames a second."""
    per_frame: int
    """Moments in a frame interval."""
    tracks: tuple[Track, ...]
    """One for each body."""
    contacts: tuple[Contact, ...]
    """First touches in order of time."""
    rods: tuple[Rod, ...]
    """Rods."""
    names: dict[str, int]
    """Number of every body by name."""

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.tracks[0].motion.present)

    def held(self, number: int, frame: int) -> bool:
        """True where a rod holds a body in the interval that ends in a frame."""
        return any(rod.holds[frame] for rod in self.rods if number in (rod.one, rod.other))


def timeline(scene: Scene, simulated: Simulated, limits: Limits) -> Timeline:
    """The course of every body.

    Args:
        scene: What the simulation started from.
        simulated: States and contacts.
        limits: What is granted.
    """
    per_frame = max(2, math.ceil(_MOMENTS_PER_S / simulated.fps))
    driven = {mover.body for mover in scene.movers}
    hits: dict[str, list[Hit]] = {motion.body.name: [] for motion in simulated.motions}
    for number, contact in enumerate(simulated.contacts):
        sides = (contact.first, contact.second, 1.0, contact.first_m_s)
        mirror = (contact.second, contact.first, -1.0, contact.second_m_s)
        for name, other, sign, (before, after) in (sides, mirror):
            if name in hits:
                outward = sign * np.array(contact.normal)
                hits[name].append(
                    Hit(number, contact.time_s, other, outward, np.array(before), np.array(after))
                )
    tracks = tuple(
        _track(
            scene,
            motion,
            motion.body.name in driven,
            hits[motion.body.name],
            simulated.fps,
            per_frame,
            limits,
        )
        for motion in simulated.motions
    )
    names = {track.body.name: number for number, track in enumerate(tracks)}
    rods = tuple(_rods(scene, names, len(simulated), simulated.fps))
    return Timeline(scene, limits, simulated.fps, per_frame, tracks, simulated.contacts, rods, names)


def _rods(scene: Scene, names: dict[str, int], n_frames: int, fps: float) -> list[Rod]:
    rods = []
    for pivot in scene.pivots:
        until_s = math.inf if pivot.until_s is None else pivot.until_s
        holds = (np.arange(n_frames) - 1) / fps < until_s
        rods.append(Rod(names[pivot.body], None if pivot.other is None else names[pivot.other], holds))
    return rods


def _track(
    scene: Scene, motion: Motion, driven: bool, hits: list[Hit], fps: float, per_frame: int, limits: Limits
) -> Track:
    by_frame: dict[int, list[Hit]] = {}
    for hit in hits:
        by_frame.setdefault(_ending(motion, hit, fps, limits.step_s), []).append(hit)
    n_frames, axes = motion.position_m.shape
    n_moments = (n_frames - 1) * per_frame + 1
    share = np.arange(per_frame) / per_frame
    place, speed = motion.position_m, motion.velocity_m_s
    step, length_s = place[1:] - place[:-1], 1 / fps
    mean_step = (speed[1:] + speed[:-1]) / 2 * length_s
    paths = smooth_path(place, speed, share, length_s)
    # Of an interval in which a body comes or goes its one end is known.
    paths[:, 0] = place[:-1]
    jump = np.append(0.0, np.linalg.norm(step - mean_step, axis=1))
    # Places are summed up step by step.
    pull = pull_m_s2(scene)
    summed = (scene.gravity_m_s2 + scene.table_friction * GRAVITY_M_S2) * limits.step_s * length_s
    error = np.full((n_frames - 1, per_frame), summed)
    # A push may come at once: then the path has a corner, and so has the angle.
    push = _pushed(speed[1:] - speed[:-1], pull, length_s) * length_s / 4
    twist = np.linalg.norm(motion.spin_rad_s[1:] - motion.spin_rad_s[:-1], axis=1) * length_s / 4
    twist += untold_turn_rad(motion, length_s)
    error += (_lever_m(motion)[1:] * twist)[:, None]
    pieces: list[Piece] = []
    for frame in range(1, n_frames):
        if not (motion.present[frame - 1] and motion.present[frame]):
            continue
        knots = _knots(motion, frame, fps, by_frame.get(frame, []), limits.step_s / 2)
        pieces += knots
        if len(knots) == 1:
            error[frame - 1] += push[frame - 1]
            continue
        path, end = pieced_path(place[frame - 1], knots, share * length_s + (frame - 1) / fps)
        off = place[frame] - end
        jump[frame] = np.linalg.norm(off)
        paths[frame - 1] = path + share[:, None] * off
        fastest = max(np.linalg.norm(piece.start_m_s) for piece in knots)
        # A touch is known to a step.
        error[frame - 1] += limits.step_s * fastest + jump[frame]
        for piece in knots:
            lasts_s = piece.end_s - piece.start_s
            gain = (piece.end_m_s - piece.start_m_s)[None]
            error[frame - 1] += _pushed(gain, pull, lasts_s)[0] * lasts_s / 4
        if jump[frame] > _LOST * motion.half_size_m[frame].min():
            error[frame - 1] += fastest * length_s
    late = np.linalg.norm(speed, axis=1) * limits.late_s
    error[:, 0] = late[:-1]
    outline = Outline(
        motion.shapes,
        np.append(np.repeat(motion.shape_index[:-1], per_frame), motion.shape_index[-1:]),
        np.concatenate([paths.reshape(-1, axes), place[-1:]]),
        turned(motion, per_frame, length_s),
        np.concatenate([np.repeat(motion.half_size_m[:-1], per_frame, axis=0), motion.half_size_m[-1:]]),
    )
    assert len(outline.centre_m) == n_moments
    return Track(
        motion, driven, tuple(hits), tuple(pieces), outline, np.append(error.ravel(), late[-1:]), jump
    )


def _pushed(
    gain_m_s: Float64[np.ndarray, "times axes"], pull_m_s2: Float64[np.ndarray, " axes"], length_s: float
) -> Float64[np.ndarray, " times"]:
    """How much of some changes of velocity is due to pushes, if those that just hold a body up do not count."""
    free = np.linalg.norm(gain_m_s - pull_m_s2 * length_s, axis=1)
    return np.minimum(free, np.linalg.norm(gain_m_s, axis=1))


def _lever_m(motion: Motion) -> Float64[np.ndarray, " frames"]:
    """By how much a turn of one radian moves the outline at most; not at all where it is round."""
    half = motion.half_size_m
    round_shape = np.array([shape in {"disc", "ball"} for shape in motion.shapes])[motion.shape_index]
    return np.where(round_shape, half.max(axis=1) - half.min(axis=1), motion.reach_m)


def _ending(motion: Motion, hit: Hit, fps: float, step_s: float) -> int:
    """The frame that ends the interval of a contact; at the very time of a frame its velocity tells."""
    frame = math.ceil(hit.time_s * fps - 1e-6)
    if frame < len(motion.velocity_m_s) and frame / fps - hit.time_s < step_s / 2:
        shown = motion.velocity_m_s[frame]
        if np.linalg.norm(shown - hit.before_m_s) < np.linalg.norm(shown - hit.after_m_s):
            return frame + 1
    return frame


def _knots(motion: Motion, frame: int, fps: float, hits: list[Hit], together_s: float) -> list[Piece]:
    """The pieces of a frame interval."""
    start_s, speed = (frame - 1) / fps, motion.velocity_m_s[frame - 1]
    pieces: list[Piece] = []
    last: tuple[Hit, ...] = ()
    for hit in hits:
        at_s = min(max(hit.time_s, start_s), frame / fps)
        if last and at_s - last[-1].time_s < together_s:
            # Both happen in one step, and both tell of the velocities before and after it.
            speed, last = hit.after_m_s, (*last, hit)
            continue
        pieces.append(Piece(frame, start_s, at_s, speed, hit.before_m_s, (*last, hit)))
        start_s, speed, last = at_s, hit.after_m_s, (hit,)
    pieces.append(Piece(frame, start_s, frame / fps, speed, motion.velocity_m_s[frame], last))
    return pieces
