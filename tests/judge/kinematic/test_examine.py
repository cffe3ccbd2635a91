"""One word for one happening, whoever sees it: witnesses before the net, which is weighed besides."""

import pytest

from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.camera import IDENTITY
from lawful.judge.kinematic.examine import close_examination, open_examination, push_examination
from lawful.judge.kinematic.findings import Finding, Said
from lawful.judge.kinematic.spine.eye import LOOK_AHEAD
from lawful.judge.kinematic.spine.watch import AROUND
from lawful.video.frames import Box

BOX, FAR = Box(0.4, 0.4, 0.5, 0.5), Box(0.8, 0.8, 0.9, 0.9)
FPS = 20


def glimpse(frame: int, fps: float) -> Glimpse:
    return Glimpse(
        time_s=frame / fps,
        step_s=1 / fps if frame else float("nan"),
        width_px=320,
        height_px=240,
        to_shot=IDENTITY,
        camera_still=True,
        reliable=True,
        bodies=(),
        touches=(),
    )


def seen(family: str, strength: float, *, net: bool = False, box: Box = BOX, at_s: float = 0.5) -> Said:
    found = Finding(family, at_s, at_s, box, strength, 1.0, "px", family, by_net=net)
    return Said(found, (), None)


def said(findings: dict[int, list[Said]], frames: int = 40, fps: float = FPS) -> list[tuple[str, bool]]:
    """Tails of what is said, and whether it is an echo, when these are found with some frames."""
    examination = open_examination()
    told: list[Said] = []
    for frame in range(frames):
        told += push_examination(examination, glimpse(frame, fps), bare, findings.get(frame, []))
    told += close_examination(examination, bare)
    return [(item.finding.tail, item.echo) for item in told]


def bare(finding: Finding) -> Said:
    return Said(finding, (), None)


@pytest.mark.parametrize("net_strength", [0.2, 1.0, 3.0])
def test_a_witness_speaks_and_the_net_is_weighed(net_strength: float) -> None:
    both = [seen("appear", net_strength, net=True), seen("vanish", 1.0)]
    assert said({12: both}) == [("vanish", False), ("vanish/net", True)]


def test_what_the_net_sees_clearly_is_said_where_a_witness_hardly_sees_anything() -> None:
    both = [seen("vanish", 0.1), seen("appear", 1.0, net=True)]
    assert said({12: both})[0] == ("appear/net", False)


def test_the_net_alone_is_told() -> None:
    assert said({12: [seen("freeze", 0.3, net=True)]}) == [("freeze/net", False)]


def test_what_the_net_sees_late_is_weighed_and_not_told_again() -> None:
    late = {12: [seen("vanish", 1.0)], 30: [seen("appear", 2.0, net=True)]}
    assert said(late) == [("vanish", False), ("vanish/net", True)]


def test_what_is_measured_after_the_net_has_spoken_is_told_too() -> None:
    late = {12: [seen("freeze", 0.5, net=True)], 30: [seen("freeze", 1.0)]}
    assert said(late) == [("freeze/net", False), ("freeze", False)]
    again = {12: [seen("vanish", 0.5, net=True)], 20: [seen("teleport", 1.0)], 30: [seen("appear", 2.0)]}
    assert said(again) == [("vanish/net", False), ("teleport", False)]


def test_of_two_that_the_net_points_at_the_clearer_is_told() -> None:
    both = [seen("appear", 0.5, net=True), seen("vanish", 3.0, net=True, at_s=0.6)]
    assert said({12: both}) == [("vanish/net", False), ("vanish/net", True)]


@pytest.mark.parametrize("fps", [2.5, 4.0, 10.0])
def test_at_few_frames_a_second_the_net_comes_late_and_is_an_echo_still(fps: float) -> None:
    late = LOOK_AHEAD + AROUND
    told = said(
        {5: [seen("vanish", 1.0, at_s=5 / fps)], 5 + late: [seen("vanish", 2.0, net=True, at_s=5 / fps)]},
        fps=fps,
    )
    assert told == [("vanish", False), ("vanish/net", True)]


def test_elsewhere_it_is_another_happening() -> None:
    both = [seen("vanish", 1.0), seen("appear", 1.0, net=True, box=FAR)]
    assert sorted(said({12: both})) == [("appear/net", False), ("vanish", False)]


def test_what_is_far_clearer_than_what_was_told_is_told_too() -> None:
    def late(first: float, second: float) -> list[tuple[str, bool]]:
        return said({12: [seen("colour_change", first)], 30: [seen("changed_behind", second)]})

    assert late(0.2, 1.0) == [("colour_change", False), ("changed_behind", False)]
    assert late(0.6, 1.0) == [("colour_change", False)]
    assert late(1.0, 0.2) == [("colour_change", False)]


def test_what_is_hardly_seen_beside_it_does_not_open_a_happening_again() -> None:
    found = {
        12: [seen("vanish", 1.0, at_s=0.5)],
        16: [seen("kink", 0.1, at_s=0.75)],
        30: [seen("colour_change", 1.0, at_s=0.6)],
    }
    assert said(found) == [("vanish", False), ("kink", False)]
