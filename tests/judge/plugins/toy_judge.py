"""A judge for tests: answers by the peak change of brightness, and misbehaves on clips named for it."""

import ctypes
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace

import numpy as np

from lawful.core.registry import register
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Event, Evidence, EvidenceFrame, Unscored, Verdict
from lawful.judge.summary import SummaryRule
from lawful.video.frames import Box, PointTracks
from lawful.video.sampling import Sampling


def _eat_memory():
    eaten = []
    while True:
        eaten.append(np.full(8_000_000, 1.0))


def _hang():
    while True:
        time.sleep(60)


def _print_much():
    for _ in range(5_000):
        print("noise on stdout " * 4, file=sys.stdout)
        print("noise on stderr " * 4, file=sys.stderr)
    os.write(1, b'{"kind":"outcome"}\n')


def _fail():
    raise ValueError("no good\nat all")


SAMPLING = Sampling(long_side_px=64)
RULE = SummaryRule("toy/1", "min", 0.3, 0.7)


def _leave_children():
    subprocess.Popen(["sleep", "1000"])
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(3)


FAULTS = {
    "children": _leave_children,
    "segfault": lambda: ctypes.string_at(0),
    "hang": _hang,
    "memory": _eat_memory,
    "exit": lambda: os._exit(3),
    "noise": _print_much,
    "exception": _fail,
}


@dataclass
class State:
    meta: object
    questions: tuple
    given: dict
    repeat: int
    times_s: list = field(default_factory=list)
    brightness: list = field(default_factory=list)
    peak: float = 0.0
    peak_rgb: np.ndarray | None = None
    peak_s: float = 0.0


@dataclass(frozen=True)
class ToyJudge:
    config: dict
    name: str = "toy"
    runs_on: str = "cpu"
    given: frozenset = frozenset({"prompt"})
    sampling: Sampling = SAMPLING
    rule: SummaryRule = RULE

    def identity(self):
        return {"version": 1, **self.config}

    def answers(self, question):
        return question.axis == "physics"

    def open(self, meta, questions, given, repeat=0):
        return State(meta, tuple(questions), dict(given), repeat)

    def push(self, state, frames):
        for fault, act in FAULTS.items():
            if fault in state.meta.name:
                act()
        if "slow" in state.meta.name:
            time.sleep(self.config.get("slow_s", 0.2))
        for rgb, time_s in zip(frames.rgb, frames.times_s, strict=True):
            value = float(rgb.astype(np.float64).mean()) / 255
            change = abs(value - state.brightness[-1]) if state.brightness else 0.0
            if change > state.peak or state.peak_rgb is None:
                state.peak, state.peak_rgb, state.peak_s = change, rgb.copy(), float(time_s)
            state.brightness.append(value)
            state.times_s.append(float(time_s))
        return state

    def events(self, state):
        return [
            Event("jump", "time", 0.0, state.peak_s, state.peak_s, None, state.peak, state.peak, "1", "x")
        ]

    def close(self, state):
        return [self._outcome(state, question) for question in state.questions]

    def _outcome(self, state, question):
        if question.id == "abstains":
            return Unscored(
                state.meta.video_sha256, question.id, "abstained", "not today", fingerprint(self), 0.4
            )
        worst = min(1.0, state.peak * 4)
        if question.id == "premise":
            worst = 1.0
        best = 1 - worst
        labels = {question.scale.best: best, question.scale.worst: worst}
        probabilities = {label: labels.get(label, 0.0) for label in question.scale.values}
        n = len(state.times_s)
        tracks = PointTracks(
            np.array([7, 8]),
            np.array(state.times_s),
            np.stack([np.full((n, 2), 0.25), np.full((n, 2), np.nan)]).astype(np.float32),
            np.stack([np.ones(n, bool), np.zeros(n, bool)]),
        )
        weak = Evidence(
            0.0, state.times_s[-1], None, "time", 0.1, "1", f"given {state.given}", probability=0.1
        )
        strong = Evidence(
            state.peak_s, state.peak_s, Box(0.1, 0.2, 0.3, 0.4), "time", state.peak, "1",
            f"brightness jumps, look {state.repeat}", probability=worst, track_ids=(7,),
            frames=(EvidenceFrame(state.peak_s, state.peak_rgb),), tracks=tracks,
        )  # fmt: skip
        return Verdict(
            state.meta.video_sha256, question.id, max(probabilities, key=probabilities.get), probabilities,
            best, fingerprint(self), (weak, strong), seconds=0.25, tokens=3,
        )  # fmt: skip


@register("judge", "toy", summary="for tests")
def toy(argument, config):
    unknown = set(config) - {"slow_s"}
    if unknown:
        raise ValueError(f"unknown setting {sorted(unknown)[0]!r}")
    return ToyJudge(dict(config))


@register("judge", "toy-dies-at-start", summary="for tests")
def toy_dies_at_start(argument, config):
    print("cannot find the weights", file=sys.stderr, flush=True)
    os._exit(7)


@dataclass(frozen=True)
class RatedJudge(ToyJudge):
    """The same, at a frame rate that may be chosen."""

    name: str = "rated"
    fps: float | None = 2.0
    n_wordings: int = 1

    def identity(self):
        return {"version": 1, "fps": self.fps, "n_wordings": self.n_wordings}

    def at_fps(self, fps):
        return replace(self, fps=fps, sampling=Sampling(fps=fps, long_side_px=64))


@register("judge", "rated", summary="for tests")
def rated(argument, config):
    return RatedJudge({}, **config)
