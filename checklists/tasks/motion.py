"""A ball that follows a line."""

import cv2
import numpy as np
from jaxtyping import Float64

from lawful.checklists.tasks.canvas import COLOURS, blank, shape
from lawful.checklists.tasks.records import AnyPicture, Check, Outcome, Picture, Shares, Task, Video, video
from lawful.checklists.tasks.seen import pieces, seen_colours, square

N_CORNERS = 6
N_POINTS = 400
"""Points of the line that are looked at."""
MAX_OFF_PX = 22.0
"""Pixels by which the ball may be off the line."""
MAX_STEP = 0.25
"""Share of the line from one frame to the next, beyond which the ball has jumped."""
BACK = 0.04
"""Share of the line by which the ball may go back."""
RADIUS = 16
"""Pixels of the ball's radius."""
Line = Float64[np.ndarray, "points 2"]


def motion(rng: np.random.Generator, index: int) -> Task:
    """A line with corners from left to right; the ball starts at its left end."""
    xs = np.linspace(60, 580, N_CORNERS)
    ys = np.where(np.arange(N_CORNERS) % 2 == rng.integers(2), 70, 290) + rng.integers(-30, 31, N_CORNERS)
    line = _points(np.stack([xs, ys], axis=1).astype(np.float64))

    def moving(places: Line) -> Video:
        return video(*(_drawn(line, place) for place in places))

    whole = line[:: N_POINTS // 16]
    whole = np.concatenate([whole, line[-1:]])
    straight = np.linspace(line[0], line[-1], 12)
    return Task(
        category="vision rule",
        task="motion",
        index=index,
        prompt="The red ball follows the grey line from its left end around all corners to its right end, and stops there. "
        "The line stays as it is, and the view does not move.",
        expected="The ball is on the line in every frame, goes on from left to right, and ends at the right end.",
        seen="Can a red ball and a grey line be seen?",
        asked=None,
        rule="Does the red ball follow the grey line around its corners to the right end?",
        first_frame=_drawn(line, line[0]),
        check=Check(
            end=lambda kept, last: _ended(kept),
            step=lambda kept, picture, number: _stepped(kept, picture, number, line),
        ),
        draw_done=lambda: moving(whole),
        draw_undone=lambda: {
            "the ball stays": moving(line[:1].repeat(3, axis=0)),
            "the ball stops half-way": moving(whole[:8]),
            "the ball takes a short cut": moving(straight),
            "the ball jumps": moving(line[[0, -1]]),
            "the ball begins at the end": moving(line[-1:]),
            "the ball goes back": moving(np.concatenate([whole, whole[::-1]])),
            "the ball is gone": np.concatenate([moving(whole[:-1]), _drawn(line, None)[None]]),
        },
    )


def _points(corners: Float64[np.ndarray, "corners 2"]) -> Line:
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    at = np.linspace(0, lengths[-1], N_POINTS)
    return np.stack([np.interp(at, lengths, corners[:, axis]) for axis in (0, 1)], axis=1)


def _drawn(line: Line, ball: Float64[np.ndarray, "2"] | None) -> Picture:
    picture = blank()
    path = np.round(line).astype(np.int32)
    cv2.polylines(picture, [path], isClosed=False, color=COLOURS["grey"], thickness=7)
    if ball is not None:
        shape(picture, "circle", float(ball[0]), float(ball[1]), RADIUS, "red")
    return picture


def _stepped(
    kept: tuple[float, Shares] | None, picture: AnyPicture, number: int, line: Line
) -> tuple[float, Shares] | Outcome:
    """How far along the line the ball is in the next frame, and where; or what it has done wrong."""
    reached = 0.0 if kept is None else kept[0]
    balls = pieces(seen_colours(picture), "red")
    if len(balls) != 1:
        return Outcome(False, f"frame {number} shows {len(balls)} red balls")
    ball, box = balls[0], square(balls[0].x, balls[0].y, RADIUS)
    away = np.linalg.norm(line - np.array([ball.x, ball.y]), axis=1)
    if away.min() > MAX_OFF_PX:
        return Outcome(False, f"the ball is {away.min():.0f} pixels off the line in frame {number}", box)
    near = np.flatnonzero(away <= away.min() + 4) / (len(line) - 1)
    place = float(near[np.abs(near - reached).argmin()])
    if not -BACK <= place - reached <= MAX_STEP:
        told = f"{'goes back' if place < reached else 'jumps'} before frame {number}"
        return Outcome(False, f"the ball {told if number else 'does not begin at its start'}", box)
    return place, box


def _ended(kept: tuple[float, Shares]) -> Outcome:
    reached, box = kept
    if reached < 1 - BACK:
        return Outcome(False, "the ball does not get to the end of the line", box)
    return Outcome(True, "the ball follows the line to its end", box)
