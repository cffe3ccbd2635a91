"""Names of weights: those of the original Wan code, and those of diffusers."""

import re

_WRAPPERS = re.compile(r"^(?:(?:base_model|model|module|_orig_mod|_fsdp_wrapped_module)\.)+")
_INNER_WRAPPERS = re.compile(r"\b(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
_WHOLE = {
    "time_embedding.0": "condition_embedder.time_embedder.linear_1",
    "time_embedding.2": "condition_embedder.time_embedder.linear_2",
    "text_embedding.0": "condition_embedder.text_embedder.linear_1",
    "text_embedding.2": "condition_embedder.text_embedder.linear_2",
    "time_projection.1": "condition_embedder.time_proj",
    "head.head": "proj_out",
}
_IN_BLOCK = {
    # diffusers numbers the norms in the order of use; the original came to cross-attention last.
    "norm2": "norm3",
    "norm3": "norm2",
    "ffn.0": "ffn.net.0.proj",
    "ffn.2": "ffn.net.2",
}
_ATTENTION = {"q": "to_q", "k": "to_k", "v": "to_v", "o": "to_out.0", "norm_q": "norm_q", "norm_k": "norm_k"}
_BLOCK = re.compile(r"(blocks\.\d+)\.(.+)")
_ATTENTION_PART = re.compile(r"(self|cross)_attn\.(\w+)")


def bare_name(name: str) -> str:
    """A name without what wrappers (the pipeline's, sharding, compiling, low-rank changes) put before its parts.

    >>> bare_name("model._fsdp_wrapped_module.blocks.0._fsdp_wrapped_module.self_attn.q.weight")
    'blocks.0.self_attn.q.weight'
    """
    return _WRAPPERS.sub("", _INNER_WRAPPERS.sub("", name))


def is_original(names: set[str]) -> bool:
    """Whether bare names are those of the original code."""
    return any(name.startswith(("time_embedding.", "text_embedding.", "head.")) for name in names)


def diffusers_name(name: str) -> str:
    """What diffusers calls a weight of the original code; a name that is not known stays as it is.

    >>> diffusers_name("blocks.3.cross_attn.o.bias"), diffusers_name("head.modulation")
    ('blocks.3.attn2.to_out.0.bias', 'scale_shift_table')

    Source: the map of the diffusers port of Self-Forcing, checked against the stock transformer's own names.
    """
    if name == "head.modulation":
        return "scale_shift_table"
    module, _, part = name.rpartition(".")
    if module in _WHOLE:
        return f"{_WHOLE[module]}.{part}"
    found = _BLOCK.fullmatch(name)
    if found is None:
        return name
    block, inner = found[1], found[2]
    if inner == "modulation":
        return f"{block}.scale_shift_table"
    module, _, part = inner.rpartition(".")
    attention = _ATTENTION_PART.fullmatch(module)
    if attention is not None and attention[2] in _ATTENTION:
        return f"{block}.attn{1 if attention[1] == 'self' else 2}.{_ATTENTION[attention[2]]}.{part}"
    return f"{block}.{_IN_BLOCK[module]}.{part}" if module in _IN_BLOCK else name
