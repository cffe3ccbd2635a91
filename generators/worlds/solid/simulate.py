"""From a solid scene to the state of every body at every frame, with interventions, by MuJoCo."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lawful.generators.worlds.interventions import (
    Ghost,
    Insert,
    Intervention,
    Move,
    OnContact,
    Outcome,
    Rebound,
    Remove,
    Repaint,
    Reshape,
    SetGravity,
    SetVelocity,
    Unmoved,
)
from lawful.generators.worlds.motion import Contact, Simulated, n_simulated, retimed
from lawful.generators.worlds.scene import Body, Pivot, Point, Scene
from lawful.generators.worlds.solid.simulate_records import Record, State, state_of
from lawful.generators.worlds.solid.simulate_steps import Labels, Stepper, Touching

STEPS_PER_S = 1200
"""Least number of simulation steps a second."""
_PARTED_S = 0.01
"""What has not touched for so long touches anew."""


def simulate_solid(scene: Scene, fps: float, n_frames: int, changes: tuple[Intervention, ...]) -> Simulated:
    """Run a solid scene: see `lawful.generators.worlds.simulate.simulate`.

    Raises:
        AbsentError: MuJoCo is not installed.
        InputError: Something is too stiff or too fast for the steps.
    """
    steps = max(1, math.ceil(max(STEPS_PER_S, scene.steps_per_s) / fps))
    n_steps_frames = n_simulated(n_frames, changes)
    world = _World(scene, 1 / (fps * steps), changes)
    for frame in range(n_steps_frames):
        if frame:
            world.run(steps)
        world.intervene(frame)
        world.record()
        world.push(frame + 1)
    view = scene.view(np.arange(n_steps_frames) / fps)
    motions = tuple(record.motion(n_steps_frames) for record in world.records.values())
    return retimed(Simulated(fps, motions, tuple(world.contacts), view), changes, n_frames)


class _Touch(NamedTuple):
    """Two things that have just come to touch."""

    pair: Touching
    """Their geoms."""
    contact: Contact
    """What is known of it before anything comes of it."""


class _World:
    """The simulation on its way: the only mutable thing, alive inside `simulate` alone.

    Whenever there are other bodies, or one of them is another, there is a new model that goes on from the states of
    the old one. So nothing that comes later has any part in what comes before.
    """

    def __init__(self, scene: Scene, step_s: float, interventions: Sequence[Intervention]) -> None:
        self.scene = scene
        self.step_s = step_s
        self.n_steps = 0
        self.n_recorded = 0
        self.interventions = interventions
        self.on_contact: dict[int, list[OnContact]] = {}
        for change in interventions:
            if isinstance(change, OnContact):
                self.on_contact.setdefault(change.contact, []).append(change)
        self.bodies: dict[str, Body] = {}
        self.states: dict[str, State] = {}
        self.records: dict[str, Record] = {}
        self.gravity: dict[str, float] = {}
        self.apart: frozenset[frozenset[str]] = frozenset()
        self.contacts: list[Contact] = []
        self.touched: set[str] = set()
        self.rubbing: frozenset[str] = frozenset()
        self.pairs: set[Labels] = set()
        self.parted: dict[Labels, int] = {}
        for body in scene.bodies:
            self.add(body)
        self.build()

    def add(self, body: Body) -> None:
        self.bodies[body.name] = body
        self.states[body.name] = state_of(body.position_m, body.turn_rad, body.velocity_m_s, body.spin_rad_s)
        self.records[body.name] = Record(body, self.n_recorded)

    def build(self) -> None:
        """Make a model of the bodies in their states."""
        holding = self.holding()
        bodies = [
            replace(
                body,
                position_m=_point(self.states[name].position_m),
                turn_rad=_point(self.states[name].rotation.as_rotvec()),
            )
            for name, body in self.bodies.items()
        ]
        self.n_holding = len(holding)
        scene = replace(self.scene, pivots=holding)
        self.stepper = Stepper(scene, bodies, self.step_s, self.gravity, self.apart)
        for name, state in self.states.items():
            self.stepper.put(name, state)

    def save(self) -> None:
        """Take the states out of the model."""
        for name in self.states:
            state = self.stepper.state(name)
            if state is not None:
                self.states[name] = state

    def holding(self) -> tuple[Pivot, ...]:
        """The rods that hold now."""
        now_s = self.n_steps * self.step_s
        return tuple(pivot for pivot in self.scene.pivots if pivot.until_s is None or now_s < pivot.until_s)

    def lead(self) -> None:
        """Let go what is held until now, and set the velocities of what a hand leads over the next step."""
        if self.n_holding != len(self.holding()):
            self.save()
            self.build()
        middle_s = (self.n_steps + 0.5) * self.step_s
        for mover in self.scene.movers:
            if mover.body in self.bodies:
                self.stepper.push(mover.body, mover.velocity_m_s(middle_s), (0.0, 0.0, 0.0))

    def run(self, n_steps: int) -> None:
        """Go on by some steps."""
        led = bool(self.scene.movers) or any(pivot.until_s is not None for pivot in self.scene.pivots)
        end = self.n_steps + n_steps
        while self.n_steps < end:
            if led:
                self.lead()
            most = 1 if led else end - self.n_steps
            made = self.stepper.glide(most)
            self.n_steps += made
            if made:
                self.touched |= self.rubbing
            if made < most:
                self.step()

    def step(self) -> None:
        """Go on by a step in which something hits, or something else touches than before."""
        touches = self.meet()
        self.rubbing = self.stepper.points.names
        self.touched |= self.rubbing
        changes = [self.on_contact.get(len(self.contacts) + k, ()) for k in range(len(touches))]
        bounces = {
            touch.pair: change.restitution
            for touch, own in zip(touches, changes, strict=True)
            for change in own
            if isinstance(change, Rebound)
        }
        self.stepper.step([touch.pair for touch in touches], bounces)
        self.n_steps += 1
        for touch, own in zip(touches, changes, strict=True):
            for change in own:
                if isinstance(change, Outcome):
                    for name, velocity in change.velocities:
                        self.stepper.push(name, velocity)
            self.contacts.append(self.settled(touch))

    def meet(self) -> list[_Touch]:
        """What has just come to touch; what is to touch no more, or to stand fixed from now on, does."""
        touches: list[_Touch] = []
        standing: list[str] = []
        apart = self.apart
        for pair in self.fresh():
            contact = self.touch(pair)
            names = frozenset((contact.first, contact.second))
            changes = self.on_contact.get(len(self.contacts) + len(touches), ())
            if any(isinstance(c, Ghost) and frozenset((c.first, c.second)) == names for c in changes):
                self.apart |= {names}
                continue
            touches.append(_Touch(pair, contact))
            standing += [change.body for change in changes if isinstance(change, Unmoved)]
        if not standing and self.apart == apart:
            return touches
        labels = [self.stepper.labels(touch.pair) for touch in touches]
        self.save()
        for name in standing:
            self.bodies[name] = replace(self.bodies[name], fixed=True)
            state = self.states[name]
            self.states[name] = replace(state, velocity_m_s=np.zeros(3), own_spin_rad_s=np.zeros(3))
        self.build()
        self.stepper.look()
        now = {self.stepper.labels(pair): pair for pair in self.stepper.pairs()}
        self.pairs = set(now)
        return [
            _Touch(now[label], touch.contact)
            for label, touch in zip(labels, touches, strict=True)
            if label in now
        ]

    def fresh(self) -> list[Touching]:
        """Pairs that touch now and have not for a while."""
        pairs = {self.stepper.labels(pair): pair for pair in self.stepper.pairs()}
        for label in self.pairs - pairs.keys():
            self.parted[label] = self.n_steps
        long = _PARTED_S / self.step_s
        new = [
            pair
            for label, pair in pairs.items()
            if label not in self.pairs and self.n_steps - self.parted.get(label, -math.inf) > long
        ]
        self.pairs = set(pairs)
        return new

    def touch(self, pair: Touching) -> Contact:
        """What is known of a touch before anything comes of it."""
        stepper = self.stepper
        first, second = (stepper.model.names[geom] for geom in pair)
        where, normal, approach = stepper.point(pair)
        if first not in self.bodies:
            first, second, normal = second, first, -normal
        unknown = (math.nan, math.nan, math.nan)
        return Contact(
            time_s=(self.n_steps + 1) * self.step_s,
            first=first,
            second=second,
            point_m=_point(where),
            normal=_point(normal),
            approach_m_s=approach,
            separation_m_s=math.nan,
            impulse_n_s=math.nan,
            first_m_s=(_point(stepper.velocity(first)), unknown),
            second_m_s=(_point(stepper.velocity(second)), unknown),
        )

    def settled(self, touch: _Touch) -> Contact:
        """What came of a touch in the step that has just been made."""
        contact, stepper = touch.contact, self.stepper
        return replace(
            contact,
            separation_m_s=stepper.opening_m_s(touch.pair),
            impulse_n_s=stepper.impulse_n_s(touch.pair),
            first_m_s=(contact.first_m_s[0], _point(stepper.velocity(contact.first))),
            second_m_s=(contact.second_m_s[0], _point(stepper.velocity(contact.second))),
        )

    def intervene(self, frame: int) -> None:
        now = [change for change in self.interventions if getattr(change, "frame", None) == frame]
        for change in now:
            if isinstance(change, Repaint):
                self.records[change.body].looks.append(change.look)
        now = [change for change in now if isinstance(change, Insert | Remove | Move | Reshape)]
        if not now:
            return
        self.save()
        for change in now:
            if isinstance(change, Insert):
                self.add(change.body)
            elif isinstance(change, Remove):
                del self.bodies[change.body], self.states[change.body]
            elif isinstance(change, Move):
                spin = _point(self.states[change.body].spin_rad_s)
                self.states[change.body] = state_of(
                    change.position_m, change.turn_rad, change.velocity_m_s, spin
                )
            else:
                self.records[change.body].reshape(change.shape, change.half_size_m)
                self.bodies[change.body] = replace(
                    self.bodies[change.body], shape=change.shape, half_size_m=change.half_size_m
                )
                state = self.states[change.body]
                lifted = state.position_m + np.array([0.0, 0.0, change.lift_m])
                self.states[change.body] = replace(state, position_m=lifted)
        self.build()

    def push(self, frame: int) -> None:
        now = [change for change in self.interventions if getattr(change, "frame", None) == frame]
        now = [change for change in now if isinstance(change, SetVelocity | SetGravity)]
        if not now:
            return
        self.save()
        for change in now:
            if isinstance(change, SetGravity):
                self.gravity[change.body] = change.factor
                continue
            self.bodies[change.body] = replace(self.bodies[change.body], fixed=False)
            state = self.states[change.body]
            self.states[change.body] = replace(
                state,
                velocity_m_s=np.array(change.velocity_m_s, np.float64),
                own_spin_rad_s=state.rotation.inv().apply(change.spin_rad_s),
            )
        self.build()

    def record(self) -> None:
        self.stepper.expect_stable()
        self.save()
        for name, state in self.states.items():
            self.records[name].add(state, name in self.stepper.held or name in self.touched)
        self.n_recorded += 1
        self.touched = set()


def _point(row: np.ndarray) -> Point:
    return tuple(float(value) for value in row)
