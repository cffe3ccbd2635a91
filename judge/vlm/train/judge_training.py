"""One training from beginning to end, and the base model that is made from configuration."""

from collections.abc import Callable
from pathlib import Path

from lawful.core.errors import InputError
from lawful.generators.tiny.watch import At
from lawful.judge.vlm.train.config import JudgeConfig
from lawful.judge.vlm.train.crew import Crew, joined_crew
from lawful.judge.vlm.train.data import Data, read_data
from lawful.judge.vlm.train.result import is_finished, write_result
from lawful.judge.vlm.train.tiny_vlm import has_sizes, make_tiny_vlm
from lawful.judge.vlm.train.train import MODEL, judge_in_training, open_session, run_training

DATA, TRACKS = "data", "data/tracks"
"""Folders of the clips that are made, and of tracks."""

HeardClips = Callable[[int, int], None]


def crew_of(config: JudgeConfig) -> Crew:
    """The processes that share a training, and this one's place among them: see `joined_crew`."""
    return joined_crew(str(config.judge.get("device", "cpu")))


def check_training(config: JudgeConfig, out: Path, model: str | None) -> None:
    """Refuse what has no use, before minutes go into clips.

    Raises:
        AbsentError: The model, a package or the device is not here.
        InputError: A setting is not usable, or does not fit the model or another setting.
    """
    base = base_for(config, out, model, config.train.seed)
    judge_in_training(base, config, crew_of(config).device)


def shared_data(
    config: JudgeConfig, out: Path, workers: int = 1, heard: HeardClips = lambda done, total: None
) -> Data:
    """The data of a training: see `read_data`; of several processes the first makes what is missing, the others wait."""
    crew = crew_of(config)
    if crew.is_first:
        found = read_data(config.data, out / DATA, workers, heard)
        crew.wait()
        return found
    crew.wait()
    return read_data(config.data, out / DATA, workers)


def base_for(config: JudgeConfig, out: Path, model: str | None, seed: int) -> str:
    """The model that a training begins with: the one that is named, or one with random weights that is made in a folder.

    Raises:
        InputError: The folder holds one of other sizes.
    """
    if model is not None:
        return model
    # Not a name that an arm of an ablation has.
    folder = out / f"from_config-{seed}"
    crew = crew_of(config)
    if crew.is_first:
        if not folder.exists():
            make_tiny_vlm(config.model, folder, seed)
        elif not has_sizes(folder, config.model):
            raise InputError(
                f"{folder}: is of other sizes than the table model asks for. Go on with those, or name another folder with --out."
            )
    crew.wait()
    return str(folder)


def train_judge(
    config: JudgeConfig,
    data: Data,
    out: Path,
    model: str | None,
    command: str,
    heard: Callable[[At], None] = lambda at: None,
) -> Path:
    """Train a judge, or go on where it was stopped; what is done already is kept.

    Args:
        config: What is trained.
        data: The examples: see `shared_data`.
        out: Its folder.
        model: Folder or hub id of the model that it begins with; None makes a tiny one from configuration.
        command: How it was run, for the model card.
        heard: Told after every step.

    Returns:
        The folder of the model.

    Raises:
        InputError: A file or a setting is not usable; the folder holds another training.
        AbsentError: The model, a package or the device is not here.
        LawfulError: The folder is in use; the loss is no longer a number.
    """
    base = base_for(config, out, model, config.train.seed)
    session = open_session(base, config, data, out / TRACKS)
    run_training(session, out, heard)
    if not is_finished(out / MODEL, data):
        tested = session.answers(data.test) if data.test else []
        if session.crew.is_first:
            write_result(session, out / MODEL, command, tested)
    session.crew.wait()
    return out / MODEL
