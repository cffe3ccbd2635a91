"""A critic watches a rollout and sends chunks back; what stays can be made again from the branches."""

import copy

import numpy as np
import pytest

from lawful.generators.guided import guided
from lawful.generators.records import Chunk, Remark
from lawful.video.frames import Frames


class Counting:
    """A rollout whose pixels say the branches so far: one digit of each chunk."""

    def __init__(self, n_chunks=4, final=True):
        self.state = {"index": 0, "branch": 0, "history": ()}
        self.n_chunks, self.final = n_chunks, final

    def __iter__(self):
        return self

    def __next__(self):
        index, branch = self.state["index"], self.state["branch"]
        if index == self.n_chunks:
            raise StopIteration
        history = (*self.state["history"], branch)
        self.state |= {"index": index + 1, "history": history}
        rgb = np.full((1, 1, 1, 3), branch, np.uint8)
        return Chunk(index, Frames(rgb, np.array([index / 10]), np.array([index])), self.final, branch=branch)

    def snapshot(self):
        return copy.deepcopy(self.state)

    def restore(self, snapshot):
        self.state = copy.deepcopy(snapshot)

    def branch(self, number):
        self.state["branch"] = number


class Wanting:
    """A critic that wants given branches, and scores by the distance from them."""

    def __init__(self, *wanted):
        self.wanted, self.seen = wanted, ()

    def push(self, frames):
        wanted, got = self.wanted[len(self.seen)], int(frames.rgb[0, 0, 0, 0])
        self.seen = (*self.seen, got)
        return Remark(score=1 - abs(wanted - got) / 10, send_back=wanted != got)

    def snapshot(self):
        return self.seen

    def restore(self, snapshot):
        self.seen = snapshot


def branches(chunks):
    return [chunk.branch for chunk in chunks]


def test_a_critic_that_only_watches_changes_nothing():
    chunks = list(guided(Counting(), Wanting(1, 2, 0, 3)))
    assert branches(chunks) == [0, 0, 0, 0]
    assert [chunk.remark.send_back for chunk in chunks] == [True, True, False, True]


def test_the_first_attempt_that_is_not_sent_back_stays():
    rollout, critic = Counting(), Wanting(0, 2, 1, 0)
    chunks = list(guided(rollout, critic, tries=4))
    assert branches(chunks) == [0, 2, 1, 0]
    assert rollout.state["history"] == critic.seen == (0, 2, 1, 0)


def test_of_attempts_that_were_all_sent_back_the_best_stays():
    rollout, critic = Counting(2), Wanting(7, 1.4)
    chunks = list(guided(rollout, critic, tries=3))
    assert branches(chunks) == [2, 1]
    assert rollout.state["history"] == critic.seen == (2, 1)


def test_at_least_one_try():
    with pytest.raises(ValueError, match="tries must be at least 1, got 0"):
        next(guided(Counting(), Wanting(0), tries=0))


def test_frames_that_come_again_cannot_be_watched():
    with pytest.raises(ValueError, match="a critic watches final chunks"):
        next(guided(Counting(final=False), Wanting(0)))
