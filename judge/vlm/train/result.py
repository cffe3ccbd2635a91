"""The result of a training: a folder that `vlm:` loads, with a model card made from the run."""

import json
import math
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lawful.core.extras import require
from lawful.core.files import write_atomic
from lawful.core.versions import versions_of
from lawful.judge.vlm.model import without_bars
from lawful.judge.vlm.own_settings import save_own_settings
from lawful.judge.vlm.tracks.weights import save_trajectory
from lawful.judge.vlm.train.examples import summary_of
from lawful.judge.vlm.train.measure import Answered, metrics
from lawful.judge.vlm.train.train import Session

CARD, TRAINING = "README.md", "training.json"
_BESIDE = (
    "chat_template.json",
    "chat_template.jinja",
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
)
"""What of a base model's folder is taken over as it is, where it is there."""
_PACKAGES = ("torch", "transformers", "peft", "accelerate", "numpy")


def write_result(session: Session, folder: Path, command: str, tested: Sequence[Answered]) -> Path:
    """Write the model that a training has made; adapters are merged into it, and nothing learns after that.

    Args:
        session: The training at its end.
        folder: Where.
        command: How it was run, for the card.
        tested: Answers on the test clips; may be empty.

    Returns:
        The folder.
    """
    learner, config = session.learner, session.config
    model, loaded = learner.merged(), learner.asker.loaded
    folder.mkdir(parents=True, exist_ok=True)
    with without_bars(require("transformers", "train", "training judges")):
        model.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
    for name in _BESIDE:
        if (session.judge.files.folder / name).is_file() and not (folder / name).exists():
            shutil.copyfile(session.judge.files.folder / name, folder / name)
    if learner.trajectory is not None:
        save_trajectory(folder, learner.trajectory)
    save_own_settings(folder, config.judge, learner.trajectory is not None)
    about = _about(session, command, tested)
    write_atomic(folder / TRAINING, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    write_atomic(folder / CARD, model_card(about))
    return folder


def _about(session: Session, command: str, tested: Sequence[Answered]) -> dict[str, Any]:
    learner, config = session.learner, session.config
    weights = learner.weights.values()
    return {
        "schema": "lawful.judge-training/1",
        "base": {"name": session.judge.files.name, **session.judge.files.identity()},
        "licence": config.train.licence,
        "command": command,
        "seed": config.train.seed,
        "steps": learner.step,
        "weights_learnt": sum(weight.numel() for weight in weights),
        "train": asdict(config.train),
        "judge": config.judge,
        "data": {
            name: summary_of(examples)
            for name, examples in (
                ("train", session.data.train),
                ("dev", session.data.dev),
                ("test", session.data.test),
            )
            if examples
        },
        "left_out": list(session.draws.left_out),
        "dev": learner.measured,
        "test": _numbers(tested) if tested else None,
        "versions": {
            "lawful": version("lawful"),
            "python": platform.python_version(),
            **versions_of(_PACKAGES),
        },
    }


def _numbers(tested: Sequence[Answered]) -> dict[str, float | int | None]:
    found = {name: None if math.isnan(value) else round(value, 4) for name, value in metrics(tested).items()}
    return {"n": len(tested), **found}


def model_card(about: Mapping[str, Any]) -> str:
    """The card of a training, from what was written down of it."""
    data = about["data"]
    rows = [
        f"| {name} | {part['clips']} | {part['groups']} | {part['examples']} |" for name, part in data.items()
    ]
    best = _best(about)
    numbers = {
        "dev, best": best,
        "dev, before training": about["dev"][0] if about["dev"] else None,
        "test": about["test"],
    }
    names = ("loss", "error", "accuracy", "balanced", "paired", "ranked")
    measured = [
        f"| {where} | "
        + " | ".join("–" if told[name] is None else f"{told[name]:.3f}" for name in names)
        + " |"
        for where, told in numbers.items()
        if told is not None
    ]
    learnt = (
        "all weights"
        if about["train"]["full"]
        else f"adapters of rank {about['train']['lora']['rank']}, merged"
    )
    parts = about["train"]["attention"]["parts"]
    lines = [
        "---",
        f"license: {about['licence']}",
        "tags: [video-judge, lawful]",
        "---",
        "",
        "# A judge of physical plausibility",
        "",
        f"Trained from `{about['base']['name']}` with `lawful train judge`. Load it as `vlm:FOLDER`; it is then asked as it was trained.",
        "",
        f"- Learnt: {learnt}, {about['weights_learnt']:,} numbers; trajectory attention: {parts}; shown: {about['train']['sight']}.",
        f"- Steps: {about['steps']} of at most {about['train']['steps']}, {about['train']['batch']} examples each; seed {about['seed']}; kept by {about['train']['metric']} on dev.",
        f"- Command: `{about['command']}`",
        f"- Licence of these weights: {about['licence']}. Weights of the base, sha256: {about['base']['weights']}.",
        "",
        "| data | clips | groups | questions with a known answer |",
        "|---|---|---|---|",
        *rows,
        "",
        "| measured on | " + " | ".join(names) + " |",
        "|---|" + "---|" * len(names),
        *measured,
        "",
        "The dev clips decided which weights were kept, so their figures are flattered. Figures of the test clips are without",
        "intervals here: `lawful train judge --ablation` gives those.",
        "",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in about["versions"].items()) + ".",
    ]
    return "\n".join(lines) + "\n"


def _best(about: Mapping[str, Any]) -> Mapping[str, Any] | None:
    metric = about["train"]["metric"]
    rows = [row for row in about["dev"] if row[metric] is not None]
    if not rows:
        return None
    least = metric in ("loss", "error")
    return (min if least else max)(rows, key=lambda row: row[metric])
