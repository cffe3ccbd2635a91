"""How much sharing one visual prefix saves: 16 questions about one clip, together and one call each.

    python benchmarks/prefix_sharing.py

A random Qwen3-VL of toy size looks at a clip that takes at least 4,000 visual tokens and answers 16 questions of at
most 80 tokens: once with the prefix read once (`shared`), once with everything read again for each question
(`separate`). Each way runs in a process of its own, one after the other, on one thread unless --threads says more.
Printed: tokens read, seconds (the best of --repeats), the rise of the process's peak memory, and the largest
difference between the two ways' probabilities. The ratios of tokens and of time must reach 8 and 5.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

N_QUESTIONS = 16
MAX_QUESTION_TOKENS = 80
MIN_VISUAL_TOKENS = 4000
TOKENS_AT_LEAST, TIME_AT_LEAST = 8.0, 5.0
_SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|video_pad|>",
)
_LAYERS, _WIDTH = 4, 256


def main() -> None:
    """Run both ways, print the table, and end with 1 if a ratio is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--way", choices=["shared", "separate"], help="run one way here and print JSON")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(measure(arguments.way, arguments.repeats, arguments.threads, arguments.attention)))
        return
    found = {}
    for way in ("separate", "shared"):
        command = [sys.executable, str(Path(__file__)), "--way", way, "--repeats", str(arguments.repeats)]
        command += ["--threads", str(arguments.threads), "--attention", arguments.attention]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[way] = json.loads(done.stdout.splitlines()[-1])
    print(f"{found['shared']['visual_tokens']} visual tokens, {N_QUESTIONS} questions of "
          f"{found['shared']['question_tokens']} tokens at most, {arguments.attention}, {arguments.threads} thread(s)")  # fmt: skip
    print(f"{'way':10} {'tokens read':>12} {'seconds':>9} {'peak memory over start':>24}")
    for way, one in found.items():
        print(f"{way:10} {one['tokens']:12d} {one['seconds']:9.2f} {one['memory_mb']:21.0f} MB")
    tokens = found["separate"]["tokens"] / found["shared"]["tokens"]
    seconds = found["separate"]["seconds"] / found["shared"]["seconds"]
    pairs = zip(found["separate"]["answers"], found["shared"]["answers"], strict=True)
    apart = max(abs(one - other) for one, other in pairs)
    print(f"{tokens:.1f}x fewer tokens (at least {TOKENS_AT_LEAST:g}), {seconds:.1f}x less time "
          f"(at least {TIME_AT_LEAST:g}), answers differ by {apart:.1e}")  # fmt: skip
    sys.exit(tokens < TOKENS_AT_LEAST or seconds < TIME_AT_LEAST)


def measure(way: str, repeats: int, threads: int, attention: str) -> dict[str, Any]:
    """Tokens, seconds, memory and answers of one way."""
    import torch

    from lawful.checklists.suite import Question, Scale
    from lawful.video.frames import Frames

    torch.set_num_threads(threads)
    asker = toy_asker(attention)
    yes_no = Scale("yes_no", {"yes": 1.0, "no": 0.0})
    texts = [
        f"Question {at}: " + "does every thing in it move as it should? " * 5 for at in range(N_QUESTIONS)
    ]
    questions = [Question(f"q{at}", text, "physics", yes_no) for at, text in enumerate(texts)]
    rng = np.random.default_rng(0)
    n_frames = 64
    rgb = rng.integers(0, 256, (n_frames, 288, 512, 3), dtype=np.uint8)
    frames = Frames(rgb, np.arange(n_frames) / 2.0, np.arange(n_frames))
    rows = [len(asker.tokens_of(text)) for text in texts]
    start_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best_s, answers, n_tokens, n_visual = float("inf"), [], 0, 0
    for _ in range(repeats):
        began_s = time.perf_counter()
        if way == "shared":
            prefix = asker.look(frames)
            said = asker.answers(prefix, questions, texts)
            n_tokens = prefix.n_tokens + sum(rows)
        else:
            said, n_tokens = [], 0
            for question, text, row in zip(questions, texts, rows, strict=True):
                prefix = asker.look(frames)
                said += asker.answers(prefix, [question], [text])
                n_tokens += prefix.n_tokens + row
        best_s = min(best_s, time.perf_counter() - began_s)
        n_visual = prefix.n_visual_tokens
        answers = [answer.shares.probabilities["yes"] for answer in said]
    assert n_visual >= MIN_VISUAL_TOKENS
    assert max(rows) <= MAX_QUESTION_TOKENS
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "visual_tokens": n_visual,
        "question_tokens": max(rows),
        "tokens": n_tokens,
        "seconds": best_s,
        "memory_mb": (peak_kb - start_kb) / 1024,
        "answers": answers,
    }


def toy_asker(attention: str) -> Any:
    """A random Qwen3-VL of toy size, ready to be asked."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen3VLConfig, Qwen3VLForConditionalGeneration

    from lawful.judge.vlm.asking import Asker
    from lawful.judge.vlm.families.table import family_of
    from lawful.judge.vlm.model import LoadedModel
    from lawful.judge.vlm.prompts import own_dialogue
    from lawful.judge.vlm.settings import VlmSettings

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    words = ["yes no Yes No Question does every thing in it move as it should?"] * 50
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=list(_SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    core.train_from_iterator(words, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>")
    known = tokenizer.convert_tokens_to_ids
    rope = {
        "rope_type": "default",
        "rope_theta": 1e6,
        "mrope_section": [12, 10, 10],
        "mrope_interleaved": True,
    }
    config = Qwen3VLConfig(
        vision_config={
            "depth": 2, "hidden_size": 64, "intermediate_size": 128, "num_heads": 4, "out_hidden_size": _WIDTH,
            "deepstack_visual_indexes": [0],
        },
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": _WIDTH, "intermediate_size": 2 * _WIDTH, "head_dim": 64,
            "num_hidden_layers": _LAYERS, "num_attention_heads": 4, "num_key_value_heads": 2,
            "rope_parameters": rope,
        },
        video_token_id=known("<|video_pad|>"),
        image_token_id=len(tokenizer) - 1,
        vision_start_token_id=known("<|vision_start|>"),
        vision_end_token_id=known("<|vision_end|>"),
        attn_implementation=attention,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Qwen3VLForConditionalGeneration(config).eval().requires_grad_(False)
    sizes = {"size": {"shortest_edge": 4096, "longest_edge": 25165824}}
    family = family_of(config.to_dict(), sizes, "toy")
    loaded = LoadedModel("toy", model, tokenizer, family, torch.device("cpu"))
    return Asker(loaded, VlmSettings(attention=attention), own_dialogue(family))


if __name__ == "__main__":
    main()
