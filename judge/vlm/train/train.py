"""The training of a judge: steps that depend on seed and number alone, early stopping, checkpoints that go on exactly."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lawful.checklists.json_file import read_json
from lawful.core.errors import InputError, LawfulError
from lawful.core.files import folder_lock, write_atomic
from lawful.generators.tiny.watch import At, Log, write_curve
from lawful.judge.vlm.judge import InMemory, VlmJudge, make_vlm
from lawful.judge.vlm.tracks.settings import read_uses
from lawful.judge.vlm.tracks.source import KinematicTracks
from lawful.judge.vlm.tracks.use import TrackUses
from lawful.judge.vlm.train.clips import Clips, Shown, seen_as
from lawful.judge.vlm.train.config import JudgeConfig, TrainConfig
from lawful.judge.vlm.train.crew import Crew, joined_crew
from lawful.judge.vlm.train.data import Data
from lawful.judge.vlm.train.draws import Draws, draws_of
from lawful.judge.vlm.train.examples import Example, draw_key, examples_digest
from lawful.judge.vlm.train.learner import CHECKPOINT, Learner, new_learner, set_rate
from lawful.judge.vlm.train.measure import Answered, answers, is_better, metrics, telling
from lawful.judge.vlm.train.reading import lesson_losses, lesson_of

MODEL = "model"
"""Folder of the result within that of a training."""
_CURVE_OF = "mean loss of the right labels' tokens"


@dataclass(frozen=True, eq=False)
class Session:
    """One training in memory."""

    config: JudgeConfig
    """What is trained."""
    judge: VlmJudge
    """The judge."""
    learner: Learner
    """Its model."""
    data: Data
    """The examples."""
    draws: Draws
    """What each step draws from."""
    clips: Clips
    """What is shown."""
    crew: Crew
    """Who shares the work."""

    def shown(self, example: Example) -> Shown:
        """What is shown for an example."""
        shown = self.clips.shown(example.clip)
        return seen_as(shown, self.config.train.sight, self.clips.digests[example.clip])

    def answers(self, examples: Sequence[Example]) -> list[Answered]:
        """What the model says now."""
        self.learner.training(False)
        return answers(self.learner.asker, telling(examples), self.shown, self.crew)


def open_session(
    base: str, config: JudgeConfig, data: Data, tracks_folder: Path, held: dict[Path, Shown] | None = None
) -> Session:
    """A training at its beginning.

    Args:
        base: Folder or hub id of the model that it begins with.
        config: What is trained.
        data: The examples.
        tracks_folder: Where tracks are kept.
        held: Frames that another training with the same frame policy has in memory.

    Raises:
        AbsentError: The model, a package or the device is not here.
        InputError: A setting is not usable, or does not fit the model or another setting.
    """
    crew = joined_crew(str(config.judge.get("device", "cpu")))
    judge = judge_in_training(base, config, crew.device)
    draws = draws_of(data.train, config.data.other_laws)
    learner = new_learner(judge, config.train)
    clips = Clips(judge, data.digests, tracks_folder, config.data.memory_mb, config.data.true_tracks)
    if held is not None:
        clips.held, clips.held_bytes = held, sum(one.frames.rgb.nbytes for one in held.values())
    return Session(config, judge, learner, data, draws, clips, crew)


def judge_in_training(base: str, config: JudgeConfig, device: str) -> VlmJudge:
    """The judge that is trained: the model's, asked as the settings say, tracks used as the training does.

    Raises:
        AbsentError: See `make_vlm`.
        InputError: See `make_vlm`; a setting has no place in a training.
    """
    settings = {name: value for name, value in config.judge.items() if name != "tracks"}
    settings["device"] = device
    if config.train.full:
        settings["dtype"] = "float32"
    table = dict(config.judge.get("tracks", {}))
    for name in ("attention", "truth"):
        if name in table:
            use = "train.attention" if name == "attention" else "data.true_tracks"
            raise InputError(f"judge.tracks.{name} has no place in a training: set {use}")
    judge = make_vlm(base, settings)
    if judge.settings.protocol == "ruler":
        raise InputError(
            'protocol = "ruler" asks all questions at once; train with "ruler_each", "one_key" or "own"'
        )
    attends = config.train.attention.parts != "none"
    drawn = read_uses(table, "judge.tracks") if any(table.values()) else None
    if not attends and drawn is None:
        return replace(judge, uses=None, in_memory=InMemory())
    if config.train.sight != "video":
        raise InputError(
            f'sight = "{config.train.sight}" has no tracks to use: leave out tracks and attention'
        )
    if judge.settings.policy.kind == "count":
        raise InputError(
            'with tracks, policy.kind = "count" cannot be used: set it to fps, slow_fast or key_clips'
        )
    uses = TrackUses(
        KinematicTracks(),
        None if drawn is None else drawn.text,
        None if drawn is None else drawn.trails,
        Path(base) if attends else None,
    )
    return replace(judge, uses=uses, in_memory=InMemory())


def run_training(session: Session, out: Path, heard: Callable[[At], None] = lambda at: None) -> None:
    """Train, or go on where the folder's checkpoint is; then the weights that were best on dev are in the model.

    Args:
        session: The training.
        out: Folder of `checkpoint.pt`, `config.json`, `log.jsonl` and `curve.svg`.
        heard: Told after every step.

    Raises:
        InputError: The folder holds a training of another configuration.
        LawfulError: The folder is in use; the loss is no longer a number.
    """
    crew, learner, config = session.crew, session.learner, session.config.train
    with folder_lock(out) if crew.is_first else nullcontext():
        if crew.is_first:
            _check_config(session, out)
        crew.wait()
        if (out / CHECKPOINT).exists():
            learner.load(out)
        log = Log(out, learner.step) if crew.is_first else None
        if not learner.measured:
            _measure(session)
        for loss, gradient in _steps(session):
            at = At(learner.step, config.steps, loss)
            if log is not None:
                log.add(at, gradient, config.learning_rate * config.share_of_rate(learner.step - 1))
            if learner.step % config.evaluate_every == 0 or learner.step == config.steps:
                _measure(session)
                if crew.is_first:
                    learner.save(out)
            heard(at)
        if learner.best:
            learner.put(learner.best)
        if crew.is_first:
            write_curve(out, _CURVE_OF)
            write_atomic(out / "measured.json", json.dumps(learner.measured, indent=1) + "\n")
        crew.wait()


def stopped_at(measured: Sequence[dict[str, Any]], config: TrainConfig) -> int | None:
    """The step at which a training has stopped for want of something better; None where it goes on."""
    if not config.patience:
        return None
    best = math.nan
    since = 0
    for row in measured:
        number = math.nan if row[config.metric] is None else row[config.metric]
        since = 0 if is_better(config.metric, number, best) else since + 1
        best = number if since == 0 else best
        if since >= config.patience:
            return int(row["step"])
    return None


def _measure(session: Session) -> None:
    """Measure on dev, and keep the weights if they are the best so far."""
    learner, metric = session.learner, session.config.train.metric
    found = metrics(session.answers(session.data.dev))
    told = {name: None if math.isnan(value) else round(value, 6) for name, value in found.items()}
    if math.isnan(found[metric]):
        raise InputError(
            f'metric = "{metric}" is not defined on the data for dev, which holds no twins. Take another one.'
        )
    earlier = [row[metric] for row in learner.measured]
    if all(is_better(metric, told[metric] or 0.0, number) for number in earlier):
        learner.best, learner.best_step = learner.copied(), learner.step
    learner.measured.append({"step": learner.step, **told})


def _steps(session: Session) -> Iterator[tuple[float, float]]:
    learner, config = session.learner, session.config.train
    while learner.step < config.steps and stopped_at(learner.measured, config) is None:
        loss, gradient = train_step(session)
        if not math.isfinite(loss):
            raise LawfulError(f"the loss of step {learner.step} is {loss}: lower learning_rate")
        yield loss, gradient


def train_step(session: Session) -> tuple[float, float]:
    """One step; the loss, and the size of the gradient before it was clipped to 1."""
    learner, config, crew = session.learner, session.config.train, session.crew
    rng = draw_key(config.seed, learner.step)
    chosen = session.draws.batch(rng, config.batch)
    # Dropout of a step depends on its number alone, so that a training that was stopped goes on alike.
    torch.manual_seed(int(rng.integers(1 << 31)) + crew.rank)
    learner.training(True)
    total = torch.zeros((), device=learner.asker.loaded.device)
    mine = chosen[crew.rank :: crew.size]
    for start in range(0, len(mine), config.micro_batch):
        examples = [session.data.train[at] for at in mine[start : start + config.micro_batch]]
        lessons = [lesson_of(learner.asker, one, session.shown(one)) for one in examples]
        with torch.autocast(total.device.type, torch.bfloat16, enabled=config.bfloat16):
            loss = lesson_losses(learner.asker, lessons, config.score_weight).sum() / len(chosen)
        loss.backward()
        total += loss.detach()
    total = crew.sum_gradients(learner.weights.values(), total)
    size = nn.utils.clip_grad_norm_(learner.weights.values(), 1.0)
    set_rate(learner.optimizer, config.share_of_rate(learner.step))
    learner.optimizer.step()
    learner.optimizer.zero_grad()
    learner.step += 1
    return float(total), float(size)


def _check_config(session: Session, out: Path) -> None:
    told = {
        "base": session.judge.files.identity(),
        "data": examples_digest(session.data.train, session.data.digests),
        "dev": examples_digest(session.data.dev, session.data.digests),
        "train": asdict(session.config.train),
        "judge": session.config.judge,
        "other_laws": session.config.data.other_laws,
        "true_tracks": session.config.data.true_tracks,
    }
    text = json.dumps(told, indent=1) + "\n"
    path = out / "config.json"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        held = read_json(path)
        held = held if isinstance(held, dict) else {}
        other = ", ".join(name for name in told if held.get(name) != json.loads(text)[name])
        raise InputError(
            f"{out}: holds a training of another configuration (its {other} differ; see config.json). "
            "Go on with that one, or name another folder with --out."
        )
    write_atomic(path, text)
