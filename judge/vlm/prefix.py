"""One look at the video, many questions: the video's part of the prompt is read once and shared.

A prefix holds the model's memory of all tokens up to the end of the video, together with the positions that follow:
some models keep these in a variable of their own, which the next video would overwrite.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float

from lawful.core.errors import InputError
from lawful.judge.vlm.families.protocol import PackedVideo
from lawful.judge.vlm.model import LoadedModel, saying_out_of_memory

_WORDS_AT_ONCE = 16384
Logits = Float[torch.Tensor, "kept vocabulary"]


@dataclass(eq=False)
class VisualPrefix:
    """What a model holds after it has read a video."""

    cache: Any
    """Keys and values (and states) of all tokens of the prefix; the same after every question as before it."""
    n_tokens: int
    """Tokens of the prefix."""
    n_visual_tokens: int
    """How many of them are the video's frames."""
    offset: int
    """Position of a later token less its place in the sequence."""
    axes: int | None
    """3 where positions have three axes, None where they have one."""
    can_crop: bool
    """Whether the memory of later tokens can be cut off; otherwise every question gets a copy."""


def read_prefix(loaded: LoadedModel, tokens: Sequence[int], packed: PackedVideo) -> VisualPrefix:
    """Read the part of a prompt that ends with a video.

    Args:
        loaded: The model.
        tokens: Tokens from the prompt's start to the video's end.
        packed: The video.

    Raises:
        InputError: The tokenizer does not know the video's tokens, or the video is too long for the model.
        LawfulError: There is not enough memory.
    """
    from transformers import DynamicCache

    _check_tokens(loaded, tokens, packed)
    model, device = loaded.model, loaded.device
    cache = DynamicCache(config=model.config.get_text_config())
    with torch.inference_mode(), saying_out_of_memory(_reading(loaded, len(tokens), packed), device):
        ids = torch.tensor([list(tokens)], device=device)
        places = loaded.family.positions(model, ids, packed)
        model.model(
            input_ids=ids,
            position_ids=places.ids,
            past_key_values=cache,
            use_cache=True,
            **{name: _on(loaded, value) for name, value in packed.inputs.items()},
        )
    can_crop = all(type(layer).__name__ == "DynamicLayer" for layer in cache.layers)
    return VisualPrefix(cache, len(tokens), packed.n_visual_tokens, places.offset, places.axes, can_crop)


def next_logits(
    loaded: LoadedModel,
    prefix: VisualPrefix,
    rows: Sequence[Sequence[int]],
    n_kept: Sequence[int],
    batch_size: int = 1,
) -> list[Logits]:
    """What the model expects next at the ends of some continuations of a prefix.

    Args:
        loaded: The model.
        prefix: What it has read.
        rows: Continuations, each of one token or more; none sees another.
        n_kept: For each, at how many of its last tokens the expectation is wanted.
        batch_size: How many are read at once.

    Returns:
        For each, in order, the logits in float32 after its last tokens, on the CPU.

    Raises:
        InputError: The video and a continuation are too long for the model.
        LawfulError: There is not enough memory.
    """
    found: list[Logits] = []
    longest = max((len(row) for row in rows), default=0)
    _check_length(loaded, prefix.n_tokens + longest, "the video with a question takes")
    for start in range(0, len(rows), batch_size):
        batch, kept = rows[start : start + batch_size], n_kept[start : start + batch_size]
        what = f"asking {len(batch)} questions at once after {prefix.n_tokens} tokens"
        with torch.inference_mode(), saying_out_of_memory(what, loaded.device):
            found += _read_on(loaded, prefix, batch, kept)
    return found


def continued(
    loaded: LoadedModel, prefix: VisualPrefix, tokens: Sequence[int], stop: Sequence[int], n_tokens: int
) -> list[int]:
    """The most probable continuation, token after token, up to a stop token or `n_tokens`.

    Raises:
        InputError: The video, the tokens and the continuation are too long for the model.
        LawfulError: There is not enough memory.
    """
    _check_length(loaded, prefix.n_tokens + len(tokens) + n_tokens, "the video with a rationale takes")
    said: list[int] = []
    cache = copy.deepcopy(prefix.cache)
    fed, at = list(tokens), prefix.n_tokens
    with torch.inference_mode(), saying_out_of_memory("writing a rationale", loaded.device):
        while len(said) < n_tokens:
            hidden = _hidden(loaded, prefix, cache, torch.tensor([fed], device=loaded.device), at)
            at += len(fed)
            token = int(loaded.model.get_output_embeddings()(hidden[:, -1]).argmax())
            if token in stop:
                break
            said.append(token)
            fed = [token]
    return said


def _read_on(
    loaded: LoadedModel, prefix: VisualPrefix, rows: Sequence[Sequence[int]], kept: Sequence[int]
) -> Iterator[Logits]:
    longest = max(len(row) for row in rows)
    # What fills up a shorter row comes after it, so no token of the row sees it.
    padded = [[*row, *(row[-1:] * (longest - len(row)))] for row in map(list, rows)]
    ids = torch.tensor(padded, device=loaded.device)
    alone = len(rows) == 1 and prefix.can_crop
    cache = prefix.cache if alone else copy.deepcopy(prefix.cache)
    if len(rows) > 1:
        cache.reorder_cache(torch.zeros(len(rows), dtype=torch.long, device=loaded.device))
    try:
        hidden = _hidden(loaded, prefix, cache, ids, prefix.n_tokens)
    finally:
        if alone:
            _cut_back(cache, prefix.n_tokens)
    for line, row, n in zip(hidden, rows, kept, strict=True):
        yield _fine_logits(loaded, line[len(row) - n : len(row)]).float().cpu()


def _cut_back(cache: Any, n_tokens: int) -> None:
    """Cut every layer back to a length, also where a forward pass broke off halfway."""
    for layer in cache.layers:
        surplus = layer.get_seq_length() - n_tokens
        if surplus > 0:
            layer.crop(-surplus)


def _hidden(
    loaded: LoadedModel, prefix: VisualPrefix, cache: Any, ids: torch.Tensor, at: int
) -> torch.Tensor:
    places = torch.arange(at, at + ids.shape[1], device=ids.device) + prefix.offset
    shape = ids.shape if prefix.axes is None else (prefix.axes, *ids.shape)
    out = loaded.model.model(
        input_ids=ids, position_ids=places.expand(shape), past_key_values=cache, use_cache=True
    )
    return out.last_hidden_state


def _fine_logits(loaded: LoadedModel, hidden: torch.Tensor) -> torch.Tensor:
    """Logits in float32 or finer: in bfloat16 those of about 20 are 1/8 apart, and many answers would be the same."""
    head = loaded.model.get_output_embeddings()
    kind = torch.promote_types(hidden.dtype, torch.float32)
    # Piece by piece, so that no finer copy of all the weights is made.
    pieces = [hidden.to(kind) @ piece.to(kind).T for piece in head.weight.split(_WORDS_AT_ONCE)]
    logits = torch.cat(pieces, -1)
    return logits if head.bias is None else logits + head.bias.to(kind)


def _on(loaded: LoadedModel, value: torch.Tensor) -> torch.Tensor:
    if value.is_floating_point():
        return value.to(loaded.device, loaded.model.dtype)
    return value.to(loaded.device)


def _reading(loaded: LoadedModel, n_tokens: int, packed: PackedVideo) -> str:
    height, width = packed.size_px
    steps = len(packed.step_times_s)
    return f"{loaded.name} reads {n_tokens} tokens ({steps} steps of frames of {width}x{height} px)"


def _check_tokens(loaded: LoadedModel, tokens: Sequence[int], packed: PackedVideo) -> None:
    token = loaded.family.visual_token
    known = loaded.tokenizer.convert_tokens_to_ids(token)
    n_found = sum(one == known for one in tokens)
    config = loaded.model.config
    expected = getattr(config, "video_token_id", None)
    if expected is None or token in ("<image>", "<IMG_CONTEXT>"):
        expected = config.image_token_id
    if n_found != packed.n_visual_tokens or known != expected:
        raise InputError(
            f"{loaded.name}: its tokenizer makes {n_found} tokens {token} (id {known}) of a video that takes "
            f"{packed.n_visual_tokens} (id {expected} in config.json). Needed: the tokenizer that belongs to the model."
        )
    _check_length(loaded, len(tokens), "the video takes")


def _check_length(loaded: LoadedModel, n_tokens: int, what: str) -> None:
    limit = loaded.context_tokens
    if limit is not None and n_tokens > limit:
        raise InputError(
            f"{loaded.name} reads {limit} tokens at most, and {what} {n_tokens}. "
            "Show fewer or smaller frames (policy.fps, policy.count, policy.max_frames, policy.long_side_px)."
        )
