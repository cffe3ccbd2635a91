"""From a scene to the state of every body at every frame, with interventions."""

from collections.abc import Sequence

from lawful.generators.worlds.interventions import Intervention
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Scene


def simulate(
    scene: Scene, fps: float, n_frames: int, interventions: Sequence[Intervention] = ()
) -> Simulated:
    """Run a scene. Until the first intervention takes effect the result is bit-equal to that without any.

    Args:
        scene: Where to start; a flat one is run by pymunk, a solid one by MuJoCo.
        fps: Frames a second; frame k shows the time k / fps.
        n_frames: How many frames.
        interventions: What to change on the way.

    Returns:
        States, contacts and camera. Retimings are applied in their order.

    Raises:
        AbsentError: The scene is solid and MuJoCo is not installed.
        InputError: The scene is solid, and something in it is too stiff or too fast for the steps.
    """
    if scene.dimensions == 2:
        from lawful.generators.worlds.flat.simulate import simulate_flat

        return simulate_flat(scene, fps, n_frames, tuple(interventions))
    from lawful.generators.worlds.solid.simulate import simulate_solid

    return simulate_solid(scene, fps, n_frames, tuple(interventions))
