"""From examples to what a model reads, by the judge's own prompts; and the loss of what it expects next."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lawful.core.errors import InputError
from lawful.judge.vlm.asking import Asker
from lawful.judge.vlm.labels import LabelTokens
from lawful.judge.vlm.tracks.attach import SentClip
from lawful.judge.vlm.tracks.use import TrackUses
from lawful.judge.vlm.train.clips import Shown
from lawful.judge.vlm.train.examples import Example


@dataclass(frozen=True, eq=False)
class Lesson:
    """One example as a model reads it."""

    tokens: list[int]
    """The whole prompt, and the right label but for its last token."""
    positions: Tensor
    """Where the tokens stand: (1, 1, tokens), or (3, 1, tokens) where time, row and column count."""
    axes: int | None
    """3 or None, likewise."""
    inputs: Mapping[str, Tensor]
    """Pixels and grids, by the names of the model's arguments."""
    clips: tuple[SentClip, ...]
    """Tracks for attention along them."""
    target: tuple[int, ...]
    """Tokens that are to be expected after the last tokens, as many."""
    labels: LabelTokens
    """How the labels are written."""
    values: tuple[float, ...]
    """Values of the labels, in their order."""
    value: float
    """The right score."""


def lesson_of(asker: Asker, example: Example, shown: Shown) -> Lesson:
    """An example as the judge will read it: prompt and frames are those of `Asker.ask`.

    Raises:
        InputError: The frames or the labels do not fit the model.
    """
    settings, loaded = asker.settings, asker.loaded
    asked = asker.asked([example.question], example.given, settings.wordings[0])
    start = asker.prepared(shown.frames, shown.tracked, asked.opening)
    (row,) = asker.rows([example.question], asked.texts, asked.start)
    single = row.labels.single
    target = single[example.label][:1] if single else row.labels.whole[example.label]
    tokens = [*start.tokens, *row.tokens, *target[:-1]]
    limit = loaded.context_tokens
    if limit is not None and len(tokens) > limit:
        raise InputError(
            f"{loaded.name} reads {limit} tokens at most, and {example.clip} with a question takes {len(tokens)}. "
            "Show fewer or smaller frames (policy.fps, policy.max_frames, policy.long_side_px)."
        )
    places = loaded.family.positions(loaded.model, torch.tensor([start.tokens]), start.packed)
    before = places.ids if places.axes is not None else places.ids[None]
    after = torch.arange(len(start.tokens), len(tokens)) + places.offset
    positions = torch.cat([before, after.expand(*before.shape[:2], -1)], -1)
    return Lesson(
        tokens,
        positions,
        places.axes,
        start.packed.inputs,
        start.clips,
        target,
        row.labels,
        tuple(example.question.scale.values.values()),
        example.value,
    )


def lesson_losses(
    asker: Asker, lessons: Sequence[Lesson], score_weight: float = 0.0
) -> Float[Tensor, " lessons"]:
    """The loss of each lesson: of its label's tokens, and of the expected score where that has a weight.

    Args:
        asker: The model, in training or not.
        lessons: What it reads, at once where shapes allow it.
        score_weight: Weight of (expected score - right score)².

    Raises:
        InputError: The expected score is asked for of labels of several tokens.
    """
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, lesson in enumerate(lessons):
        alike[tuple((name, *value.shape[1:]) for name, value in lesson.inputs.items())].append(at)
    found: dict[int, Tensor] = {}
    for places in alike.values():
        logits = _label_logits(asker, [lessons[at] for at in places])
        for at, rows in zip(places, logits, strict=True):
            found[at] = _loss(lessons[at], rows, score_weight)
    return torch.stack([found[at] for at in range(len(lessons))])


def _label_logits(asker: Asker, lessons: Sequence[Lesson]) -> list[Float[Tensor, "kept vocabulary"]]:
    """What is expected at the last tokens of each lesson, in float32; all are read in one call."""
    loaded, device = asker.loaded, asker.loaded.device
    longest = max(len(one.tokens) for one in lessons)
    # What fills up a shorter row comes after it, so no token of the row sees it.
    ids = torch.tensor([one.tokens + one.tokens[-1:] * (longest - len(one.tokens)) for one in lessons])
    positions = torch.cat([_filled(one.positions, longest) for one in lessons], 1)
    if lessons[0].axes is None:
        positions = positions[0]
    names = lessons[0].inputs
    inputs = {name: torch.cat([one.inputs[name] for one in lessons]).to(device) for name in names}
    kind = loaded.model.dtype
    clips = [clip for one in lessons for clip in one.clips]
    with TrackUses.showing(asker.attached, clips):
        out = loaded.model.model(
            input_ids=ids.to(device),
            attention_mask=torch.ones_like(ids, device=device),
            position_ids=positions.to(device),
            use_cache=False,
            **{
                name: value.to(kind) if value.is_floating_point() else value for name, value in inputs.items()
            },
        )
    kept = [
        row[len(one.tokens) - len(one.target) : len(one.tokens)]
        for row, one in zip(out.last_hidden_state, lessons, strict=True)
    ]
    logits = loaded.model.get_output_embeddings()(torch.cat(kept)).float()
    return list(logits.split([len(rows) for rows in kept]))


def _filled(positions: Tensor, length: int) -> Tensor:
    missing = length - positions.shape[-1]
    more = positions[..., -1:] + torch.arange(1, missing + 1)
    return torch.cat([positions, more], -1)


def _loss(lesson: Lesson, rows: Float[Tensor, "kept vocabulary"], score_weight: float) -> Tensor:
    shares = torch.log_softmax(rows, -1)
    target = torch.tensor(lesson.target, device=rows.device)
    loss = -shares.gather(1, target[:, None]).mean()
    if not score_weight:
        return loss
    if not lesson.labels.single:
        raise InputError(
            "score_weight needs labels that are single tokens of the model, and some label takes several. "
            "Set score_weight = 0, or take a model or a scale whose labels are single tokens."
        )
    of_labels = [torch.logsumexp(shares[0, list(ids)], 0) for ids in lesson.labels.single.values()]
    weights = torch.softmax(torch.stack(of_labels), 0)
    expected = (weights * torch.tensor(lesson.values, device=rows.device)).sum()
    return loss + score_weight * (expected - lesson.value).square()
