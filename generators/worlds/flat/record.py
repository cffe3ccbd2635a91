"""What is written down of a flat body on the way through a simulation."""

import numpy as np

from lawful.generators.worlds.motion import Motion
from lawful.generators.worlds.scene import Body, Look, Shape


class Record:
    """The rows of one body, one for each frame from its first on."""

    def __init__(self, body: Body, first_row: int) -> None:
        self.body = body
        self.first_row = first_row
        self.looks: list[Look] = [body.look]
        self.shapes: list[Shape] = [body.shape]
        self.half_size_m = body.half_size_m
        self.rows: list[tuple[float, ...]] = []

    def add(self, state: tuple[float, ...], touched: bool) -> None:
        """Write down place, velocity, angle and spin in the next frame, and whether something touched it."""
        forms = (len(self.looks) - 1, len(self.shapes) - 1, touched)
        self.rows.append((*state, *self.half_size_m, *forms))

    def motion(self, n_frames: int) -> Motion:
        """All that was written, with rows of NaN where it does not exist."""
        rows = np.full((n_frames, 11), np.nan)
        rows[:, 8:] = 0
        present = np.zeros(n_frames, bool)
        if self.rows:
            part = slice(self.first_row, self.first_row + len(self.rows))
            rows[part], present[part] = self.rows, True
        cos, sin = np.cos(rows[:, 4]), np.sin(rows[:, 4])
        return Motion(
            body=self.body,
            shapes=tuple(self.shapes),
            shape_index=rows[:, 9].astype(np.int64),
            half_size_m=rows[:, 6:8],
            looks=tuple(self.looks),
            look_index=rows[:, 8].astype(np.int64),
            present=present,
            touched=rows[:, 10].astype(bool),
            position_m=rows[:, :2],
            velocity_m_s=rows[:, 2:4],
            rotation=np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=1),
            spin_rad_s=rows[:, 5:6],
        )
