"""The still scene, and what differs from it in brighter light."""

import numpy as np

from lawful.judge.kinematic.objects.plate import Plate, foreground, open_plate, update_plate

NONE = np.zeros((60, 80), np.uint8)


def wall(level: int) -> np.ndarray:
    """Bright on the left, of all levels on the right."""
    picture = np.random.default_rng(1).integers(40, 160, (60, 80, 1), dtype=np.uint8).repeat(3, axis=2)
    picture[:, :30] = level
    return picture


def brighter(picture: np.ndarray, gain: float) -> np.ndarray:
    return np.clip(np.rint(picture * gain), 0, 255).astype(np.uint8)


def learnt(plate: Plate, picture: np.ndarray) -> None:
    seen = foreground(plate, picture, NONE)
    assert not seen.differs.any()
    update_plate(plate, seen, NONE, NONE, still=False)


def test_a_wall_that_is_burnt_out_stays_as_it_was() -> None:
    plate = open_plate(wall(240))
    for _ in range(3):
        learnt(plate, brighter(wall(240), 1.4))
    np.testing.assert_allclose(plate.rgb, wall(240), atol=1.5)
    learnt(plate, wall(240))


def test_of_what_is_burnt_out_nothing_is_said() -> None:
    plate = open_plate(wall(240))
    picture = brighter(wall(240), 1.3)
    picture[10:20, 10:20] = (255, 255, 255)  # before the bright wall, as bright
    picture[10:20, 50:60] = (255, 20, 20)  # burnt out in one channel
    picture[30:40, 50:60] = (240, 20, 20)
    seen = foreground(plate, picture, NONE)
    for columns in (slice(12, 18), slice(52, 58)):
        assert (seen.burns[12:18, columns] == 255).all()
        assert not seen.differs[12:18, columns].any()
    assert not seen.burns[32:38, 52:58].any()
    assert (seen.differs[32:38, 52:58] == 255).all()


def test_what_comes_into_view_burnt_out_is_not_known() -> None:
    plate = open_plate(wall(240))
    plate.known[:, :10] = plate.known[:, 70:] = 0
    learnt(plate, brighter(wall(240), 1.3))
    assert not plate.known[:, :10].any()
    assert plate.known[:, 70:].all()
