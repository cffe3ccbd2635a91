"""Training of the net: where and when something is amiss, or that nothing is."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor

from lawful.core.processor import has_bfloat16
from lawful.judge.kinematic.spine.examples import Example
from lawful.judge.kinematic.spine.eye import LOOK_AHEAD
from lawful.judge.kinematic.spine.net import SpineNet, unfold
from lawful.judge.kinematic.spine.windows import Windows, chosen, window_of

_NEVER = -1e9
_RANKS, _NAMES = 0.5, 0.2
_WARM_STEPS = 200
_CLIP = 5.0
_BEGIN_WITH = 24


@dataclass(frozen=True)
class FitConfig:
    """How it is trained."""

    steps: int
    """Batches."""
    pairs: int = 8
    """Pairs in each."""
    rate: float = 2e-3
    """Highest learning rate; it falls with a cosine, to 1e-5."""
    decay: float = 0.05
    """Weight decay."""
    seed: int = 0
    """Chooses the first weights, the order and the windows."""


def fit(
    examples: Sequence[Example],
    families: Sequence[str],
    config: FitConfig,
    tell: Callable[[int, Mapping[str, float]], None],
    start: Mapping[str, Tensor] | None = None,
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
        start: Weights to go on from, as `folded` gives them; None for fresh ones.

    Raises:
        ValueError: There are fewer pairs than a batch has, or weights to go on from have other shapes.
        KeyError: Weights to go on from lack some.
    """
    if len(examples) < config.pairs:
        raise ValueError(f"a batch has {config.pairs} pairs, got {len(examples)} in all")
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net = SpineNet(len(families))
    if start is not None:
        some = rng.choice(len(examples), min(_BEGIN_WITH, len(examples)), replace=False)
        first = [window_of(examples[at], chosen(examples[at], rng)) for at in some.tolist()]
        unfold(net, start, _views(first))
        net.train()
    optimizer = torch.optim.AdamW(net.parameters(), config.rate, weight_decay=config.decay)
    order: list[int] = []
    sums = np.zeros(4)
    for step in range(1, config.steps + 1):
        if len(order) < config.pairs:
            order = rng.permutation(len(examples)).tolist()
        batch = [examples[order.pop()] for _ in range(config.pairs)]
        share = 0.5 + 0.5 * math.cos(math.pi * step / config.steps)
        for group in optimizer.param_groups:
            group["lr"] = config.rate * min(1.0, step / _WARM_STEPS) * share + 1e-5
        windows = [window_of(each, chosen(each, rng)) for each in batch]
        parts = _losses(net, windows, _named(batch, families))
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
    # Half as long as in single precision where the processor knows bfloat16, many times as long where it does not;
    # weights and losses are in single precision.
    with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
        said = net(views, net.open(len(views)))[:, LOOK_AHEAD:]
    said = said.float()
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
