"""How much would be seen of a body that is not there."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.scene import Body, Point, Scene
from lawful.generators.worlds.truth import object_truths


def share_seen(
    scene: Scene, simulated: Simulated, body: Body, place: Point, frame: int, ignore: int | None
) -> float:
    """Visible share, 0-1, of a solid body if it were at a place.

    Args:
        scene: A solid scene.
        simulated: Where all else is.
        body: The body.
        place: Its centre.
        frame: When.
        ignore: Number of a body that would not be there, such as itself.
    """
    now = np.array([frame], np.int64)
    others = [motion.at(now) for number, motion in enumerate(simulated.motions) if number != ignore]
    put = _standing(replace(body, position_m=place))
    shown = Simulated(simulated.fps, (*others, put), (), simulated.view.at(now))
    return float(object_truths(scene, shown)[-1].visible[0])


def _standing(body: Body) -> Motion:
    """A solid body over one frame."""
    nothing = np.zeros(1, np.int64)
    return Motion(
        body=body,
        shapes=(body.shape,),
        shape_index=nothing,
        half_size_m=np.array([body.half_size_m], np.float64),
        looks=(body.look,),
        look_index=nothing,
        present=np.ones(1, bool),
        touched=np.zeros(1, bool),
        position_m=np.array([body.position_m], np.float64),
        velocity_m_s=np.zeros((1, 3)),
        rotation=Rotation.from_rotvec([body.turn_rad]).as_matrix(),
        spin_rad_s=np.zeros((1, 3)),
    )
