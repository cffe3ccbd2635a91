"""A solid scene as a MuJoCo model: what stands still, what is free, what holds and pulls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.scene import Block, Body, Pivot, Scene, Shape, Spring, Turn
from lawful.generators.worlds.solid.gl import mujoco_package

_HARD = 0.97
"""Share of what a contact is asked for that it gets in one solution. Harder ones take many times as long."""
_HARDEST = 0.9999
"""The same of rods; MuJoCo allows no more."""
_HAND = 1e4
"""Times the mass of all bodies: what a hand leads is not pushed back."""
_PIVOT_S = 0.004
"""Time constant in which a rod takes back what the steps have lengthened it."""


@dataclass(frozen=True, eq=False)
class Model:
    """A compiled model and the names behind its numbers."""

    compiled: Any
    """The `mujoco.MjModel`."""
    geoms: tuple[str, ...]
    """What each geom is called, no two alike: "block 2" or "body ball 1"."""
    names: tuple[str, ...]
    """What each geom is: the name of a block or body."""
    free: Mapping[str, tuple[int, int]]
    """First place in the positions and in the velocities of each body that is free to move."""
    restitution: Float64[np.ndarray, "geoms geoms"]
    """Product of both for every two geoms."""


def build_model(
    scene: Scene,
    bodies: Sequence[Body],
    *,
    step_s: float = 0.001,
    gravity: Mapping[str, float] = MappingProxyType({}),
    apart: frozenset[frozenset[str]] = frozenset(),
) -> Model:
    """Compile a model of the blocks of a scene and of bodies in given states.

    Everything that can touch is a pair of its own, with the product of both frictions.

    Args:
        scene: Its blocks, pivots, springs, hands and gravity; not its bodies.
        bodies: The bodies as they are: those that are `fixed` and led by no hand cannot move.
        step_s: Length of a step.
        gravity: Times gravity of bodies on which it acts otherwise.
        apart: Names of two things each that do not touch.

    Returns:
        The model; in its first state every body is where it is said to be.

    Raises:
        AbsentError: MuJoCo is not installed.
    """
    mujoco = mujoco_package("solid worlds")
    spec = mujoco.MjSpec()
    _set_options(mujoco, spec, scene, step_s)
    things: list[tuple[str, str, Block | Body]] = []
    for number, block in enumerate(scene.blocks):
        geom = f"block {number}"
        _add_block(mujoco, spec, geom, block)
        things.append((geom, block.name, block))
    led = {mover.body for mover in scene.movers}
    moving = {body.name for body in bodies if not body.fixed or body.name in led}
    hand_kg = _HAND * sum(body.mass_kg for body in bodies)
    for body in bodies:
        mass = hand_kg if body.fixed else body.mass_kg
        factor = 0.0 if body.fixed else gravity.get(body.name, 1.0)
        _add_body(mujoco, spec, body, mass, factor, moves=body.name in moving)
        things.append((f"body {body.name}", body.name, body))
    if any(factor > 1 for factor in gravity.values()):
        # MuJoCo looks at what is heavier than gravity has it only where something else is lighter.
        spec.worldbody.add_body(name="lighter", gravcomp=1.0)
    _add_pairs(spec, things, apart)
    present = {body.name for body in bodies}
    for pivot in scene.pivots:
        _add_pivot(mujoco, spec, pivot, bodies, present)
    for spring in scene.springs:
        _add_spring(spec, spring, present)
    compiled = spec.compile()
    things.sort(key=lambda row: compiled.geom(row[0]).id)
    bounce = np.array([thing.restitution for _, _, thing in things])
    return Model(
        compiled,
        tuple(geom for geom, _, _ in things),
        tuple(name for _, name, _ in things),
        {body.name: _places(compiled, body) for body in bodies if body.name in moving},
        np.outer(bounce, bounce),
    )


def _places(compiled: Any, body: Body) -> tuple[int, int]:
    joint = compiled.joint(f"body {body.name}")
    return int(joint.qposadr[0]), int(joint.dofadr[0])


def quaternion(turn_rad: Turn) -> np.ndarray:
    """A rotation vector as MuJoCo's quaternion: the real part first."""
    return Rotation.from_rotvec(turn_rad if len(turn_rad) == 3 else (0.0, 0.0, 0.0)).as_quat(
        scalar_first=True
    )


def _set_options(mujoco: Any, spec: Any, scene: Scene, step_s: float) -> None:
    option = spec.option
    option.timestep = step_s
    option.gravity = (0.0, 0.0, -scene.gravity_m_s2)
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.solver = mujoco.mjtSolver.mjSOL_NEWTON
    option.jacobian = mujoco.mjtJacobian.mjJAC_DENSE
    option.iterations, option.tolerance = 100, 1e-9
    option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
    spec.compiler.inertiafromgeom = mujoco.mjtInertiaFromGeom.mjINERTIAFROMGEOM_TRUE


def _outline(mujoco: Any, shape: Shape, half_size_m: Sequence[float]) -> tuple[Any, list[float]]:
    x, y, z = half_size_m
    if shape == "box":
        return mujoco.mjtGeom.mjGEOM_BOX, [x, y, z]
    if shape == "cylinder":
        return mujoco.mjtGeom.mjGEOM_CYLINDER, [(x + y) / 2, z, 0.0]
    if x == y == z:
        return mujoco.mjtGeom.mjGEOM_SPHERE, [x, 0.0, 0.0]
    return mujoco.mjtGeom.mjGEOM_ELLIPSOID, [x, y, z]


def _add_block(mujoco: Any, spec: Any, geom: str, block: Block) -> None:
    middle = (np.array(block.low) + block.high) / 2
    half = np.subtract(block.high, block.low) / 2
    spec.worldbody.add_geom(
        name=geom,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=half,
        pos=middle,
        quat=quaternion(block.turn_rad),
        contype=0,
        conaffinity=0,
    )


def _add_body(mujoco: Any, spec: Any, body: Body, mass_kg: float, gravity: float, moves: bool) -> None:
    name = f"body {body.name}"
    rigid = spec.worldbody.add_body(
        name=name, pos=body.position_m, quat=quaternion(body.turn_rad), gravcomp=1.0 - gravity
    )
    if moves:
        rigid.add_freejoint(name=name)
    kind, size = _outline(mujoco, body.shape, body.half_size_m)
    rigid.add_geom(name=name, type=kind, size=size, mass=mass_kg, contype=0, conaffinity=0)
    rigid.add_site(name=name)


def _add_pairs(
    spec: Any,
    things: Sequence[tuple[str, str, Block | Body]],
    apart: frozenset[frozenset[str]],
) -> None:
    """Every two of which one at least is free to move, and both can touch."""
    for number, (geom, name, thing) in enumerate(things):
        for other_geom, other_name, other in things[:number]:
            free = any(isinstance(one, Body) and not one.fixed for one in (thing, other))
            if not (free and _touches(thing) and _touches(other)) or frozenset((name, other_name)) in apart:
                continue
            friction = thing.friction * other.friction
            spec.add_pair(
                geomname1=other_geom,
                geomname2=geom,
                condim=3,
                friction=[friction, friction, 0.0, 0.0, 0.0],
                solimp=[_HARD, _HARD, 0.001, 0.5, 2.0],
            )


def _touches(thing: Block | Body) -> bool:
    return thing.touches if isinstance(thing, Body) else thing.solid


def _add_pivot(mujoco: Any, spec: Any, pivot: Pivot, bodies: Sequence[Body], present: set[str]) -> None:
    """A joint at the rod's other end: body and rod are one."""
    if pivot.body not in present or (pivot.other is not None and pivot.other not in present):
        return
    at = {body.name: body for body in bodies}
    held = at[pivot.body]
    end = pivot.point_m if pivot.other is None else at[pivot.other].position_m
    arm = np.subtract(end, held.position_m)
    arm = Rotation.from_quat(quaternion(held.turn_rad), scalar_first=True).inv().apply(arm)
    rod = spec.add_equality(
        type=mujoco.mjtEq.mjEQ_CONNECT,
        objtype=mujoco.mjtObj.mjOBJ_BODY,
        name1=f"body {pivot.body}",
        name2="world" if pivot.other is None else f"body {pivot.other}",
        solref=[_PIVOT_S, 1.0],
        solimp=[_HARDEST, _HARDEST, 0.001, 0.5, 2.0],
    )
    rod.data[:3] = arm


def _add_spring(spec: Any, spring: Spring, present: set[str]) -> None:
    if spring.body not in present or (spring.other is not None and spring.other not in present):
        return
    name = f"spring {spring.body} {spring.other} {spring.point_m}"
    tendon = spec.add_tendon(
        name=name,
        stiffness=[spring.stiffness_n_m, 0.0, 0.0],
        damping=[spring.damping_n_s_m, 0.0, 0.0],
        springlength=[spring.rest_m, spring.rest_m],
    )
    tendon.wrap_site(f"body {spring.body}")
    if spring.other is None:
        spec.worldbody.add_site(name=name, pos=spring.point_m)
        tendon.wrap_site(name)
    else:
        tendon.wrap_site(f"body {spring.other}")
