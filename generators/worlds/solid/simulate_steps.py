"""One step of a solid scene in MuJoCo, with impacts that take no time.

MuJoCo's own contacts are springs. Here they are told, before each solution, which relative velocity to reach at the
end of the step: minus the closing speed times both restitutions where two things come together, none where they rest.
Its solver finds the forces that do so for all contacts, rods and springs at once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from lawful.core.errors import InputError
from lawful.generators.worlds.scene import Body, Scene
from lawful.generators.worlds.solid.gl import mujoco_package
from lawful.generators.worlds.solid.model import Model, build_model
from lawful.generators.worlds.solid.simulate_flight import Flight
from lawful.generators.worlds.solid.simulate_records import State

Touching = tuple[int, int]
"""Numbers of two geoms."""
Labels = tuple[str, str]
"""What they are called, in every model of a scene alike."""

_SLOWEST_M_S = 0.05
"""Closing speed below which nothing bounces."""
_SUNK_M = 2e-5
"""How deep what rests is let sink in, so that it keeps touching."""
_BACK_S = 0.01
"""Time in which what is deeper comes out."""
_BACK_M_S = 0.1
"""Most speed at which it does."""
_TRIES = 12
"""Most solutions of one impact, each with the slip that the one before has found."""
_SAME_M_S = 1e-4


@dataclass(frozen=True, eq=False)
class _Points:
    """Where things touch; the same for as long as the same geoms touch."""

    pairs: tuple[Touching, ...]
    """The geoms, a pair for each point."""
    friction: Float64[np.ndarray, " points"]
    """Product of both frictions."""
    restitution: Float64[np.ndarray, " points"]
    """Product of both restitutions."""
    rubbed: Bool[np.ndarray, " geoms"] | None
    """Which geoms touch something; None where nothing does."""
    names: frozenset[str]
    """What they are."""


class Stepper:
    """Model and state of some bodies in MuJoCo. Another set of bodies needs another one."""

    def __init__(
        self,
        scene: Scene,
        bodies: Sequence[Body],
        step_s: float,
        gravity: Mapping[str, float],
        apart: frozenset[frozenset[str]],
    ) -> None:
        self.mujoco = mujoco_package("solid worlds")
        self.model: Model = build_model(scene, bodies, step_s=step_s, gravity=gravity, apart=apart)
        self.data = self.mujoco.MjData(self.model.compiled)
        self.step_s = step_s
        self.signature: bytes | None = None
        self.held = _held(scene, {body.name for body in bodies})
        flying = [body for body in bodies if not body.fixed and body.name not in self.held]
        pulls = {body.name: gravity.get(body.name, 1.0) * scene.gravity_m_s2 for body in flying}
        self.flight = Flight(self.model, flying, pulls, step_s)

    def state(self, name: str) -> State | None:
        """The state of a body; None of one that cannot move."""
        if name not in self.model.free:
            return None
        place, rate = self.model.free[name]
        positions, velocities = self.data.qpos, self.data.qvel
        return State(
            positions[place : place + 3].copy(),
            positions[place + 3 : place + 7].copy(),
            velocities[rate : rate + 3].copy(),
            velocities[rate + 3 : rate + 6].copy(),
        )

    def put(self, name: str, state: State) -> None:
        """Give a body a state; one that cannot move is where the model was built with it."""
        if name in self.model.free:
            place, rate = self.model.free[name]
            self.data.qpos[place : place + 3] = state.position_m
            self.data.qpos[place + 3 : place + 7] = state.quaternion
            self.data.qvel[rate : rate + 3] = state.velocity_m_s
            self.data.qvel[rate + 3 : rate + 6] = state.own_spin_rad_s

    def push(
        self, name: str, velocity_m_s: Sequence[float], spin_rad_s: Sequence[float] | None = None
    ) -> None:
        """Give a body another velocity, and another spin in its own axes; one that cannot move stands still."""
        if name in self.model.free:
            _, rate = self.model.free[name]
            self.data.qvel[rate : rate + 3] = velocity_m_s
            if spin_rad_s is not None:
                self.data.qvel[rate + 3 : rate + 6] = spin_rad_s

    def velocity(self, name: str) -> Float64[np.ndarray, " 3"]:
        """Velocity of a body's centre; of what cannot move, none."""
        if name not in self.model.free:
            return np.zeros(3)
        _, rate = self.model.free[name]
        return self.data.qvel[rate : rate + 3].copy()

    def look(self) -> bool:
        """Find out what touches. True where that is not what touched before."""
        self.mujoco.mj_step1(self.model.compiled, self.data)
        data, contact = self.data, self.data.contact
        # Rows of contacts, one along the normal and two across for each point, come after all others.
        self.first_row = data.ne + data.nf + data.nl
        self.numbers: slice | np.ndarray = slice(None)
        if data.nefc - self.first_row != 3 * data.ncon:
            self.numbers = np.flatnonzero(contact.efc_address >= 0)  # what touches by nothing has none
        geoms = contact.geom[self.numbers]
        signature = geoms.tobytes()
        changed = signature != self.signature
        if changed:
            self.signature = signature
            self.points = self._points(geoms.astype(np.int64), contact.friction[self.numbers, 0])
        self.depth_m = -contact.dist[self.numbers]
        self.speeds_m_s = data.efc_vel[self.first_row :].reshape(-1, 3)
        return changed

    def pairs(self) -> list[Touching]:
        """Which geoms touch, in MuJoCo's order, each pair once."""
        return list(dict.fromkeys(self.points.pairs))

    def labels(self, pair: Touching) -> Labels:
        """What two geoms are called, in an order that is always the same."""
        one, two = self.model.geoms[pair[0]], self.model.geoms[pair[1]]
        return (one, two) if one < two else (two, one)

    def point(self, pair: Touching) -> tuple[np.ndarray, np.ndarray, float]:
        """Where two geoms close fastest, the normal from the first to the second, and how fast."""
        point = self._fastest(pair)
        contact = self.data.contact
        where, normal = contact.pos[self.numbers][point], contact.frame[self.numbers][point, :3]
        return where, normal, -float(self.speeds_m_s[point, 0])

    def expect_stable(self) -> None:
        """Refuse a state that MuJoCo has warned of.

        Raises:
            InputError: It has; the message names its warnings.
        """
        warned = [row.number for row in self.data.warning]
        if any(warned):
            kinds = [self.mujoco.mjtWarning(kind).name for kind, times in enumerate(warned) if times]
            raise InputError(
                f"solid worlds cannot be simulated in steps of {self.step_s:.2g} s where springs are so stiff "
                f"or bodies so fast: MuJoCo warns of {', '.join(kinds)}. Ask for a larger `steps_per_s`, softer "
                "springs or slower bodies."
            )

    def glide(self, most: int) -> int:
        """Go on until something hits or something else touches, by so many steps at most.

        Returns:
            How many steps were made. Where they are fewer, `look` has been done for the next one.
        """
        for made in range(most):
            if self.look() or (self.depth_m.size and self.speeds_m_s[:, 0].min() < -_SLOWEST_M_S):
                return made
            self._rest()
            self._go()
        return most

    def step(self, new: Collection[Touching], bounces: Mapping[Touching, float]) -> None:
        """Go on by a step after `look`.

        Args:
            new: Pairs that have just come to touch.
            bounces: Restitutions of pairs that have another than their own.
        """
        hits = self.speeds_m_s[:, 0] < -_SLOWEST_M_S
        if new or hits.any():
            restitution = np.where(hits, self.points.restitution, 0.0)
            for pair, asked in bounces.items():
                restitution[self._of(pair)] = asked
            self._hit(restitution, guarded=not bounces)
        else:
            self._rest()
        self._go()

    def _go(self) -> None:
        spin = self.data.qvel[self.flight.spins]
        self.mujoco.mj_step2(self.model.compiled, self.data)
        self.flight.mend(self.data, spin, self.points.rubbed)

    def impulse_n_s(self, pair: Touching) -> float:
        """Size of the impulse between two geoms in the last step."""
        forces = self._contact_rows(self.data.efc_force)
        frames = self.data.contact.frame[self.numbers].reshape(-1, 3, 3)
        points = self._of(pair)
        total = np.einsum("pr,pra->a", forces[points], frames[points])
        return self.step_s * float(np.linalg.norm(total))

    def opening_m_s(self, pair: Touching) -> float:
        """Opening speed after the last step where two geoms closed fastest before it."""
        return float(self._of_bodies(self.data.qvel)[self._fastest(pair), 0])

    def _points(
        self, geoms: Int64[np.ndarray, "points 2"], friction: Float64[np.ndarray, " points"]
    ) -> _Points:
        rubbed = np.zeros(len(self.model.names), bool)
        rubbed[geoms] = True
        return _Points(
            pairs=tuple((one, two) for one, two in geoms.tolist()),
            friction=friction.copy(),
            restitution=self.model.restitution[geoms[:, 0], geoms[:, 1]],
            rubbed=rubbed if len(geoms) else None,
            names=frozenset(self.model.names[geom] for geom in np.flatnonzero(rubbed).tolist()),
        )

    def _of(self, pair: Touching) -> list[int]:
        """Which points are those of two geoms."""
        return [number for number, other in enumerate(self.points.pairs) if other == pair]

    def _fastest(self, pair: Touching) -> int:
        """At which point two geoms close fastest."""
        return min(self._of(pair), key=lambda point: float(self.speeds_m_s[point, 0]))

    def _rest(self) -> None:
        """Ask that what touches goes on touching and slips no more."""
        if not self.depth_m.size:
            return
        out = np.minimum((self.depth_m - _SUNK_M) / _BACK_S, _BACK_M_S)
        across = self.speeds_m_s[:, 1:]
        # MuJoCo takes friction and normal force together, as if what slips at v parted at friction times v.
        out -= self.points.friction * np.sqrt((across * across).sum(axis=1))
        wanted = np.zeros_like(self.speeds_m_s)
        wanted[:, 0] = out
        asked = self.data.efc_aref[self.first_row :].reshape(-1, 3)
        asked[:] = (wanted - self.speeds_m_s) / self.step_s

    def _hit(self, restitution: Float64[np.ndarray, " points"], guarded: bool) -> None:
        """Ask for an impact, with the slip at its end that goes with its friction, and no energy made by it.

        What is asked for is mended by what comes of it, until that is what was wanted: along the normal for the
        slip that MuJoCo takes for parting, and everywhere for the little that it gives way.
        """
        compiled, data, friction = self.model.compiled, self.data, self.points.friction
        self.mujoco.mj_fwdActuation(compiled, data)
        self.mujoco.mj_fwdAcceleration(compiled, data)
        energy = self._kinetic_j(data.qacc_smooth)
        for share in (1.0, 0.5, 0.0):
            wanted = np.maximum(-share * restitution * self.speeds_m_s[:, 0], 0.0)
            asked = np.zeros_like(self.speeds_m_s)
            asked[:, 0] = wanted - friction * np.hypot(*self.speeds_m_s[:, 1:].T)
            for _ in range(_TRIES):
                self._contact_rows(data.efc_aref)[:] = (asked - self.speeds_m_s) / self.step_s
                self.mujoco.mj_fwdConstraint(compiled, data)
                found = self._of_bodies(data.qvel + self.step_s * data.qacc)
                pressed = self._contact_rows(data.efc_force)[:, 0] > 0
                far = np.where(pressed, wanted - found[:, 0], 0.0)
                if np.abs(far).max() < _SAME_M_S:
                    break
                asked[:, 0] += far
            if not guarded or self._kinetic_j(data.qacc) <= energy * (1 + 1e-6):
                return

    def _contact_rows(self, rows: Float64[np.ndarray, " rows"]) -> Float64[np.ndarray, "points 3"]:
        """What a row of each constraint holds, of contacts alone: along the normal and across."""
        return rows[self.first_row :].reshape(-1, 3)

    def _of_bodies(self, velocities: Float64[np.ndarray, " rates"]) -> Float64[np.ndarray, "points 3"]:
        """Relative velocities at what touches that go with velocities of the bodies."""
        jacobian = self.data.efc_J.reshape(-1, self.model.compiled.nv)[self.first_row :]
        return (jacobian @ velocities).reshape(-1, 3)

    def _kinetic_j(self, accelerations: Float64[np.ndarray, " rates"]) -> float:
        """Kinetic energy at the end of this step."""
        velocities = self.data.qvel + self.step_s * accelerations
        momenta = np.empty_like(velocities)
        self.mujoco.mj_mulM(self.model.compiled, self.data, momenta, velocities)
        return float(velocities @ momenta) / 2


def _held(scene: Scene, present: set[str]) -> frozenset[str]:
    """What a rod, a spring or a hand holds."""
    held = {mover.body for mover in scene.movers}
    for joint in (*scene.pivots, *scene.springs):
        ends = {joint.body} if joint.other is None else {joint.body, joint.other}
        if ends <= present:
            held |= ends
    return frozenset(held)
