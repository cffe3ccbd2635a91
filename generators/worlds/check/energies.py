"""Does the energy of bodies that touch, and of their springs, grow with nothing to pay for it?"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.timeline import Timeline
from lawful.generators.worlds.check.touches import Groups, Touches
from lawful.generators.worlds.energy import kinetic_j, potential_j

_FREE = 1e-3
"""Error of the energy of a body that nothing touches, as a share of what moves."""
_CORNERS = 0.02
"""Further error where bodies with corners touch: impacts at two corners in turn give back a little too much."""
_LIFTS = 3.0
"""In a pile a body may be lifted by more than it has sunk in, so many times."""
_AT_REST = 0.05
"""Bodies that had less than this share of their kinetic energy stood still before."""


def energy_breaches(line: Timeline, touches: Touches, groups: Groups) -> Iterator[Breach]:
    """Groups of bodies that touch or hold each other whose energy grows from one frame to the next."""
    kinetic = np.stack([kinetic_j(track.motion) for track in line.tracks])
    potential = np.stack([potential_j(track.motion, line.scene) for track in line.tracks])
    stored = _stored_j(line)
    pull = line.scene.gravity_m_s2
    for frame in range(1, line.n_frames):
        for group in groups[frame]:
            if any(line.tracks[number].driven for number in group):
                continue
            held = [number for number in group if not line.tracks[number].body.fixed]
            before, after = kinetic[held, frame - 1].sum(), kinetic[held, frame].sum()
            springs = [at for ends, at in stored if ends & set(held)]
            rise = potential[held, frame] - potential[held, frame - 1]
            gain = after - before + rise.sum()
            gain += sum(at[frame] - at[frame - 1] for at in springs)
            mass = sum(line.tracks[number].body.mass_kg for number in held)
            meets = len(group) > 1 or any(
                touches.get((number, frame)) or line.held(number, frame) for number in held
            )
            share = line.limits.energy if meets or springs else _FREE
            if meets and not all(line.tracks[number].outline.is_round for number in held):
                share += _CORNERS
            worth = max(before, after) + sum(max(at[frame - 1], at[frame]) for at in springs)
            granted = share * worth + 1e-5 * mass + sum(_slack_j(line, number, frame) for number in held)
            if meets:
                deep_m = sum((t.deep_m for number in held for t in touches.get((number, frame), [])), 0.0)
                granted += sum(_lifted_j(line, number, frame, deep_m) for number in held)
                # A body that rests may have the speed that gravity gives it in a step.
                granted += mass * (pull * line.limits.step_s) ** 2
                granted += _squashed_j(kinetic + potential, touches, held, frame)
            if gain > granted:
                growth = kinetic[held, frame] - kinetic[held, frame - 1]
                name = line.tracks[held[int(np.argmax(growth))]].body.name
                text = f"The energy of {name} and what it touches grows by {gain:.3g} J with nothing to pay for it."
                time_s = frame / line.fps
                yield Breach("energy", "energy_gain", frame, time_s, name, float(gain), "J", text)
                if before < _AT_REST * after:
                    text = (
                        f"{name} and what it touches stood still, and {name} moves with nothing to move it."
                    )
                    family = "spontaneous_start"
                    yield Breach("causality", family, frame, time_s, name, float(gain), "J", text)


def _lifted_j(line: Timeline, number: int, frame: int, deep_m: float) -> float:
    """What a body gains where those that have sunk into each other are lifted apart, with no velocity to show it."""
    track = line.tracks[number]
    pieces = [piece for piece in track.pieces if piece.frame == frame]
    rise = sum((p.start_m_s[-1] + p.end_m_s[-1]) / 2 * (p.end_s - p.start_s) for p in pieces)
    height = track.motion.position_m[:, -1]
    lifted_m = max(0.0, float(height[frame] - height[frame - 1] - rise))
    return track.body.mass_kg * line.scene.gravity_m_s2 * min(lifted_m, _LIFTS * line.limits.sink_m + deep_m)


def _squashed_j(
    energy: Float64[np.ndarray, "bodies frames"], touches: Touches, held: list[int], frame: int
) -> float:
    """What bodies lost in the interval before while they touched: a frame may show them half-way in a hit."""
    pressed = [number for number in held if touches.get((number, frame - 1))]
    if frame < 2 or len(pressed) < len(held):
        return 0.0
    return max(0.0, float((energy[held, frame - 2] - energy[held, frame - 1]).sum()))


def _slack_j(line: Timeline, number: int, frame: int) -> float:
    """Error of a falling body's energy in one interval: its velocity changes at the end of a step, its place all along."""
    track, pull = line.tracks[number], line.scene.gravity_m_s2
    pieces = [piece for piece in track.pieces if piece.frame == frame]
    upright = sum(abs(piece.start_m_s[-1]) + abs(piece.end_m_s[-1]) for piece in pieces)
    return track.body.mass_kg * pull * line.limits.step_s * float(min(pull / line.fps, upright))


def _stored_j(line: Timeline) -> list[tuple[set[int], Float64[np.ndarray, " frames"]]]:
    """Energy in every spring, with the numbers of the bodies at its ends."""
    names, stored = line.names, []
    for spring in line.scene.springs:
        one = names[spring.body]
        place, ends = line.tracks[one].motion.position_m, {one}
        end = np.array(spring.point_m)
        if spring.other is not None:
            ends.add(names[spring.other])
            end = line.tracks[names[spring.other]].motion.position_m
        length = np.linalg.norm(end - place, axis=1)
        stored.append((ends, spring.stiffness_n_m * (length - spring.rest_m) ** 2 / 2))
    return stored
