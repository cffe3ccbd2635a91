"""A tiny vision-language model made from configuration, with a tokenizer of its own over the language of checklists.

It has random weights and knows nothing. It is there so that the whole recipe of training runs in seconds on a CPU.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lawful.checklists.load import load_suite
from lawful.checklists.suite import Suite
from lawful.core.errors import InputError
from lawful.core.extras import require
from lawful.core.files import new_folder, write_atomic
from lawful.judge.vlm.model import without_bars
from lawful.judge.vlm.protocols import ONE_KEY, ONE_KEY_WORDING
from lawful.judge.vlm.settings import WORDING
from lawful.judge.vlm.train.tiny_config import TinyVlmConfig

_SUITES = ("physics", "worlds")
_SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|video_pad|>",
    "<|image_pad|>",
)  # fmt: skip
_CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
    "{% if c.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>{% else %}{{ c.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TRACKS = (
    "Tracks of what moves, measured in a 64 x 48 px frame: place (x to the right, y down), v in px/s, a in px/s², both over "
    "0.3 s. The camera stands still. The camera moves, which is part of all motion here. Nothing was seen to move. "
    "object 1: 0.00 s (12,34) v (-5,6), speed 7, a (0,8); object 2 rests at (9,1) from 0.00 s to 1.50 s "
    "object 1 first seen at 0.50 s at (3,4), away from the frame's edges object 2 last seen at 0.25 s at the left edge "
    "object 1 not seen from 0.25 s to 0.75 s, then at (5,6) objects 1 and 2 meet at 0.50 s at (7,8) "
    "2 more of 4 moving objects are not listed. 1 more of 3 meetings are not listed."
)
_ANSWER_WITH = WORDING.partition("\n")[2]
_LEAST_PIXELS = 16 * 16
_MOST_PIXELS = 1024 * 1024


def make_tiny_vlm(config: TinyVlmConfig, folder: Path, seed: int) -> Path:
    """Write a model with random weights, its tokenizer and what else a model's folder holds.

    Args:
        config: Sizes.
        folder: Where; absent or empty. It appears whole or not at all.
        seed: Draws the weights.

    Returns:
        The folder.

    Raises:
        AbsentError: torch or transformers is not installed.
        LawfulError: The folder is not empty.
    """
    torch = require("torch", "train", "training judges")
    transformers = require("transformers", "train", "training judges")
    tokenizer = checklist_tokenizer(config.vocabulary)
    torch.manual_seed(seed)
    model = transformers.Qwen2_5_VLForConditionalGeneration(_architecture(config, tokenizer))
    sizes = {"size": {"shortest_edge": _LEAST_PIXELS, "longest_edge": _MOST_PIXELS}}
    with new_folder(folder) as inside, without_bars(transformers):
        model.save_pretrained(inside)
        tokenizer.save_pretrained(inside)
        write_atomic(inside / "video_preprocessor_config.json", json.dumps(sizes))
    return folder


def has_sizes(folder: Path, config: TinyVlmConfig) -> bool:
    """Whether a folder that `make_tiny_vlm` wrote holds a model of these sizes.

    Raises:
        InputError: It holds no model's configuration.
    """
    from transformers import Qwen2_5_VLConfig

    try:
        found = Qwen2_5_VLConfig.from_pretrained(folder).to_dict()
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder}: should hold the model that the training begins with, and cannot be read: {error}. "
            "Delete the folder, and the same command makes it again."
        ) from error
    wanted = _architecture(config, checklist_tokenizer(config.vocabulary)).to_dict()
    return all(found[part] == wanted[part] for part in ("vision_config", "text_config"))


def checklist_tokenizer(vocabulary: int) -> Any:
    """A tokenizer made from the questions and labels of the suites that ship and the words that go with them.

    It writes any text (bytes are its alphabet), digits one by one, and every label of those suites as one token.
    """
    tokenizers = require("tokenizers", "train", "training judges")
    transformers = require("transformers", "train", "training judges")
    suites = [load_suite(name) for name in _SUITES]
    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    parts = tokenizers.pre_tokenizers
    core.pre_tokenizer = parts.Sequence(
        [parts.Digits(individual_digits=True), parts.ByteLevel(add_prefix_space=False)]
    )
    core.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(_SPECIAL),
        initial_alphabet=parts.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(_language(suites), trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(_SPECIAL[3:]),
        chat_template=_CHAT,
    )


def _language(suites: list[Suite]) -> Iterator[str]:
    for suite in suites:
        for question in suite.questions:
            yield f"{question.text}\n{_ANSWER_WITH}"
            # A word that is often by itself becomes one token.
            yield from [label for label in question.scale.values for _ in range(20)]
    yield from [_TRACKS, ONE_KEY, ONE_KEY_WORDING, "user assistant"] * 20


def _architecture(config: TinyVlmConfig, tokenizer: Any) -> Any:
    from transformers import Qwen2_5_VLConfig

    token = tokenizer.convert_tokens_to_ids
    per_axis = config.width // config.heads // 2
    sections = [per_axis - 2 * (per_axis // 3), per_axis // 3, per_axis // 3]
    vision = {
        "depth": config.vision_layers,
        "hidden_size": config.vision_width,
        "intermediate_size": 2 * config.vision_width,
        "num_heads": config.heads,
        "patch_size": config.patch_px,
        "out_hidden_size": config.width,
        "window_size": 8 * config.patch_px,
        "fullatt_block_indexes": list(range(config.vision_layers)),
        "tokens_per_second": 8,
    }
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": config.width,
        "intermediate_size": 3 * config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.heads,
        "max_position_embeddings": config.context_tokens,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": sections},
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": token("<|im_end|>"),
    }
    return Qwen2_5_VLConfig(
        vision_config=vision,
        text_config=text,
        tie_word_embeddings=True,
        video_token_id=token("<|video_pad|>"),
        image_token_id=token("<|image_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
    )
