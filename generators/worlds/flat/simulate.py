"""From a flat scene to the state of every body at every frame, with interventions, by pymunk."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pymunk
from pymunk.constraints import Constraint, DampedSpring, GearJoint, PinJoint, PivotJoint

from lawful.generators.worlds.flat.record import Record
from lawful.generators.worlds.interventions import (
    Ghost,
    Insert,
    Intervention,
    Move,
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
from lawful.generators.worlds.scene import GRAVITY_M_S2, Block, Body, Pivot, Point, Scene, Shape, Spring

_OVAL_CORNERS = 24
_NOTHING = pymunk.ShapeFilter(categories=0, mask=0)


def simulate_flat(scene: Scene, fps: float, n_frames: int, changes: tuple[Intervention, ...]) -> Simulated:
    """Run a flat scene: see `lawful.generators.worlds.simulate.simulate`."""
    steps = max(1, math.ceil(scene.steps_per_s / fps))
    n_steps_frames = n_simulated(n_frames, changes)
    world = _World(scene, 1 / (fps * steps), changes)
    for frame in range(n_steps_frames):
        if frame:
            for _ in range(steps):
                world.step()
        world.intervene(frame)
        world.record()
        world.push(frame + 1)
    view = scene.view(np.arange(n_steps_frames) / fps)
    motions = tuple(record.motion(n_steps_frames) for record in world.records.values())
    return retimed(Simulated(fps, motions, tuple(world.contacts), view), changes, n_frames)


class _Touch(NamedTuple):
    """What is known of two things when they begin to touch, before the step is solved."""

    first: str
    second: str
    shapes: frozenset[pymunk.Shape]
    where: pymunk.Vec2d
    normal: pymunk.Vec2d
    first_was: pymunk.Vec2d
    second_was: pymunk.Vec2d


class _World:
    """The simulation on its way: the only mutable thing, alive inside `simulate` alone."""

    def __init__(self, scene: Scene, step_s: float, interventions: Sequence[Intervention]) -> None:
        self.scene = scene
        self.step_s = step_s
        self.n_steps = 0
        self.n_recorded = 0
        self.n_steps_recorded = 0
        self.interventions = interventions
        self.rebounds = {i.contact: i.restitution for i in interventions if isinstance(i, Rebound)}
        self.ghosts = {
            i.contact: frozenset((i.first, i.second)) for i in interventions if isinstance(i, Ghost)
        }
        self.outcomes = {i.contact: i.velocities for i in interventions if isinstance(i, Outcome)}
        self.unmoved = {i.contact: i.body for i in interventions if isinstance(i, Unmoved)}
        self.apart: set[frozenset[str]] = set()
        self.contacts: list[Contact] = []
        self.fresh: list[_Touch] = []
        self.names: dict[pymunk.Shape, str] = {}
        self.bodies: dict[str, pymunk.Body] = {}
        self.records: dict[str, Record] = {}
        self.touching: set[frozenset[pymunk.Shape]] = set()
        self.touched: set[str] = set()
        self.rubs: set[Constraint] = set()
        self.space = pymunk.Space()
        self.space.gravity = (0.0, -scene.gravity_m_s2)
        self.space.iterations = 20
        self.space.collision_slop = 1e-4
        for block in scene.blocks:
            if block.solid:
                shape = pymunk.Poly(self.space.static_body, corners(block))
                shape.elasticity, shape.friction = block.restitution, block.friction
                self.space.add(shape)
                self.names[shape] = block.name
        for body in scene.bodies:
            self.add(body)
        self.held = [self.hang(pivot) for pivot in scene.pivots]
        for spring in scene.springs:
            self.pull(spring)
        self.space.on_collision(begin=self.begin, separate=self.separate)

    def add(self, body: Body) -> None:
        moment = _moment(body.mass_kg, body.shape, body.half_size_m)
        kind = pymunk.Body.KINEMATIC if body.fixed else pymunk.Body.DYNAMIC
        rigid = pymunk.Body(body.mass_kg, moment, body_type=kind)
        rigid.position, rigid.velocity = _flat(body.position_m), _flat(body.velocity_m_s)
        rigid.angle, rigid.angular_velocity = body.turn_rad[0], body.spin_rad_s[0]
        shape = _outline(rigid, body.shape, body.half_size_m)
        shape.elasticity, shape.friction = body.restitution, body.friction
        if not body.touches:
            shape.filter = _NOTHING
        self.space.add(rigid, shape)
        self.names[shape] = body.name
        self.bodies[body.name] = rigid
        self.records[body.name] = Record(body, self.n_recorded)
        if self.scene.table_friction and not body.fixed:
            self.rub(rigid, body)

    def hang(self, pivot: Pivot) -> Constraint:
        rigid = self.bodies[pivot.body]
        if pivot.other is None:
            rod: Constraint = PivotJoint(self.space.static_body, rigid, _flat(pivot.point_m))
        else:
            rod = PinJoint(self.bodies[pivot.other], rigid)
            # What is left of an error after a second: rods are stiffer than the library's default.
            rod.error_bias = 1e-30
        self.space.add(rod)
        return rod

    def pull(self, spring: Spring) -> None:
        rigid = self.bodies[spring.body]
        other, end = self.space.static_body, _flat(spring.point_m)
        if spring.other is not None:
            other, end = self.bodies[spring.other], (0.0, 0.0)
        force = (spring.rest_m, spring.stiffness_n_m, spring.damping_n_s_m)
        self.space.add(DampedSpring(other, rigid, end, (0.0, 0.0), *force))

    def lead(self) -> None:
        """Let go what is held until now, and set the velocities of what a hand leads over the next step."""
        now_s = self.n_steps * self.step_s
        for pivot, rod in zip(self.scene.pivots, self.held, strict=True):
            over = pivot.until_s is not None and now_s >= pivot.until_s
            if over and rod in self.space.constraints:
                self.space.remove(rod)
                if self.n_steps > self.n_steps_recorded:
                    self.touched.add(pivot.body)
        for mover in self.scene.movers:
            if mover.body in self.bodies:
                middle_s = now_s + self.step_s / 2
                self.bodies[mover.body].velocity = _flat(mover.velocity_m_s(middle_s))

    def rub(self, rigid: pymunk.Body, body: Body) -> None:
        # A joint that pulls towards rest with a bounded force is dry friction, solved inside the library.
        force = self.scene.table_friction * body.mass_kg * GRAVITY_M_S2
        slow = PivotJoint(self.space.static_body, rigid, (0, 0), (0, 0))
        slow.max_bias, slow.max_force = 0, force
        unspin = GearJoint(self.space.static_body, rigid, 0, 1)
        unspin.max_bias, unspin.max_force = 0, force * body.half_size_m[0] / 2
        self.space.add(slow, unspin)
        self.rubs |= {slow, unspin}

    def free(self, body: Body) -> None:
        """Let a body that stood fixed move as its mass lets it."""
        rigid = self.bodies[body.name]
        if rigid.body_type == pymunk.Body.KINEMATIC:
            rigid.body_type = pymunk.Body.DYNAMIC
            rigid.mass = body.mass_kg
            rigid.moment = _moment(body.mass_kg, body.shape, body.half_size_m)

    def step(self) -> None:
        self.fresh = []
        if self.scene.movers or self.scene.pivots:
            self.lead()
        self.space.step(self.step_s)
        self.n_steps += 1
        for touch in self.fresh:
            index = len(self.contacts)
            for name, velocity in self.outcomes.get(index, ()):
                self.bodies[name].velocity = _flat(velocity)
            if index in self.unmoved:
                self.stand(touch, self.unmoved[index])
            first, second = self.velocity(touch.first), self.velocity(touch.second)
            contact = Contact(
                time_s=self.n_steps * self.step_s,
                first=touch.first,
                second=touch.second,
                point_m=tuple(touch.where),
                normal=tuple(touch.normal),
                approach_m_s=(touch.first_was - touch.second_was).dot(touch.normal),
                separation_m_s=(second - first).dot(touch.normal),
                impulse_n_s=self.impulse(touch.first, touch.shapes),
                first_m_s=(tuple(touch.first_was), tuple(first)),
                second_m_s=(tuple(touch.second_was), tuple(second)),
            )
            self.contacts.append(contact)

    def joints(self, rigid: pymunk.Body) -> list[Constraint]:
        """What holds a body now; a body remembers what let go of it, too."""
        return [joint for joint in rigid.constraints if joint in self.space.constraints]

    def stand(self, touch: "_Touch", name: str) -> None:
        """Let a body stand fixed, and what hit it bounce off as off a wall."""
        fixed = self.bodies[name]
        # A joint between two bodies that nothing moves has no solution.
        self.space.remove(*self.joints(fixed))
        fixed.body_type = pymunk.Body.KINEMATIC
        fixed.velocity, fixed.angular_velocity = (0.0, 0.0), 0.0
        other, was = touch.first, touch.first_was
        if other == name:
            other, was = touch.second, touch.second_was
        if other in self.bodies:
            normal = touch.normal
            bounce = self.records[name].body.restitution * self.records[other].body.restitution
            self.bodies[other].velocity = was - (1 + bounce) * was.dot(normal) * normal

    def velocity(self, name: str) -> pymunk.Vec2d:
        """Velocity of a body's centre; of a block, none."""
        return self.bodies[name].velocity if name in self.bodies else pymunk.Vec2d.zero()

    def begin(self, arbiter: pymunk.Arbiter, space: pymunk.Space, data: object) -> None:
        one_shape, other_shape = arbiter.shapes
        first, second = self.names[one_shape], self.names[other_shape]
        normal, where = arbiter.normal, arbiter.contact_point_set.points[0].point_a
        if first not in self.bodies:
            first, second, normal = second, first, -normal
        names = frozenset((first, second))
        index = len(self.contacts) + len(self.fresh)
        if self.ghosts.get(index) == names:
            self.apart.add(names)
        if names in self.apart:
            arbiter.process_collision = False
            return
        pair = frozenset((one_shape, other_shape))
        self.touching.add(pair)
        if index in self.rebounds:
            arbiter.restitution = self.rebounds[index]
        was = self.velocity(first), self.velocity(second)
        self.fresh.append(_Touch(first, second, pair, where, normal, *was))

    def separate(self, arbiter: pymunk.Arbiter, space: pymunk.Space, data: object) -> None:
        pair = frozenset(arbiter.shapes)
        # They touched last in the step before this one, which may belong to the frame before.
        if pair in self.touching and self.n_steps > self.n_steps_recorded:
            self.touch(pair)
        self.touching.discard(pair)

    def touch(self, pair: frozenset[pymunk.Shape]) -> None:
        """Note that two things touched, unless no force moves either of them."""
        owners = [shape.body for shape in pair]
        if any(owner is not None and owner.body_type == pymunk.Body.DYNAMIC for owner in owners):
            self.touched.update(self.names[shape] for shape in pair)

    def impulse(self, name: str, pair: frozenset[pymunk.Shape]) -> float:
        """Size of the impulse between a body and another thing in the step that was just made."""
        found = [0.0]
        self.bodies[name].each_arbiter(_find_impulse, pair, found)
        return found[-1]

    def intervene(self, frame: int) -> None:
        for change in self.interventions:
            if getattr(change, "frame", None) != frame:
                continue
            if isinstance(change, Insert):
                self.add(change.body)
            elif isinstance(change, Remove):
                rigid = self.bodies.pop(change.body)
                self.space.remove(rigid, *rigid.shapes, *self.joints(rigid))
            elif isinstance(change, Move):
                rigid = self.bodies[change.body]
                rigid.position, rigid.velocity = _flat(change.position_m), _flat(change.velocity_m_s)
                rigid.angle = change.turn_rad[0]
                self.space.reindex_shapes_for_body(rigid)
            elif isinstance(change, Repaint):
                self.records[change.body].looks.append(change.look)
            elif isinstance(change, Reshape):
                self.reshape(change)

    def reshape(self, change: Reshape) -> None:
        rigid, record = self.bodies[change.body], self.records[change.body]
        (old,) = rigid.shapes
        self.space.remove(old)
        del self.names[old]
        old.body = None
        shape = _outline(rigid, change.shape, change.half_size_m)
        shape.elasticity, shape.friction = record.body.restitution, record.body.friction
        if not record.body.touches:
            shape.filter = _NOTHING
        if rigid.body_type == pymunk.Body.DYNAMIC:
            rigid.moment = _moment(record.body.mass_kg, change.shape, change.half_size_m)
        rigid.position += (0.0, change.lift_m)
        self.space.add(shape)
        self.names[shape] = change.body
        if change.shape != record.shapes[-1]:
            record.shapes.append(change.shape)
        record.half_size_m = change.half_size_m

    def push(self, frame: int) -> None:
        for change in self.interventions:
            if isinstance(change, SetVelocity) and change.frame == frame:
                self.free(self.records[change.body].body)
                rigid = self.bodies[change.body]
                rigid.velocity, rigid.angular_velocity = _flat(change.velocity_m_s), change.spin_rad_s[0]
            elif isinstance(change, SetGravity) and change.frame == frame:
                self.bodies[change.body].velocity_func = _gravity(change.factor)

    def record(self) -> None:
        joints = set(self.space.constraints) - self.rubs
        for pair in self.touching:
            self.touch(pair)
        for name, body in self.bodies.items():
            place, speed = body.position, body.velocity
            row = (place.x, place.y, speed.x, speed.y, body.angle, body.angular_velocity)
            held = bool(joints & body.constraints)
            self.records[name].add(row, held or name in self.touched)
        self.n_recorded += 1
        self.n_steps_recorded = self.n_steps
        self.touched = set()


def _find_impulse(arbiter: pymunk.Arbiter, pair: frozenset[pymunk.Shape], found: list[float]) -> None:
    if frozenset(arbiter.shapes) == pair:
        found.append(arbiter.total_impulse.length)


def corners(block: Block) -> list[tuple[float, float]]:
    """The corners of a flat block, counter-clockwise."""
    (x0, y0), (x1, y1) = block.low, block.high
    flat = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    turn = block.turn_rad[0]
    if not turn:
        return flat
    middle, cos, sin = ((x0 + x1) / 2, (y0 + y1) / 2), math.cos(turn), math.sin(turn)
    return [
        (
            middle[0] + (x - middle[0]) * cos - (y - middle[1]) * sin,
            middle[1] + (x - middle[0]) * sin + (y - middle[1]) * cos,
        )
        for x, y in flat
    ]


def _flat(point: Point) -> tuple[float, float]:
    x, y = point
    return x, y


def _outline(rigid: pymunk.Body, shape: Shape, half_size_m: Point) -> pymunk.Shape:
    width, height = half_size_m
    if shape == "box":
        return pymunk.Poly.create_box(rigid, (2 * width, 2 * height))
    if width == height:
        return pymunk.Circle(rigid, width)
    angles = np.arange(_OVAL_CORNERS) * 2 * np.pi / _OVAL_CORNERS
    return pymunk.Poly(rigid, [(width * math.cos(a), height * math.sin(a)) for a in angles])


def _moment(mass_kg: float, shape: Shape, half_size_m: Point) -> float:
    if shape == "disc":
        width, height = half_size_m
        radius = width if width == height else math.sqrt((width**2 + height**2) / 2)
        return pymunk.moment_for_circle(mass_kg, 0, radius)
    return pymunk.moment_for_box(mass_kg, (2 * half_size_m[0], 2 * half_size_m[1]))


def _gravity(factor: float) -> Callable[[pymunk.Body, tuple[float, float], float, float], None]:
    def update(body: pymunk.Body, gravity: tuple[float, float], damping: float, step_s: float) -> None:
        pymunk.Body.update_velocity(body, (factor * gravity[0], factor * gravity[1]), damping, step_s)

    return update
