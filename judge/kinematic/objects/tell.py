"""From what is remembered to what is told: a `Glimpse`."""

import numpy as np

from lawful.judge.kinematic.bodies import Body, Glimpse
from lawful.judge.kinematic.camera import Transform
from lawful.judge.kinematic.objects.member import Member
from lawful.judge.kinematic.objects.touches import touches
from lawful.judge.kinematic.window import Picture

_NAN = float("nan")
_CENTRE = np.array([0.5, 0.5])


def glimpse(
    members: list[Member],
    to_shot: Transform,
    plate: Picture,
    steepness: float,
    time_s: float,
    step_s: float,
    still: bool,
    reliable: bool,
    settled: list[int],
) -> Glimpse:
    """The bodies that are sure, as they are in the newest frame.

    Positions within the state count from the middle of the first pixel, those that are told from its corner.
    """
    sure = [member for member in members if member.sure]
    told = to_shot.copy()
    told[:, 2] += _CENTRE - to_shot[:, :2] @ _CENTRE
    height, width = plate.shape[:2]
    return Glimpse(
        time_s=time_s,
        step_s=step_s,
        width_px=width,
        height_px=height,
        to_shot=told,
        camera_still=still,
        reliable=reliable,
        bodies=tuple(_body(member) for member in sorted(sure, key=lambda member: member.id)),
        touches=tuple(touches(sure, plate, steepness, to_shot, step_s)),
        settled=tuple(settled),
        passings_told=False,
    )


def _body(member: Member) -> Body:
    seen = member.crop is not None
    box = (_NAN, _NAN, _NAN, _NAN)
    if member.crop is not None:
        (x, y), (rows, columns) = member.corner, member.crop.shape
        box = (float(x), float(y), float(x + columns), float(y + rows))
    xy, at = member.xy + _CENTRE, member.at + _CENTRE
    nothing = (_NAN, _NAN, _NAN)
    return Body(
        id=member.id,
        sight=member.sight,
        box_px=box,
        xy_px=(float(xy[0]), float(xy[1])),
        at_px=(float(at[0]), float(at[1])),
        sd_px=member.sd_px,
        angle_rad=member.angle_rad,
        area_px=member.seen_px if seen else 0.0,
        axes_px=member.axes_px if seen else (_NAN, _NAN),
        fill=member.fill if seen else _NAN,
        rgb=member.rgb if seen else nothing,
        spread_rgb=member.spread_rgb if seen else nothing,
        track_ids=member.track_ids,
        fresh=member.fresh,
        born_s=member.born_s,
    )
