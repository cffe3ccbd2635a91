"""A rollout with a critic beside it, who can send a chunk back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lawful.generators.protocol import Critic, Rollout
from lawful.generators.records import Chunk


def guided(rollout: Rollout, critic: Critic, tries: int = 1) -> Iterator[Chunk]:
    """Show every chunk to a critic; make one that is sent back again, with the noise of the next branch.

    Of `tries` attempts that were all sent back, the one with the highest score stays (the first of equals). An
    attempt's noise depends on seed, branch and frame alone, so the chunks' branches say how to make the video again.

    Args:
        rollout: A rollout at its start. Its chunks must be final and in the order of time.
        critic: Sees all frames, given ones too; those are never sent back.
        tries: How often a chunk may be made; 1: the critic only watches.

    Returns:
        The chunks that stay, each with the remark on it.

    Raises:
        ValueError: `tries` is below 1, or a chunk is not final.
    """
    if tries < 1:
        raise ValueError(f"tries must be at least 1, got {tries}")
    while True:
        before = (rollout.snapshot(), critic.snapshot()) if tries > 1 else (None, None)
        chunk = next(rollout, None)
        if chunk is None:
            return
        if not chunk.final:
            raise ValueError("a critic watches final chunks; this schedule brings frames more than once")
        chunk = replace(chunk, remark=critic.push(chunk.frames))
        if tries > 1 and not chunk.given and _sent_back(chunk):
            chunk = _again(rollout, critic, before, chunk, tries)
        yield chunk


def _again(rollout: Rollout, critic: Critic, before: tuple[Any, Any], first: Chunk, tries: int) -> Chunk:
    """The best of what further attempts give; leaves rollout and critic just behind it, in the first's branch."""
    best, after = first, (rollout.snapshot(), critic.snapshot())
    for attempt in range(1, tries):
        rollout.restore(before[0])
        critic.restore(before[1])
        rollout.branch(first.branch + attempt)
        chunk = next(rollout)
        chunk = replace(chunk, remark=critic.push(chunk.frames))
        if not _sent_back(chunk) or _score(chunk) > _score(best):
            best, after = chunk, (rollout.snapshot(), critic.snapshot())
        if not _sent_back(chunk):
            break
    rollout.restore(after[0])
    critic.restore(after[1])
    rollout.branch(first.branch)
    return best


def _sent_back(chunk: Chunk) -> bool:
    return chunk.remark is not None and chunk.remark.send_back


def _score(chunk: Chunk) -> float:
    return float("-inf") if chunk.remark is None else chunk.remark.score
