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

from lawful.checklists.json_file import read_json
from lawful.core.errors import InputError
from lawful.core.extras import require
from lawful.core.files import new_folder, write_atomic
from lawful.core.versions import versions_of
from lawful.judge.vlm.model import without_bars
from lawful.judge.vlm.own_settings import save_own_settings, with_own_settings
from lawful.judge.vlm.tracks.weights import save_trajectory
from lawful.judge.vlm.train.config import LEAST_IS_BEST, Metric
from lawful.judge.vlm.train.data import Data
from lawful.judge.vlm.train.examples import examples_digest, summary_of
from lawful.judge.vlm.train.measure import Answered, metrics, telling
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
        folder: Where; absent or empty. It appears whole or not at all.
        command: How it was run, for the card.
        tested: Answers on the test clips; may be empty.

    Returns:
        The folder.

    Raises:
        LawfulError: The folder is not empty.
    """
    learner, base = session.learner, session.judge.files.folder
    about = _about(session, command, tested)
    with new_folder(folder) as inside:
        with without_bars(require("transformers", "train", "training judges")):
            learner.merged().save_pretrained(inside)
        learner.asker.loaded.tokenizer.save_pretrained(inside)
        for name in _BESIDE:
            if (base / name).is_file() and not (inside / name).exists():
                shutil.copyfile(base / name, inside / name)
        if learner.trajectory is not None:
            save_trajectory(inside, learner.trajectory)
        # Where the base is a trained judge itself, what it was asked like holds on.
        asked = {**with_own_settings(base, {}), **session.config.judge}
        asked["tracks"] = session.config.judge.get("tracks", {})
        save_own_settings(inside, asked, learner.trajectory is not None)
        write_atomic(inside / TRAINING, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
        write_atomic(inside / CARD, model_card(about))
    return folder


def is_finished(folder: Path, data: Data) -> bool:
    """Whether the result of a training is there, measured on these test clips.

    Raises:
        InputError: It was measured on others, or is no result of a training.
    """
    if not folder.exists():
        return False
    path = folder / TRAINING
    told = read_json(path)
    if not isinstance(told, dict) or told.get("tested_on") != _tested_on(data):
        raise InputError(
            f"{path}: was measured on other clips than data.test has now. Delete {folder}, and the same command makes it "
            "anew with figures of these; nothing is trained again."
        )
    return True


def _tested_on(data: Data) -> str | None:
    return examples_digest(data.test, data.digests) if data.test else None


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
        "measured_on": {
            name: len(telling(examples))
            for name, examples in (("dev", session.data.dev), ("test", session.data.test))
        },
        "tested_on": _tested_on(session.data),
        "dev": learner.measured,
        "test": _numbers(tested) if tested else None,
        "versions": {
            "lawful": version("lawful"),
            "python": platform.python_version(),
            **versions_of(_PACKAGES),
        },
    }


def _numbers(tested: Sequence[Answered]) -> dict[str, float | None]:
    return {
        str(name): None if math.isnan(value) else round(value, 4) for name, value in metrics(tested).items()
    }


def model_card(about: Mapping[str, Any]) -> str:
    """The card of a training, from what was written down of it."""
    train, base = about["train"], about["base"]
    learnt = "all weights" if train["full"] else f"adapters of rank {train['lora']['rank']}, merged"
    left_out = about["left_out"]
    lines = [
        "---",
        f"license: {about['licence']}",
        "tags: [video-judge, lawful]",
        "---",
        "",
        "# A judge of physical plausibility",
        "",
        f"Trained from `{base['name']}` with `lawful train judge`. Load it as `vlm:FOLDER`; it is then asked as it was trained.",
        "",
        f"- Learnt: {learnt}, {about['weights_learnt']:,} numbers; trajectory attention: {train['attention']['parts']}; "
        f"shown: {train['sight']}.",
        f"- Steps: {about['steps']} of at most {train['steps']}, {train['batch']} examples each; seed {about['seed']}; "
        f"kept by {train['metric']} on dev.",
        f"- Command: `{about['command']}`",
        f"- Licence of these weights: {about['licence']}. Weights of the base, sha256: {base['weights']}.",
        *([f"- Not learnt, since one label alone is known: {', '.join(left_out)}."] if left_out else []),
        "",
        *_data_table(about),
        "",
        *_measured_table(about),
        "",
        "Of simulated clips only questions are measured on under which a clip and its twin differ.",
        "The dev clips decided which weights were kept, so their figures are flattered. Figures of the test clips are without",
        "intervals here: `lawful train judge --ablation` gives those.",
        "",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in about["versions"].items()) + ".",
    ]
    return "\n".join(lines) + "\n"


def _data_table(about: Mapping[str, Any]) -> list[str]:
    rows = [
        f"| {name} | {part['clips']} | {part['groups']} | {part['examples']} |"
        for name, part in about["data"].items()
    ]
    return ["| data | clips | groups | questions with a known answer |", "|---|---|---|---|", *rows]


def _measured_table(about: Mapping[str, Any]) -> list[str]:
    names = ("loss", "error", "accuracy", "balanced", "paired", "ranked")
    lines = ["| measured on | questions | " + " | ".join(names) + " |", "|---|" + "---|" * (len(names) + 1)]
    for where, part, told in (
        ("dev, best", "dev", _best(about)),
        ("dev, before training", "dev", about["dev"][0]),
        ("test", "test", about["test"]),
    ):
        if told is not None:
            cells = ["–" if told[name] is None else f"{told[name]:.3f}" for name in names]
            lines.append(f"| {where} | {about['measured_on'][part]} | {' | '.join(cells)} |")
    return lines


def _best(about: Mapping[str, Any]) -> Mapping[str, Any]:
    metric: Metric = about["train"]["metric"]
    choose = min if metric in LEAST_IS_BEST else max
    return choose(about["dev"], key=lambda row: row[metric])
