"""The families by the `model_type` of their configuration."""

from collections.abc import Callable, Mapping
from typing import Any

from lawful.core.errors import InputError
from lawful.judge.vlm.families.protocol import Family
from lawful.judge.vlm.families.qwen import qwen2_5_vl, qwen3_5, qwen3_vl
from lawful.judge.vlm.families.squares import internvl, llava_next_video, llava_onevision, smolvlm

FAMILIES: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Family]] = {
    "qwen3_vl": qwen3_vl,
    "qwen2_5_vl": qwen2_5_vl,
    "qwen3_5": qwen3_5,
    "llava_onevision": llava_onevision,
    "llava_next_video": llava_next_video,
    "smolvlm": smolvlm,
    "internvl": internvl,
}
"""Every family that can judge."""


def family_of(config: Mapping[str, Any], preprocessing: Mapping[str, Any], name: str) -> Family:
    """The family of a model by its files.

    Args:
        config: Its `config.json`.
        preprocessing: What its preprocessor files say.
        name: The model, for the message.

    Raises:
        InputError: No family is made for it, or its files do not fit its family.
    """
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        made = ", ".join(config.get("architectures") or ()) or "unknown"
        raise InputError(
            f"{name} is of type {model_type!r} (architecture {made}), which cannot judge here. "
            f"Supported: {', '.join(FAMILIES)}."
        )
    try:
        return FAMILIES[model_type](config, preprocessing)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
