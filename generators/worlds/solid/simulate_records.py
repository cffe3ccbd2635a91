"""States of solid bodies, and what is written down of them on the way."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.motion import Motion
from lawful.generators.worlds.scene import Body, Look, Shape, Turn
from lawful.generators.worlds.solid.model import quaternion


@dataclass(frozen=True, eq=False)
class State:
    """Where a body is and how it moves."""

    position_m: Float64[np.ndarray, " 3"]
    """Centre."""
    quaternion: Float64[np.ndarray, " 4"]
    """From its own axes to the world's, the real part first."""
    velocity_m_s: Float64[np.ndarray, " 3"]
    """Velocity of its centre."""
    own_spin_rad_s: Float64[np.ndarray, " 3"]
    """Angular velocity in its own axes."""

    @property
    def rotation(self) -> Rotation:
        """From its own axes to the world's."""
        return Rotation.from_quat(self.quaternion, scalar_first=True)

    @property
    def spin_rad_s(self) -> Float64[np.ndarray, " 3"]:
        """Angular velocity in the world's axes."""
        return self.rotation.apply(self.own_spin_rad_s)


def state_of(
    position_m: tuple[float, ...], turn_rad: Turn, velocity_m_s: tuple[float, ...], spin_rad_s: Turn
) -> State:
    """A state from a turn and a spin in the world's axes; (0.0,) is none."""
    turn = quaternion(turn_rad)
    spin = np.zeros(3) if len(spin_rad_s) == 1 else np.array(spin_rad_s, np.float64)
    own_spin = Rotation.from_quat(turn, scalar_first=True).inv().apply(spin)
    velocity = np.zeros(3) if len(velocity_m_s) == 2 else np.array(velocity_m_s, np.float64)
    return State(np.array(position_m, np.float64), turn, velocity, own_spin)


class Record:
    """What is written down of one body on the way."""

    def __init__(self, body: Body, first_row: int) -> None:
        self.body = body
        self.first_row = first_row
        self.looks: list[Look] = [body.look]
        self.shapes: list[Shape] = [body.shape]
        self.half_size_m = body.half_size_m
        self.rows: list[np.ndarray] = []

    def reshape(self, shape: Shape, half_size_m: tuple[float, ...]) -> None:
        """Write down another shape or size from now on."""
        if shape != self.shapes[-1]:
            self.shapes.append(shape)
        self.half_size_m = half_size_m

    def add(self, state: State, touched: bool) -> None:
        """Write down the state in the next frame."""
        forms = (len(self.looks) - 1, len(self.shapes) - 1, touched)
        parts = (state.position_m, state.velocity_m_s, state.quaternion, state.own_spin_rad_s)
        self.rows.append(np.concatenate([*parts, self.half_size_m, forms]))

    def motion(self, n_frames: int) -> Motion:
        """All of it, over all frames."""
        rows = np.full((n_frames, 19), np.nan)
        rows[:, 16:] = 0
        present = np.zeros(n_frames, bool)
        rotation, spin = np.full((n_frames, 3, 3), np.nan), np.full((n_frames, 3), np.nan)
        if self.rows:
            part = slice(self.first_row, self.first_row + len(self.rows))
            rows[part], present[part] = self.rows, True
            turns = Rotation.from_quat(rows[part, 6:10], scalar_first=True)
            rotation[part], spin[part] = turns.as_matrix(), turns.apply(rows[part, 10:13])
        return Motion(
            body=self.body,
            shapes=tuple(self.shapes),
            shape_index=rows[:, 17].astype(np.int64),
            half_size_m=rows[:, 13:16],
            looks=tuple(self.looks),
            look_index=rows[:, 16].astype(np.int64),
            present=present,
            touched=rows[:, 18].astype(bool),
            position_m=rows[:, :3],
            velocity_m_s=rows[:, 3:6],
            rotation=rotation,
            spin_rad_s=spin,
        )
