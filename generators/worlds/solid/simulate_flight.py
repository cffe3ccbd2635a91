"""Bodies in flight: what one step of MuJoCo leaves out of their way and their tumbling."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.scene import Body
from lawful.generators.worlds.solid.model import Model

_NEXT, _LAST = [1, 2, 0], [2, 0, 1]
"""The axes after and before each."""


class Flight:
    """Mends the steps of bodies that nothing touches or holds.

    MuJoCo's step takes the velocity at its end for the whole way, so that a body falls half a step's fall too far
    and one that tumbles gains or loses spin. The mended way of a body that falls is exact; that of one that tumbles
    is right to the second order, as by the midpoint rule.
    """

    def __init__(
        self, model: Model, bodies: Sequence[Body], gravity_m_s2: Mapping[str, float], step_s: float
    ) -> None:
        self.step_s = step_s
        places = np.array([model.free[body.name] for body in bodies], np.int64).reshape(-1, 2)
        geoms = [model.geoms.index(f"body {body.name}") for body in bodies]
        self.geoms = np.array(geoms, np.int64)
        self.heights = places[:, 0] + 2
        self.fall_m = np.array([gravity_m_s2[body.name] for body in bodies], np.float64) * step_s**2 / 2
        inertia = _inertias(model.compiled)[model.compiled.geom_bodyid[self.geoms]]
        tumbles = np.flatnonzero(np.ptp(inertia, axis=1) > 1e-9 * inertia.max(axis=1))
        self.tumbling_geoms = self.geoms[tumbles]
        inertia = inertia[tumbles]
        self.gyration = (inertia[:, _NEXT] - inertia[:, _LAST]) / inertia
        self.turns = places[tumbles, :1] + np.arange(3, 7)
        self.spins = places[tumbles, 1:] + np.arange(3, 6)

    def mend(
        self,
        data: Any,
        spin_rad_s: Float64[np.ndarray, "tumbling 3"],
        rubbed: Bool[np.ndarray, " geoms"] | None,
    ) -> None:
        """Mend a step.

        Args:
            data: The state after it.
            spin_rad_s: What stood at `spins` before it.
            rubbed: Which geoms touch something; None for none of them.
        """
        free = slice(None) if rubbed is None else np.flatnonzero(~rubbed[self.geoms])
        data.qpos[self.heights[free]] += self.fall_m[free]
        if spin_rad_s.any():
            free = slice(None) if rubbed is None else np.flatnonzero(~rubbed[self.tumbling_geoms])
            self._tumble(data, free, spin_rad_s[free])

    def _tumble(
        self, data: Any, some: slice | Int64[np.ndarray, " some"], before: Float64[np.ndarray, "some 3"]
    ) -> None:
        gyration, spins, turns = self.gyration[some], self.spins[some], self.turns[some]
        taken = data.qvel[spins]
        # Euler's equations of a body on which nothing acts, in its own axes.
        middle = before + self.step_s / 2 * gyration * before[:, _NEXT] * before[:, _LAST]
        data.qvel[spins] = before + self.step_s * gyration * middle[:, _NEXT] * middle[:, _LAST]
        # The turn was made at the spin that was taken; what is missing is a very small turn.
        missing = self.step_s / 2 * (middle - taken)
        old = data.qpos[turns]
        real, part = old[:, :1], old[:, 1:]
        turned = np.empty_like(old)
        turned[:, 0] = old[:, 0] - (part * missing).sum(axis=1)
        crossed = part[:, _NEXT] * missing[:, _LAST] - part[:, _LAST] * missing[:, _NEXT]
        turned[:, 1:] = part + real * missing + crossed
        data.qpos[turns] = turned / np.sqrt((turned * turned).sum(axis=1, keepdims=True))


def _inertias(compiled: Any) -> Float64[np.ndarray, "bodies 3"]:
    """Moments of inertia of all bodies about their own axes."""
    turns = Rotation.from_quat(compiled.body_iquat, scalar_first=True).as_matrix()
    return np.einsum("bak,bk->ba", turns**2, compiled.body_inertia)
