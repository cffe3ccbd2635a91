"""From a scene to the state of every body at every frame, with interventions, by pymunk."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pymunk
from jaxtyping import Bool, Float64, Int64
from pymunk.constraints import GearJoint, PivotJoint

from lawful.generators.worlds.interventions import (
    Ghost,
    Hold,
    Insert,
    Intervention,
    Move,
    Rebound,
    Remove,
    Repaint,
    SetGravity,
    SetVelocity,
)
from lawful.generators.worlds.records import Contact
from lawful.generators.worlds.scene import GRAVITY_M_S2, Body, Look, Pivot, Scene

STEPS_PER_S = 600
"""Least number of simulation steps a second."""


@dataclass(frozen=True, eq=False)
class Motion:
    """The state of one body at every frame."""

    body: Body
    """The body as it was put into the scene."""
    looks: tuple[Look, ...]
    """Every look it has."""
    look_index: Int64[np.ndarray, " frames"]
    """Which of the looks it has."""
    present: Bool[np.ndarray, " frames"]
    """True where it exists."""
    state: Float64[np.ndarray, "frames 6"]
    """x, y, x velocity, y velocity, angle, spin: m, m/s, rad, rad/s; NaN where not present."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """What came of a simulation."""

    fps: float
    """Frames a second."""
    motions: tuple[Motion, ...]
    """One for each body, inserted ones last."""
    contacts: tuple[Contact, ...]
    """First touches in order of time."""
    camera_m: Float64[np.ndarray, "frames 2"]
    """Centre of the view."""


def simulate(
    scene: Scene, fps: float, n_frames: int, interventions: Sequence[Intervention] = ()
) -> Simulated:
    """Run a scene. Until the first intervention takes effect the result is bit-equal to that without any.

    Args:
        scene: Where to start.
        fps: Frames a second; frame k shows the time k / fps.
        n_frames: How many frames.
        interventions: What to change on the way.

    Returns:
        States, contacts and camera. A `Hold` shifts all later states and contacts.
    """
    steps = max(1, math.ceil(STEPS_PER_S / fps))
    world = _World(scene, 1 / (fps * steps), interventions)
    for frame in range(n_frames):
        if frame:
            for _ in range(steps):
                world.step()
        world.intervene(frame)
        world.record()
        world.push(frame + 1)
    times = np.arange(n_frames) / fps
    simulated = Simulated(fps, world.motions(n_frames), tuple(world.contacts), camera_path(scene, times))
    for hold in interventions:
        if isinstance(hold, Hold):
            simulated = _held(simulated, hold)
    return simulated


def camera_path(scene: Scene, times_s: Float64[np.ndarray, " frames"]) -> Float64[np.ndarray, "frames 2"]:
    """Centre of the view in metres at some times."""
    camera = scene.camera
    sway = np.sin(2 * np.pi * camera.sway_hz * times_s)[:, None]
    return np.outer(times_s, camera.velocity_m_s) + sway * np.array(camera.sway_m)


class _World:
    """The simulation on its way: the only mutable thing, alive inside `simulate` alone."""

    def __init__(self, scene: Scene, step_s: float, interventions: Sequence[Intervention]) -> None:
        self.scene = scene
        self.step_s = step_s
        self.n_steps = 0
        self.n_recorded = 0
        self.interventions = interventions
        self.rebounds = {i.contact: i.restitution for i in interventions if isinstance(i, Rebound)}
        self.ghosts = {
            i.contact: frozenset((i.first, i.second)) for i in interventions if isinstance(i, Ghost)
        }
        self.apart: set[frozenset[str]] = set()
        self.contacts: list[Contact] = []
        self.fresh: list[Contact] = []
        self.impulses: dict[frozenset[str], float] = {}
        self.names: dict[pymunk.Shape, str] = {}
        self.bodies: dict[str, pymunk.Body] = {}
        self.records: dict[str, _Record] = {}
        self.space = pymunk.Space()
        self.space.gravity = (0.0, -scene.gravity_m_s2)
        self.space.iterations = 20
        self.space.collision_slop = 1e-4
        for block in scene.blocks:
            if block.solid:
                corners = [
                    (block.x0, block.y0),
                    (block.x1, block.y0),
                    (block.x1, block.y1),
                    (block.x0, block.y1),
                ]
                shape = pymunk.Poly(self.space.static_body, corners)
                shape.elasticity, shape.friction = block.restitution, block.friction
                self.space.add(shape)
                self.names[shape] = block.name
        for body in scene.bodies:
            self.add(body)
        self.space.on_collision(begin=self.begin, post_solve=self.post_solve)

    def add(self, body: Body) -> None:
        size = (2 * body.half_width_m, 2 * body.half_height_m)
        moment = _moment(body)
        kind = pymunk.Body.KINEMATIC if body.fixed else pymunk.Body.DYNAMIC
        rigid = pymunk.Body(body.mass_kg, moment, body_type=kind)
        rigid.position, rigid.velocity = body.position_m, body.velocity_m_s
        rigid.angle, rigid.angular_velocity = body.angle_rad, body.spin_rad_s
        if body.shape == "disc":
            shape = pymunk.Circle(rigid, body.half_width_m)
        else:
            shape = pymunk.Poly.create_box(rigid, size)
        shape.elasticity, shape.friction = body.restitution, body.friction
        self.space.add(rigid, shape)
        self.names[shape] = body.name
        self.bodies[body.name] = rigid
        self.records[body.name] = _Record(body, self.n_recorded, [body.look], [], [])
        for pivot in self.scene.pivots:
            if pivot.body == body.name:
                self.hang(rigid, pivot)
        if self.scene.table_friction and not body.fixed:
            self.rub(rigid, body)

    def hang(self, rigid: pymunk.Body, pivot: Pivot) -> None:
        self.space.add(PivotJoint(self.space.static_body, rigid, pivot.point_m))

    def rub(self, rigid: pymunk.Body, body: Body) -> None:
        # A joint that pulls towards rest with a bounded force is dry friction, solved inside the library.
        force = self.scene.table_friction * body.mass_kg * GRAVITY_M_S2
        slow = PivotJoint(self.space.static_body, rigid, (0, 0), (0, 0))
        slow.max_bias, slow.max_force = 0, force
        unspin = GearJoint(self.space.static_body, rigid, 0, 1)
        unspin.max_bias, unspin.max_force = 0, force * body.half_width_m / 2
        self.space.add(slow, unspin)

    def free(self, body: Body) -> None:
        """Let a body that stood fixed move as its mass lets it."""
        rigid = self.bodies[body.name]
        if rigid.body_type == pymunk.Body.KINEMATIC:
            rigid.body_type = pymunk.Body.DYNAMIC
            rigid.mass, rigid.moment = body.mass_kg, _moment(body)

    def step(self) -> None:
        self.fresh, self.impulses = [], {}
        self.space.step(self.step_s)
        self.n_steps += 1
        for contact in self.fresh:
            first, second = self.velocity(contact.first), self.velocity(contact.second)
            opening = (second - first).dot(pymunk.Vec2d(*contact.normal))
            impulse = self.impulses.get(frozenset((contact.first, contact.second)), 0.0)
            self.contacts.append(replace(contact, separation_m_s=opening, impulse_n_s=impulse))

    def velocity(self, name: str) -> pymunk.Vec2d:
        """Velocity of a body's centre; of a block, none."""
        return self.bodies[name].velocity if name in self.bodies else pymunk.Vec2d.zero()

    def begin(self, arbiter: pymunk.Arbiter, space: pymunk.Space, data: object) -> None:
        first, second = (self.names[shape] for shape in arbiter.shapes)
        normal, where = arbiter.normal, arbiter.contact_point_set.points[0].point_a
        if first not in self.bodies:
            first, second, normal = second, first, -normal
        names = frozenset((first, second))
        if self.ghosts.get(len(self.contacts) + len(self.fresh)) == names:
            self.apart.add(names)
        if names in self.apart:
            arbiter.process_collision = False
            return
        restitution = self.rebounds.get(len(self.contacts) + len(self.fresh))
        if restitution is not None:
            arbiter.restitution = restitution
        contact = Contact(
            time_s=(self.n_steps + 1) * self.step_s,
            first=first,
            second=second,
            point_m=(where.x, where.y),
            normal=(normal.x, normal.y),
            approach_m_s=(self.velocity(first) - self.velocity(second)).dot(normal),
            separation_m_s=math.nan,
            impulse_n_s=math.nan,
        )
        self.fresh.append(contact)

    def post_solve(self, arbiter: pymunk.Arbiter, space: pymunk.Space, data: object) -> None:
        if arbiter.is_first_contact:
            names = frozenset(self.names[shape] for shape in arbiter.shapes)
            self.impulses[names] = arbiter.total_impulse.length

    def intervene(self, frame: int) -> None:
        for change in self.interventions:
            if isinstance(change, Rebound | Hold | Ghost) or change.frame != frame:
                continue
            if isinstance(change, Insert):
                self.add(change.body)
            elif isinstance(change, Remove):
                rigid = self.bodies.pop(change.body)
                self.space.remove(rigid, *rigid.shapes, *rigid.constraints)
            elif isinstance(change, Move):
                rigid = self.bodies[change.body]
                rigid.position, rigid.velocity = change.position_m, change.velocity_m_s
                rigid.angle = change.angle_rad
                self.space.reindex_shapes_for_body(rigid)
            elif isinstance(change, Repaint):
                self.records[change.body].looks.append(change.look)

    def push(self, frame: int) -> None:
        for change in self.interventions:
            if isinstance(change, SetVelocity) and change.frame == frame:
                self.free(self.records[change.body].body)
                rigid = self.bodies[change.body]
                rigid.velocity, rigid.angular_velocity = change.velocity_m_s, change.spin_rad_s
            elif isinstance(change, SetGravity) and change.frame == frame:
                self.bodies[change.body].velocity_func = _gravity(change.factor)

    def record(self) -> None:
        for name, body in self.bodies.items():
            place, speed = body.position, body.velocity
            row = (place.x, place.y, speed.x, speed.y, body.angle, body.angular_velocity)
            record = self.records[name]
            record.rows.append(row)
            record.look_rows.append(len(record.looks) - 1)
        self.n_recorded += 1

    def motions(self, n_frames: int) -> tuple[Motion, ...]:
        return tuple(record.motion(n_frames) for record in self.records.values())


def _moment(body: Body) -> float:
    if body.shape == "disc":
        return pymunk.moment_for_circle(body.mass_kg, 0, body.half_width_m)
    return pymunk.moment_for_box(body.mass_kg, (2 * body.half_width_m, 2 * body.half_height_m))


def _gravity(factor: float) -> Callable[[pymunk.Body, tuple[float, float], float, float], None]:
    def update(body: pymunk.Body, gravity: tuple[float, float], damping: float, step_s: float) -> None:
        pymunk.Body.update_velocity(body, (factor * gravity[0], factor * gravity[1]), damping, step_s)

    return update


@dataclass
class _Record:
    """What is written down of one body on the way."""

    body: Body
    first_row: int
    looks: list[Look]
    rows: list[tuple[float, ...]]
    look_rows: list[int]

    def motion(self, n_frames: int) -> Motion:
        state = np.full((n_frames, 6), np.nan)
        looks = np.zeros(n_frames, np.int64)
        present = np.zeros(n_frames, bool)
        if self.rows:
            part = slice(self.first_row, self.first_row + len(self.rows))
            state[part], looks[part], present[part] = self.rows, self.look_rows, True
        return Motion(self.body, tuple(self.looks), looks, present, state)


def _held(simulated: Simulated, hold: Hold) -> Simulated:
    n_frames = len(simulated.camera_m)
    source = np.arange(n_frames)
    source[hold.frame :] = np.maximum(source[hold.frame :] - hold.n_frames, hold.frame - 1)
    still = slice(hold.frame, hold.frame + hold.n_frames)
    motions = []
    for motion in simulated.motions:
        state = motion.state[source]
        state[still, 2:4] = np.where(np.isnan(state[still, 2:4]), np.nan, 0.0)
        state[still, 5] = np.where(np.isnan(state[still, 5]), np.nan, 0.0)
        motions.append(
            replace(motion, state=state, present=motion.present[source], look_index=motion.look_index[source])
        )
    stop_s, length_s = (hold.frame - 1) / simulated.fps, hold.n_frames / simulated.fps
    contacts = [
        replace(contact, time_s=contact.time_s + (length_s if contact.time_s > stop_s else 0.0))
        for contact in simulated.contacts
    ]
    shown = tuple(contact for contact in contacts if contact.time_s <= (n_frames - 1) / simulated.fps)
    return replace(simulated, motions=tuple(motions), contacts=shown, camera_m=simulated.camera_m[source])
