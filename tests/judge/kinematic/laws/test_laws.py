"""Each witness on a lawful series and on one that breaks its law; discs on exact paths with noise of 0.15 px."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from lawful.checklists.laws import families
from lawful.judge.kinematic.bodies import Body, Glimpse, Touch
from lawful.judge.kinematic.examine import WITNESSES
from lawful.judge.kinematic.findings import Finding
from lawful.judge.kinematic.laws import gravity
from lawful.judge.kinematic.laws.witness import Witness
from lawful.judge.kinematic.settings import FAMILIES, LAWS

Drawn = Callable[..., list[Glimpse]]
Found = Callable[[Sequence[Glimpse]], list[Finding]]
Place = tuple[float, float]

G = 400.0
WHEN = 0.75
FLOOR = 220.0


def fall(t: float, x: float = 100.0, y: float = 60.0, speed: float = -60.0, across: float = 60.0) -> Place:
    return x + across * t, y + speed * t + G * t**2 / 2


def bounce(t: float, gain: float = 0.8) -> Place:
    """Falls on the floor at `WHEN` s and leaves it."""
    low = FLOOR - 15
    speed = G * WHEN
    if t <= WHEN:
        return 100 + 40 * t, low - G * WHEN**2 / 2 + G * t**2 / 2
    since = t - WHEN
    return 100 + 40 * t, low - gain * speed * since + G * since**2 / 2


def after(t: float, path: Callable[[float], Place], velocity: Place, rate: float) -> Place:
    """A path up to `WHEN`, then another velocity and acceleration downwards."""
    if t <= WHEN:
        return path(t)
    x, y = path(WHEN)
    since = t - WHEN
    return x + velocity[0] * since, y + velocity[1] * since + rate * since**2 / 2


def up(t: float) -> Place:
    """Thrown up so that it is at its top at `WHEN`."""
    return 100 + 30 * t, 60 + G * (t - WHEN) ** 2 / 2


def roll(t: float) -> Place:
    return 40 + 110 * t, FLOOR - 15


LAWFUL: dict[str, list[Callable[[float], Place | None]]] = {
    "fall": [fall],
    "bounce": [bounce],
    "swing": [lambda t: (160 + 80 * math.sin(4 * t), 60 + 20 * math.cos(8 * t))],
    "spring": [lambda t: (160.0, 120 + 50 * math.cos(9 * t))],
    "roll": [roll],
    "slows down": [lambda t: (40 + 160 * min(t, 1.2) - 66 * min(t, 1.2) ** 2, FLOOR - 15)],
    "let go": [lambda t: (100.0, 40 + G * max(t - WHEN, 0) ** 2 / 2)],
    "hit": [
        lambda t: (40 + 160 * min(t, WHEN) + 10 * max(t - WHEN, 0), 100.0),
        lambda t: (190.0 + 150 * max(t - WHEN, 0), 100.0),
    ],
}
BROKEN: dict[str, tuple[list[Callable[[float], Place | None]], str]] = {
    "hover": ([lambda t: after(t, up, (30.0, 0.0), 0.0)], "hover"),
    "reversed_gravity": ([lambda t: after(t, fall, (60.0, -60 + G * WHEN), -G)], "reversed_gravity"),
    "wrong_gravity": ([lambda t: after(t, fall, (60.0, -60 + G * WHEN), 3 * G)], "wrong_gravity"),
    "kink": ([lambda t: after(t, lambda s: (40 + 110 * s, 100.0), (0.0, 110.0), 0.0)], "kink"),
    "stop": ([lambda t: after(t, fall, (0.0, 0.0), 0.0)], "stop_in_mid_air"),
    "start": ([lambda t: (100 + 150 * max(t - WHEN, 0), FLOOR - 15)], "spontaneous_start"),
    "gain": ([lambda t: after(t, lambda s: (20 + 80 * s, 100.0), (160.0, 0.0), 0.0)], "energy_gain"),
    "super_elastic": ([lambda t: bounce(t, 1.5)], "super_elastic"),
    "vanish": ([lambda t: fall(t) if t < WHEN else None], "vanish"),
    "appear": ([roll, lambda t: (250.0, 60.0) if t >= WHEN else None], "appear"),
    "duplicate": ([roll, lambda t: (roll(t)[0], 180.0) if t >= WHEN else None], "duplicate"),
    "teleport": ([lambda t: (roll(t)[0], 100.0 if t < WHEN else 180.0)], "teleport"),
    "freeze": ([lambda t: fall(t if t < 0.5 else max(0.5, t - 0.4))], "freeze"),
    "early": (
        [lambda t: (40 + 130 * t, 100.0), lambda t: (190.0 + 150 * max(t - 0.6, 0), 100.0)],
        "effect_before_cause",
    ),
    "no_reaction": (
        [
            lambda t: (40 + 160 * min(t, WHEN) - 60 * max(t - WHEN, 0), 100.0),
            lambda t: (190.0, 100.0),
        ],
        "no_reaction",
    ),
    "pass_through": ([lambda t: (40 + 160 * t, 100.0), lambda t: (190.0, 100.0)], "pass_through"),
    "overlap": (
        [lambda t: (min(40 + 160 * t, 175.0), 100.0), lambda t: (190.0, 100.0)],
        "overlap",
    ),
    "wrong_collision": (
        [
            lambda t: (40 + 160 * min(t, WHEN) + 100 * max(t - WHEN, 0), 100.0 + 220 * max(t - WHEN, 0)),
            lambda t: (190.0 + 100 * max(t - WHEN, 0), 100.0),
        ],
        "wrong_collision",
    ),
    "reversal": ([lambda t: (40 + 20 * t + 90 * t**2, FLOOR - 15)], "reversal"),
}
RESTS = {"super_elastic", "start", "reversal"}


def glimpses(name: str, drawn: Drawn) -> list[Glimpse]:
    paths = LAWFUL.get(name) or BROKEN[name][0]
    floor = FLOOR if name in RESTS | {"bounce", "roll", "slows down"} else None
    return drawn(*paths, floor_px=floor)


@pytest.mark.parametrize("name", LAWFUL)
def test_what_is_lawful_is_not_accused(name: str, drawn: Drawn, found: Found) -> None:
    assert [finding.family for finding in found(glimpses(name, drawn)) if finding.strength > 0.1] == []


@pytest.mark.parametrize("name", BROKEN)
def test_each_break_is_named_where_and_when_it_is(name: str, drawn: Drawn, found: Found) -> None:
    said = found(glimpses(name, drawn))
    assert said
    assert said[0].family == BROKEN[name][1]
    assert said[0].strength > 0.3
    assert said[0].bodies
    assert said[0].unit
    assert said[0].box is not None
    if name == "reversal":
        return
    onset = {"freeze": 0.5, "early": 0.6}
    assert said[0].start_s == pytest.approx(onset.get(name, WHEN), abs=4.5 / 24)


@pytest.mark.parametrize("name", [*BROKEN])
def test_the_mirror_image_is_judged_the_same(name: str, drawn: Drawn, found: Found) -> None:
    seen = glimpses(name, drawn)
    plain, turned = found(seen), found([mirrored(glimpse) for glimpse in seen])
    assert [(one.family, one.start_s) for one in plain] == [(one.family, one.start_s) for one in turned]
    assert [one.strength for one in turned] == pytest.approx([one.strength for one in plain], abs=1e-6)


@pytest.mark.parametrize("name", [*BROKEN])
def test_when_a_clip_starts_does_not_matter(name: str, drawn: Drawn, found: Found) -> None:
    seen = glimpses(name, drawn)
    later = [replace(glimpse, time_s=glimpse.time_s + 5.0) for glimpse in seen]
    plain, shifted = found(seen), found(later)
    assert [one.family for one in plain] == [one.family for one in shifted]
    assert [one.start_s for one in shifted] == pytest.approx([one.start_s + 5.0 for one in plain])
    assert [one.strength for one in shifted] == pytest.approx([one.strength for one in plain], abs=0.02)


@pytest.mark.parametrize("fps", [2.0, 3.0, 4.0, 6.0])
def test_few_frames_a_second_are_looked_at_without_an_error(fps: float, drawn: Drawn, found: Found) -> None:
    sail = [lambda t: (20 + 30 * t, 60.0), lambda t: (20 + 30 * t, 180 - 12 * t)]
    assert found(drawn(*sail, seconds=6.0, fps=fps)) == []


def mirrored(glimpse: Glimpse) -> Glimpse:
    """What a mirror shows of it."""

    def turned(body: Body) -> Body:
        x0, y0, x1, y1 = body.box_px
        return replace(
            body,
            box_px=(320 - x1, y0, 320 - x0, y1),
            xy_px=(320 - body.xy_px[0], body.xy_px[1]),
            at_px=(320 - body.at_px[0], body.at_px[1]),
        )

    def touched(touch: Touch) -> Touch:
        return replace(touch, towards=(-touch.towards[0], touch.towards[1]))

    return replace(
        glimpse,
        bodies=tuple(turned(body) for body in glimpse.bodies),
        touches=tuple(touched(touch) for touch in glimpse.touches),
    )


def test_a_ball_stops_where_the_floor_stops_it(drawn: Drawn, found: Found) -> None:
    def landed(t: float) -> Place:
        return 100.0, min(60 + G * t**2 / 2, FLOOR - 15)

    assert found(drawn(landed, floor_px=FLOOR)) == []
    assert found(drawn(landed))[0].family == "stop_in_mid_air"


@pytest.mark.parametrize(
    ("look", "family"),
    [
        (lambda t: {"rgb": (40.0, 70.0, 220.0)} if t >= WHEN else {}, "colour_change"),
        (lambda t: {"area_px": 1500.0, "axes_px": (21.8, 21.8)} if t >= WHEN else {}, "size_change"),
        (lambda t: {"area_px": 600.0, "axes_px": (14.2, 14.2)} if t >= WHEN else {}, "shape_change"),
        (
            lambda t: (
                {"axes_px": (15 * math.exp(0.4 * math.sin(9 * (t - WHEN + 0.04))), 15.0)} if t >= WHEN else {}
            ),
            "stretch",
        ),
    ],
)
def test_looks_and_forms_that_change(
    look: Callable[[float], dict[str, object]], family: str, drawn: Drawn, found: Found
) -> None:
    said = found(drawn(roll, looks={0: look}, floor_px=FLOOR))
    assert [finding.family for finding in said] == [family]
    assert said[0].start_s == pytest.approx(WHEN, abs=2.5 / 24)


@pytest.mark.parametrize(
    "look",
    [
        lambda t: {"rgb": (130.0, 39.0, 26.0)} if t >= WHEN else {},
        lambda t: {"area_px": 707 * (1 + 0.5 * t), "axes_px": (15 * math.sqrt(1 + 0.5 * t),) * 2},
        lambda t: {"axes_px": (15 + 3 * t, 15.0)},
        lambda t: (
            {"rgb": (40.0, 70.0, 220.0), "area_px": 1696.0, "axes_px": (36.0, 15.0)} if t >= WHEN else {}
        ),
    ],
    ids=["dimmer", "nearer", "slowly turning", "taken for one with another"],
)
def test_light_depth_slow_turning_and_mistakes_change_no_body(
    look: Callable[[float], dict[str, object]], drawn: Drawn, found: Found
) -> None:
    assert found(drawn(roll, looks={0: look}, floor_px=FLOOR)) == []


def grown(t: float) -> float:
    return math.exp(0.4 * math.sin(9 * (t - WHEN + 0.04))) if t >= WHEN else 1.0


@pytest.mark.parametrize(
    "look",
    [
        lambda t: {"area_px": 353.0, "axes_px": (15.0, 7.5)} if t >= WHEN else {},
        lambda t: {"area_px": 1060.0, "axes_px": (22.5, 15.0)} if t >= WHEN else {},
        lambda t: {"area_px": 707 * grown(t), "axes_px": (15 * grown(t), 15.0)},
        lambda t: {"axes_px": (19.0, 15.0)} if WHEN <= t < WHEN + 1 / 24 else {},
    ],
    ids=["lost at once", "gained at once", "gained bit by bit", "gained in one frame"],
)
def test_what_loses_or_gains_a_part_has_no_other_size_and_is_no_rubber(
    look: Callable[[float], dict[str, object]], drawn: Drawn, found: Found
) -> None:
    assert found(drawn(roll, looks={0: look}, floor_px=FLOOR)) == []


def zoomed(seen: Sequence[Glimpse], zoom: float) -> list[Glimpse]:
    """As a camera says it that takes a step closer, or whose motion is misjudged, at 0.75 s."""

    def to_shot(time_s: float) -> np.ndarray:
        return np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]) / (zoom if time_s >= WHEN else 1.0)

    return [replace(glimpse, to_shot=to_shot(glimpse.time_s)) for glimpse in seen]


@pytest.mark.parametrize("grows", [1.0, 1.2], ids=["misjudged", "closer"])
def test_a_step_of_the_camera_changes_no_body(grows: float, drawn: Drawn, found: Found) -> None:
    def look(t: float) -> dict[str, object]:
        times = grows if t >= WHEN else 1.0
        return {"area_px": 707 * times**2, "axes_px": (15 * times, 15 * times)}

    seen = drawn(roll, looks={0: look}, floor_px=FLOOR)
    assert found(zoomed(seen, 1.2)) == []
    # With a camera that stands still the body itself has grown.
    assert [said.family for said in found(seen)] == ([] if grows == 1 else ["size_change"])


def test_what_befalls_several_bodies_at_once_is_of_the_picture(drawn: Drawn, found: Found) -> None:
    def look(t: float) -> dict[str, object]:
        return {"area_px": 1500.0, "axes_px": (21.8, 21.8)} if t >= WHEN else {}

    def other(t: float) -> Place:
        return 300 - 40 * t, 40.0

    assert [said.family for said in found(drawn(roll, other, looks={0: look}))] == ["size_change"]
    assert found(drawn(roll, other, looks={0: look, 1: look})) == []

    # What hardly changes besides takes nothing from what changes clearly.
    def hardly(t: float) -> dict[str, object]:
        return {"axes_px": (15.7, 15.0)} if t >= WHEN else {}

    assert found(drawn(roll, other, looks={1: hardly})) != []
    assert [said.family for said in found(drawn(roll, other, looks={0: look, 1: hardly}))] == ["size_change"]


def behind(t: float, out: bool, **changed: object) -> dict[str, object]:
    """Behind a screen from 0.4 s to 0.8 s, and on if it never comes out; so changed from then on."""
    nothing = (math.nan,) * 4
    hidden = {"sight": "hidden", "box_px": nothing, "area_px": 0.0, "axes_px": (math.nan,) * 2}
    if 0.4 <= t < 0.8:
        return {**hidden, "covered": 1.0}
    if t >= 0.8 and not out:
        return {**hidden, "covered": max(0.0, 1.0 - 8 * (t - 0.78))}
    return changed if t >= 0.8 else {}


def test_what_goes_behind_something_comes_out_the_same(drawn: Drawn, found: Found) -> None:
    red, blue = (200.0, 60.0, 40.0), (40.0, 70.0, 220.0)

    def said(out: bool, **changed: object) -> list[str]:
        look = {0: lambda t: behind(t, out, **changed)}
        return [finding.family for finding in found(drawn(roll, looks=look))]

    assert said(True, rgb=red) == []
    assert said(True, rgb=blue) == ["changed_behind"]
    assert said(False, rgb=red) == ["lost_behind"]
    # What is half as large or of another form is another thing that came out from there.
    assert said(True, rgb=blue, area_px=300.0) == []
    assert said(True, rgb=blue, axes_px=(20.0, 9.8)) == []


@pytest.mark.parametrize(
    "before",
    [
        lambda t: {"sight": "partly"} if t < 0.27 else {},
        lambda t: {"rgb": (250.0, 60.0, 40.0 if round(24 * t) % 2 else 220.0)},
    ],
    ids=["hardly seen before", "of no steady colour"],
)
def test_what_was_not_well_known_before_it_hid_is_not_said_to_come_out_another(
    before: Callable[[float], dict[str, object]], drawn: Drawn, found: Found
) -> None:
    def look(t: float) -> dict[str, object]:
        return before(t) if t < 0.4 else behind(t, True, rgb=(40.0, 70.0, 220.0))

    said = [finding.family for finding in found(drawn(roll, looks={0: look}))]
    assert "changed_behind" not in said


def sinking(t: float, covered: float) -> dict[str, object]:
    """Seen in part from 0.4 s to 0.6 s, and then not at all."""
    nothing = (math.nan,) * 4
    if 0.4 <= t < 0.6:
        return {"sight": "partly", "area_px": 300.0, "axes_px": (14.0, 7.0)}
    hidden = {"sight": "hidden", "box_px": nothing, "area_px": 0.0, "axes_px": (math.nan,) * 2}
    return {**hidden, "covered": covered} if t >= 0.6 else {}


@pytest.mark.parametrize(("covered", "families_said"), [(0.0, ["pass_through"]), (1.0, [])])
def test_what_sinks_with_nothing_before_it_passes_through(
    covered: float, families_said: list[str], drawn: Drawn, found: Found
) -> None:
    seen = drawn(
        lambda t: (100.0, 188 + 30 * t),
        looks={0: lambda t: sinking(t, covered)},
        floor_px=FLOOR,
        seconds=0.8,
    )
    assert [finding.family for finding in found(seen)] == families_said


def turned(t: float, degrees: float, gain: float) -> Place:
    angle, speed = math.radians(degrees), 110.0 * gain
    return after(t, lambda s: (40 + 110 * s, 100.0), (speed * math.cos(angle), speed * math.sin(angle)), 0.0)


def test_what_an_unseen_edge_can_do_is_no_kink_where_not_all_that_is_near_is_known(
    drawn: Drawn, found: Found
) -> None:
    def strength(degrees: float, gain: float, known_px: float) -> float:
        said = found(drawn(lambda t: turned(t, degrees, gain), known_px=known_px))
        return max((finding.strength for finding in said if finding.family == "kink"), default=0.0)

    assert [strength(degrees, 0.8, 0.0) for degrees in (60.0, 90.0, 150.0)] == [0.0, 0.0, 0.0]
    assert min(strength(degrees, 0.8, 20.0) for degrees in (60.0, 90.0, 150.0)) > 0.3
    assert min(strength(degrees, 1.5, 0.0) for degrees in (60.0, 90.0)) > 0.3


def test_a_stop_is_weak_where_not_all_that_is_near_is_known(drawn: Drawn, found: Found) -> None:
    stops = BROKEN["stop"][0]
    sure, doubted = (found(drawn(*stops, known_px=known_px))[0] for known_px in (20.0, 0.0))
    assert (sure.family, doubted.family) == ("stop_in_mid_air", "stop_in_mid_air")
    assert 0 < doubted.strength < 0.5 * sure.strength


def soon(t: float, rate: float) -> Place:
    """Falls on the floor at `WHEN` s, and 0.12 s later falls at another rate."""
    low, up = FLOOR - 15, 0.8 * G * WHEN
    if t <= WHEN:
        return bounce(t)
    first = min(t - WHEN, 0.12)
    since = t - WHEN - first
    y = low - up * first + G * first**2 / 2
    return 100 + 40 * t, y + (G * first - up) * since + rate * since**2 / 2


@pytest.mark.parametrize(
    ("rate", "family", "least"), [(-G, "reversed_gravity", 0.5), (0.2 * G, "wrong_gravity", 0.1)]
)
def test_gravity_that_changes_soon_after_a_bounce_is_told_by_the_fall_before_it(
    rate: float, family: str, least: float, drawn: Drawn, found: Found
) -> None:
    said = found(drawn(lambda t: soon(t, rate), floor_px=FLOOR, seconds=1.3))
    assert said[0].family == family
    assert said[0].strength > least
    assert found(drawn(lambda t: soon(t, G), floor_px=FLOOR, seconds=1.3)) == []


def test_a_bounce_that_explains_a_fall_upwards_excuses_it(
    drawn: Drawn, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = drawn(lambda t: soon(t, -G), floor_px=FLOOR, seconds=1.3)
    assert "reversed_gravity" in {finding.family for finding in found(seen)}
    monkeypatch.setattr(gravity, "may_have_bounced", lambda rows, usual: True)
    assert "reversed_gravity" not in {finding.family for finding in found(seen)}


@pytest.mark.parametrize("rub", [0.0, 0.3])
def test_what_one_body_gains_the_other_loses_along_one_line(rub: float, drawn: Drawn, found: Found) -> None:
    def hit(t: float, way: float) -> list[Place]:
        since = max(t - WHEN, 0.0)
        push = (110 * since, 110 * way * since)
        return [(40 + 160 * t - push[0], 100.0 - 110 * rub * since), (190.0 + push[0], 100.0 + push[1])]

    def said(way: float) -> list[tuple[str, float]]:
        paths = [lambda t, k=k: hit(t, way)[k] for k in (0, 1)]
        return [(each.family, each.strength) for each in found(drawn(*paths)) if each.strength > 0.2]

    assert said(rub) == []
    wrong = said(2.0)
    assert wrong[0][0] == "wrong_collision"
    assert wrong[0][1] > 0.7


@pytest.mark.parametrize(("known_px", "said"), [(20.0, ["wrong_collision"]), (0.0, [])])
def test_what_is_thrown_straight_aside_has_met_something_else_where_that_may_be(
    known_px: float, said: list[str], drawn: Drawn, found: Found
) -> None:
    def thrown(t: float) -> Place:
        return 40 + 160 * t, 100.0 - 220 * max(t - WHEN, 0)

    def met(t: float) -> Place:
        return 190.0 + 10 * max(t - WHEN, 0), 100.0

    collisions = [f.family for f in found(drawn(thrown, met, known_px=known_px)) if f.family != "kink"]
    assert collisions == said


@pytest.mark.parametrize(("up", "said"), [(0.0, []), (200.0, ["wrong_collision"])])
def test_a_floor_throws_up_only_what_was_pressed_into_it(
    up: float, said: list[str], drawn: Drawn, found: Found
) -> None:
    def comes(t: float) -> Place:
        return 40 + 160 * min(t, WHEN) + 10 * max(t - WHEN, 0), FLOOR - 15

    def leaves(t: float) -> Place:
        since = max(t - WHEN, 0)
        return 190.0 + 60 * since, FLOOR - 15 - up * since + (G * since**2 / 2 if up else 0.0)

    found_ = [f.family for f in found(drawn(comes, leaves, floor_px=FLOOR, seconds=1.3)) if f.strength > 0.2]
    assert found_ == said


def test_what_was_hit_itself_just_before_passes_that_on(drawn: Drawn, found: Found) -> None:
    when = WHEN + 0.01

    def first(t: float) -> Place:
        return 40 + 240 * min(t, WHEN), 100.0

    def between(t: float) -> Place:
        return 250.0 + 240 * min(max(t - WHEN, 0), when - WHEN), 100.0

    def last(t: float) -> Place:
        return 282.4 + 240 * max(t - when, 0), 100.0

    assert [f.family for f in found(drawn(first, between, last)) if f.strength > 0.2] == []


@pytest.mark.parametrize("gain", [1.1, 1.2, 1.35, 1.6])
def test_clearer_breaks_are_found_more_clearly(gain: float, drawn: Drawn, found: Found) -> None:
    def strength(ratio: float) -> float:
        said = found(drawn(lambda t: bounce(t, ratio), floor_px=FLOOR))
        return said[0].strength if said else 0.0

    assert strength(gain) >= strength(gain - 0.1)


@pytest.mark.parametrize(("pull", "known"), [(600.0, True), (180.0, False)])
def test_a_weak_pull_that_bodies_share_may_be_a_slope_and_no_gravity(
    pull: float, known: bool, drawn: Drawn, found: Found
) -> None:
    def thrown(x: float) -> Callable[[float], Place]:
        return lambda t: (x + 20 * t, 40 + pull * (t - WHEN) ** 2 / 2)

    def floats(t: float) -> Place:
        return after(t, thrown(220.0), (20.0, 0.0), 0.0)

    said = {finding.family for finding in found(drawn(thrown(40.0), thrown(130.0), floats))}
    assert bool(said & {"hover", "wrong_gravity", "reversed_gravity", "stop_in_mid_air"}) == known


def test_all_families_have_a_witness_and_a_rightful_law() -> None:
    assert all(isinstance(witness, Witness) for witness in WITNESSES)
    assert {family for witness in WITNESSES for family in witness.families} == set(FAMILIES)
    assert all(LAWS[family] in families()[family].laws for family in FAMILIES)


def test_what_lies_on_the_floor_in_the_first_frame_is_loose_after_it(drawn: Drawn, found: Found) -> None:
    def thrown(t: float) -> Place:
        return 100 + 30 * t, FLOOR - 15 - G * WHEN * t + G * t**2 / 2

    stays = drawn(lambda t: after(t, thrown, (30.0, 0.0), 0.0), floor_px=FLOOR)
    assert stays[0].touches
    assert found(stays)[0].family == "hover"
    assert not found(drawn(thrown, floor_px=FLOOR))
