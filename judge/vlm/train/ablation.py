"""The ablation: the same data and steps with and without each part, each with several seeds, beside blind trainings."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.core.files import write_atomic
from lawful.generators.tiny.watch import At
from lawful.judge.vlm.train.beside import each_done
from lawful.judge.vlm.train.clips import Shown
from lawful.judge.vlm.train.config import Arm, JudgeConfig, Parts, Sight
from lawful.judge.vlm.train.data import Data
from lawful.judge.vlm.train.examples import examples_digest
from lawful.judge.vlm.train.judge_training import TRACKS, base_for, check_training, crew_of
from lawful.judge.vlm.train.learner import CHECKPOINT
from lawful.judge.vlm.train.measure import Answered
from lawful.judge.vlm.train.train import open_session, run_training

ANSWERS = "answers.json"
_NO_TEST = "an ablation is measured on clips that nothing else uses: the table data.test is missing"
_SIGHTS: dict[Arm, Sight] = {
    "sft_no_video": "no_video",
    "sft_one_frame": "one_frame",
    "sft_shuffled": "shuffled",
}
_PARTS: dict[Arm, Parts] = {"sft_spatial": "spatial", "sft_trajectory": "trajectory"}


@dataclass(frozen=True)
class ArmRun:
    """What came of one arm with one seed."""

    arm: Arm
    """The arm."""
    seed: int
    """The seed."""
    answers: tuple[Answered, ...]
    """Answers on the test clips."""
    steps: int
    """Steps done when it stopped."""
    kept_step: int
    """Step of the weights that were kept."""
    weights: int
    """Numbers that learnt."""
    seconds: float
    """Time that it took, as far as it ran at one go."""


@dataclass(frozen=True)
class Ablation:
    """All arms with all seeds."""

    runs: tuple[ArmRun, ...]
    """In the order of arms, then of seeds."""
    facts: tuple[tuple[str, str], ...]
    """What it was made from, for the head of a table."""


@dataclass(eq=False)
class _Job:
    """What a process needs for any arm."""

    config: JudgeConfig
    data: Data
    out: Path
    model: str | None
    held: dict[bool, dict[Path, Shown]] = field(default_factory=lambda: {False: {}, True: {}})
    """Frames in memory, with and without tracks."""


@dataclass(frozen=True, eq=False)
class _Trainer:
    """Trains arms, in this process or a worker."""

    job: _Job

    def __call__(self, one: tuple[Arm, int], going_on: Callable[[], None]) -> None:
        _train_arm(self.job, *one, lambda at: going_on())


def arm_config(config: JudgeConfig, arm: Arm, seed: int) -> JudgeConfig:
    """The training of an arm: all that the file says but for what the arm decides."""
    attention = replace(config.train.attention, parts=_PARTS.get(arm, "none"))
    judge = dict(config.judge)
    tracks = judge.pop("tracks", {})
    if arm == "sft_text":
        judge["tracks"] = {"text": tracks.get("text") or True}
    train = replace(config.train, seed=seed, attention=attention, sight=_SIGHTS.get(arm, "video"))
    if arm == "base":
        train = replace(train, steps=0)
    return replace(config, train=train, judge=judge)


def check_ablation(config: JudgeConfig, out: Path, model: str | None, workers: int = 1) -> None:
    """Refuse what has no use, before minutes go into clips.

    Raises:
        AbsentError: The model, a package or the device is not here.
        InputError: There is nothing to measure on, or an arm's settings are not usable.
    """
    if config.data.test is None:
        raise InputError(_NO_TEST)
    if workers > 1 and crew_of(config).size > 1:
        raise InputError(
            "several processes share each training already (accelerate), so no two run beside each other: "
            "leave out --workers"
        )
    for arm in config.ablation.arms:
        check_training(arm_config(config, arm, config.ablation.seeds[0]), out, model)


def run_ablation(
    config: JudgeConfig,
    data: Data,
    out: Path,
    model: str | None,
    workers: int = 1,
    threads: int = 1,
    heard: Callable[[int, int], None] = lambda done, total: None,
) -> Ablation:
    """Train all arms with all seeds, each in a folder of its own; what is done already is kept.

    Args:
        config: The trainings.
        data: The examples; those of the test are what the arms are measured on.
        out: The folder.
        model: Folder or hub id of the model that all begin with; None makes a tiny one for each seed.
        workers: Trainings beside each other; on GPUs 1.
        threads: Threads of each.
        heard: Told after every training how many are done, of how many.

    Raises:
        InputError: There is nothing to measure on, a setting is not usable, or a folder holds another training.
        LawfulError: A training failed, or its process died.
    """
    if not data.test:
        raise InputError(_NO_TEST)
    wanted: list[tuple[Arm, int]] = [
        (arm, seed) for arm in config.ablation.arms for seed in config.ablation.seeds
    ]
    for seed in config.ablation.seeds:
        base_for(config, out, model, seed)
    job = _Job(config, data, out, model)
    todo = [one for one in wanted if _kept(job, *one) is None]
    done = len(wanted) - len(todo)
    heard(done, len(wanted))
    for _ in each_done(_Trainer(job), todo, workers, threads, str(out)):
        done += 1
        heard(done, len(wanted))
    runs = [_kept(job, *one) for one in wanted]
    return Ablation(tuple(run for run in runs if run is not None), _facts(config, data, model))


def _folder(out: Path, arm: Arm, seed: int) -> Path:
    return out / f"{arm}-{seed}"


def _train_arm(job: _Job, arm: Arm, seed: int, heard: Callable[[At], None]) -> None:
    started_s = time.monotonic()
    config = arm_config(job.config, arm, seed)
    folder = _folder(job.out, arm, seed)
    base = base_for(config, job.out, job.model, seed)
    held = job.held[arm in _PARTS or arm == "sft_text"]
    session = open_session(base, config, job.data, job.out / TRACKS, held)
    run_training(session, folder, heard)
    answered = session.answers(job.data.test)
    learner = session.learner
    told = {
        "key": _key(job, config),
        "steps": learner.step,
        "kept_step": learner.best_step,
        "weights": sum(weight.numel() for weight in learner.weights.values()),
        "seconds": round(time.monotonic() - started_s, 1),
        "answers": [asdict(one) for one in answered],
    }
    if session.crew.is_first:
        write_atomic(folder / ANSWERS, json.dumps(told, indent=0, ensure_ascii=False) + "\n")
        (folder / CHECKPOINT).unlink(missing_ok=True)
    session.crew.wait()


def _key(job: _Job, config: JudgeConfig) -> str:
    parts = (job.data.train, job.data.dev, job.data.test)
    data = [examples_digest(examples, job.data.digests) for examples in parts]
    settings = [asdict(config.train), config.judge, config.data.other_laws, config.data.true_tracks]
    return digest([data, settings, job.model or asdict(config.model)])


def _kept(job: _Job, arm: Arm, seed: int) -> ArmRun | None:
    """What is there of an arm with a seed; None where it has to be trained.

    Raises:
        InputError: It is of another request.
    """
    path = _folder(job.out, arm, seed) / ANSWERS
    if not path.exists():
        return None
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}). Delete it, and the same command trains it again."
        ) from error
    if told.get("key") != _key(job, arm_config(job.config, arm, seed)):
        raise InputError(
            f"{path}: is of another ablation (other data or settings). Go on with that one, or name another folder with --out."
        )
    answers = tuple(Answered(**one) for one in told["answers"])
    return ArmRun(arm, seed, answers, told["steps"], told["kept_step"], told["weights"], told["seconds"])


def _facts(config: JudgeConfig, data: Data, model: str | None) -> tuple[tuple[str, str], ...]:
    sizes = {name: len({one.clip for one in part}) for name, part in vars(data).items() if name != "digests"}
    train = config.train
    return (
        ("model", model or "a tiny one from configuration, random weights for each seed"),
        ("seeds", ", ".join(map(str, config.ablation.seeds))),
        ("clips", ", ".join(f"{name} {n}" for name, n in sizes.items())),
        ("steps at most", f"{train.steps} of {train.batch} examples, kept by {train.metric} on dev"),
        ("learnt", "all weights" if train.full else f"adapters of rank {train.lora.rank}"),
        ("tracks", "true ones" if config.data.true_tracks else "measured ones"),
    )
