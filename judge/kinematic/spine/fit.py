"""Training of the net: where and when something is amiss, or that nothing is."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8
from sklearn.metrics import roc_auc_score
from torch import Tensor

from lawful.judge.kinematic.spine.examples import Example, Windows, window_of
from lawful.judge.kinematic.spine.eye import LOOK_AHEAD
from lawful.judge.kinematic.spine.net import SpineNet

_NEVER = -1e9
_RANKS, _NAMES = 0.5, 0.2
_WARM_STEPS = 100
_CLIP = 5.0
_NEAR = 4


@dataclass(frozen=True)
class FitConfig:
    """How it is trained."""

    steps: int
    """Batches."""
    pairs: int = 8
    """Pairs in each."""
    rate: float = 2e-3
    """Highest learning rate; it falls with a cosine."""
    decay: float = 0.02
    """Weight decay."""
    seed: int = 0
    """Chooses the first weights, the order and the windows."""


def fit(
    examples: Sequence[Example],
    families: Sequence[str],
    config: FitConfig,
    tell: Callable[[int, Mapping[str, float]], None],
) -> SpineNet:
    """A net trained on pairs.

    A window is a choice among all its cells in all its frames, and nothing: the loss is the negative log likelihood
    that in the broken clip one of the cells where the law is broken is chosen, and nothing in its twin. To that are
    added half of the logistic loss that the twin seems more amiss, and a fifth of that of the family's name.

    Args:
        examples: The pairs.
        families: Names that it tells apart.
        config: How.
        tell: Called every 50 batches with the number of batches and the mean losses of late.
    """
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net = SpineNet(len(families))
    optimizer = torch.optim.AdamW(net.parameters(), config.rate, weight_decay=config.decay)
    order: list[int] = []
    sums = np.zeros(4)
    for step in range(1, config.steps + 1):
        if len(order) < config.pairs:
            order = rng.permutation(len(examples)).tolist()
        chosen = [examples[order.pop()] for _ in range(config.pairs)]
        share = 0.5 + 0.5 * math.cos(math.pi * step / config.steps)
        for group in optimizer.param_groups:
            group["lr"] = config.rate * min(1.0, step / _WARM_STEPS) * share + 1e-5
        parts = _losses(net, [window_of(each, rng) for each in chosen], _named(chosen, families))
        optimizer.zero_grad()
        (parts[0] + parts[1] + _RANKS * parts[2] + _NAMES * parts[3]).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), _CLIP)
        optimizer.step()
        sums += parts.detach().numpy()
        if step % 50 == 0:
            tell(step, dict(zip(("broken", "lawful", "rank", "family"), (sums / 50).tolist(), strict=True)))
            sums[:] = 0
    return net.eval()


def _named(examples: Sequence[Example], families: Sequence[str]) -> Int64[Tensor, " pairs"]:
    return torch.tensor([families.index(example.family) for example in examples])


def _views(windows: Sequence[Windows]) -> UInt8[Tensor, "clips frames 8 64 64"]:
    """The broken clips, then their twins."""
    both = [each.broken for each in windows] + [each.lawful for each in windows]
    return torch.from_numpy(np.stack(both))


def _losses(
    net: SpineNet, windows: Sequence[Windows], names: Int64[Tensor, " pairs"]
) -> Float32[Tensor, " parts"]:
    views = _views(windows)
    said = net(views, net.open(len(views)))[:, LOOK_AHEAD:]
    n = len(windows)
    amiss = said[:, :, 0].flatten(1)
    anything = torch.logsumexp(torch.cat([torch.zeros(len(amiss), 1), amiss], 1), 1)
    target = torch.from_numpy(np.stack([each.target for each in windows])).flatten(1)
    there = amiss[:n].masked_fill(~target, _NEVER)
    score = torch.logsumexp(amiss, 1)
    looks = torch.softmax(there, 1).detach()
    kinds = torch.log_softmax(said[:n, :, 1:], 2).permute(0, 2, 1, 3, 4).flatten(2)
    right = kinds[torch.arange(n), names]
    return torch.stack(
        [
            (anything[:n] - torch.logsumexp(there, 1)).mean(),
            anything[n:].mean(),
            torch.nn.functional.softplus(score[n:] - score[:n]).mean(),
            -(looks * right).sum(1).mean(),
        ]
    )


@torch.no_grad()
def measured(net: SpineNet, examples: Sequence[Example], families: Sequence[str]) -> dict[str, float]:
    """How well a net tells pairs apart by their windows: paired accuracy, AUROC, onset within 4 frames, family named.

    Args:
        net: Trained; norms as they were learnt.
        examples: Pairs that it was not trained on.
        families: Names that it tells apart; others are never named right.
    """
    scores: list[tuple[float, float]] = []
    near: list[bool] = []
    named: list[bool] = []
    for first in range(0, len(examples), 8):
        some = examples[first : first + 8]
        windows = [window_of(each, None) for each in some]
        views = _views(windows)
        said = net(views, net.open(len(views)))[:, LOOK_AHEAD:]
        frames = torch.logsumexp(said[:, :, 0].flatten(2), 2)
        best = frames.max(1).values
        for k, (example, window) in enumerate(zip(some, windows, strict=True)):
            scores.append((float(best[k]), float(best[len(some) + k])))
            at = int(frames[k].argmax())
            near.append(abs(at - window.onset) <= _NEAR)
            cell = int(said[k, at, 0].flatten().argmax())
            named.append(families[int(said[k, at, 1:].flatten(1)[:, cell].argmax())] == example.family)
    broken, lawful = np.array(scores).T
    labels = np.repeat([1, 0], len(scores))
    return {
        "paired": float((0.5 + 0.5 * np.sign(broken - lawful)).mean()),
        "auroc": float(roc_auc_score(labels, np.concatenate([broken, lawful]))),
        "onset": float(np.mean(near)),
        "named": float(np.mean(named)),
    }
