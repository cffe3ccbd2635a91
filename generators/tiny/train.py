"""Training of the embedded generator: steps that depend on seed and number alone, and checkpoints that go on exactly."""

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from lawful.core.digest import digest
from lawful.core.errors import InputError, LawfulError
from lawful.core.files import folder_lock, replacing, write_atomic
from lawful.generators.causal.schedule import mix
from lawful.generators.tiny.attention import train_banded
from lawful.generators.tiny.batches import Batch, draw_batch
from lawful.generators.tiny.crew import ALONE, Crew
from lawful.generators.tiny.model import TinyModel
from lawful.generators.tiny.rollouts import corrected_batch, corrected_rollouts, joined
from lawful.generators.tiny.scenes import States, simulate_states
from lawful.generators.tiny.state import Training, begun
from lawful.generators.tiny.train_config import TrainConfig
from lawful.generators.tiny.watch import At, Log, write_curve
from lawful.generators.tiny.weights_file import write_weights

ADAM_SHARE = 0.5
"""What does not go by Muon learns at this share of the rate."""
WEIGHTS = "weights.safetensors"


def train(
    config: TrainConfig,
    out: Path,
    heard: Callable[[At], None] = lambda at: None,
    checkpoint_every: int = 100,
    compiled: bool = False,
) -> Path:
    """Train, or go on where the folder's checkpoint is; the same weights come out either way.

    Args:
        config: What to train; a stage that it starts from lies beside `out`.
        out: Folder of `checkpoint.pt`, `config.json`, `log.jsonl`, `curve.svg` and `weights.safetensors`, the mean of
            the weights.
        heard: Told after every step.
        checkpoint_every: Steps between checkpoints.
        compiled: Whether to compile the network first: minutes, for two thirds of the time a step. Other rounding.

    Returns:
        The file of weights.

    Raises:
        InputError: The folder holds a training of another configuration.
        AbsentError: The stage it starts from is not there.
        LawfulError: The folder is in use; the loss is no longer a number; no rollout can be read.
    """
    with folder_lock(out):
        _check_config(config, out)
        state = begun(config, out)
        if state.step < config.steps:
            _simulated(config, out)
            with Crew.of(config.workers, _work, (config, out, compiled)) as crew:
                log = Log(out, state.step)
                for loss, gradient in _steps(state, config, out, compiled, crew):
                    at = At(state.step, config.steps, loss)
                    log.add(at, gradient, config.rate(state.step - 1))
                    if state.step % checkpoint_every == 0 or state.step == config.steps:
                        state.save(out)
                    heard(at)
            (out / WEIGHTS).unlink(missing_ok=True)
        if not (out / WEIGHTS).exists():
            write_curve(out)
            write_weights(out / WEIGHTS, state.average, config.model)
    return out / WEIGHTS


def _check_config(config: TrainConfig, out: Path) -> None:
    text = json.dumps(asdict(config), indent=1) + "\n"
    path = out / "config.json"
    if path.exists() and path.read_text() != text:
        message = (
            f"{out}: holds a training of another configuration (see config.json). "
            "Go on with that one, or name another folder with --out."
        )
        raise InputError(message)
    write_atomic(path, text)


def _work(crew: Crew, config: TrainConfig, out: Path, compiled: bool) -> None:
    """What every other process of a training does: the same steps, on its own part of each batch."""
    for _ in _steps(begun(config, out), config, out, compiled, crew):
        pass


def _steps(
    state: Training, config: TrainConfig, out: Path, compiled: bool, crew: Crew
) -> Iterator[tuple[float, float]]:
    states = _simulated(config, out)
    train_banded(state.model.causal)
    if compiled:
        state.model.causal.transformer.compile()
    crew.wait()
    while state.step < config.steps:
        loss, gradient = train_step(state, next_batch(state, states, config, crew), config, crew)
        if not np.isfinite(loss):
            raise LawfulError(f"the loss of step {state.step} is {loss}: lower learning_rate")
        yield loss, gradient


def _simulated(config: TrainConfig, out: Path) -> States:
    """The clips of a training, kept beside the stages, so that they are simulated once."""
    path = out.parent / f"states-{digest([config.clip_seed, config.clips, config.clip_frames])[:12]}.npz"
    if not path.exists():
        states = simulate_states(config.clip_seed, range(config.clips), config.clip_frames)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **vars(states))
    with np.load(path) as held:
        return States(**held)


def next_batch(state: Training, states: States, config: TrainConfig, crew: Crew = ALONE) -> Batch:
    """A process's part of the batch of the next step, rollouts made for it where it is time.

    Raises:
        LawfulError: No rollout shows its bodies, so that nothing could follow.
    """
    plan, key = config.rollouts, (config.seed, state.step, crew.rank)
    size = config.batch // config.workers
    draw = partial(draw_batch, from_start=config.from_start, from_noise=config.from_noise)
    if plan is None:
        return draw(states, key, size, config.crop_frames)
    if state.step % plan.every == 0:
        actor = TinyModel(config.model)
        actor.load_state_dict(state.average)
        made = crew.gathered(corrected_rollouts(actor, states, (*key, 1), plan.count // crew.size))
        state.pool = [*state.pool, *made][-plan.kept * crew.size :]
    if not any(len(part) for part in state.pool):
        message = (
            f"none of {sum(part.drawn for part in state.pool)} rollouts shows its bodies: "
            "train longer before rollout training"
        )
        raise LawfulError(message)
    n_own = round(plan.share * size)
    plain = draw(states, key, size - n_own, config.crop_frames)
    return joined(plain, corrected_batch(state.pool, (*key, 2), n_own))


def batch_loss(model: TinyModel, batch: Batch, bfloat16: bool) -> Float[Tensor, ""]:
    """Mean squared error of the estimated clips over the latent frames that count."""
    noisy = mix(batch.latents, batch.noise, batch.sigmas[:, None, :, None, None])
    with warnings.catch_warnings(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        # Norms are made in two steps instead of one, which is what is wanted: their weights stay in float32.
        warnings.filterwarnings("ignore", message="Mismatch dtype between input and weight")
        result = model.causal(noisy, batch.sigmas, model.context(batch.tokens), batch.tracks)
    error = (result - batch.latents).square().mean(dim=(1, 3, 4))
    return (error * batch.weights).sum() / batch.weights.sum()


def train_step(state: Training, batch: Batch, config: TrainConfig, crew: Crew = ALONE) -> tuple[float, float]:
    """One step; the loss, and the size of the gradient before it was clipped to 1."""
    loss = batch_loss(state.model, batch, config.bfloat16)
    loss.backward()
    loss = crew.mean(state.model, loss.detach())
    size = nn.utils.clip_grad_norm_(state.model.parameters(), 1.0)
    for optimizer, share in zip(state.optimizers, (1.0, ADAM_SHARE), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = share * config.rate(state.step)
        optimizer.step()
        optimizer.zero_grad()
    state.step += 1
    state.average_with(config.average, config.start is None)
    return float(loss), float(size)
