"""Settings of a causal checkpoint of the Wan family, and the files that they name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lawful.core.errors import AbsentError
from lawful.core.fields import Fields
from lawful.generators.adapters.source import find_file, find_folder
from lawful.generators.adapters.wan_causal.presets import Preset

Offload = Literal["none", "blocks"]
_BASE_FILES = ("vae/*", "text_encoder/*", "tokenizer/*", "transformer/config.json")
_NAMES = (
    "checkpoint", "base", "lora", "lora_scale", "held", "revision", "device", "dtype", "text_device", "vae_dtype",
    "attention", "offload", "decoder",
)  # fmt: skip
MERGED = "merged"
"""What `lora` says of a checkpoint into which its low-rank changes were merged."""


@dataclass(frozen=True)
class WanCausalSettings:
    """What a user says of a checkpoint: `[wan-causal:self-forcing]` in the file of `--generator-config`."""

    checkpoint: str | None = None
    """File (`.pt`, `.safetensors`) or folder of diffusers; organisation/name:file or organisation/name of the hub."""
    base: str | None = None
    """Folder of Wan 2.1 T2V 1.3B as diffusers saves it (autoencoder, text encoder, tokenizer), or its id on the hub."""
    lora: str | None = None
    """File of low-rank changes, or "merged"."""
    lora_scale: float = 1.0
    """Alpha over rank of these."""
    held: str | None = None
    """Key of the `.pt` under which the network lies; None: the preset's."""
    revision: str | None = None
    """Of what is fetched from the hub."""
    device: str | None = None
    """Where the network and the decoder run; None: the first GPU, else the CPU."""
    dtype: str | None = None
    """Number format of the weights; None: bfloat16 on a GPU, else float32."""
    text_device: str | None = None
    """Where prompts are encoded; None: as the network."""
    vae_dtype: str | None = None
    """Number format of the autoencoder; None: as the network."""
    attention: str | None = None
    """Attention backend of diffusers; None: its own choice."""
    offload: Offload = "none"
    """"blocks": the network rests in main memory and its blocks are on the device one after the other."""
    decoder: str | None = None
    """File of a small decoder (TAEHV, taew2_1); None: Wan's own."""


@dataclass(frozen=True)
class WanCausalFiles:
    """What is on the disk."""

    checkpoint: Path
    """File, or folder of the transformer."""
    base: Path
    """Folder with `vae`, `text_encoder` and `tokenizer`."""
    config: Path | None
    """Sizes of the transformer; None: those of Wan 2.1 1.3B."""
    lora: Path | None
    """Low-rank changes that are to be merged."""
    decoder: Path | None
    """The small decoder."""


def read_settings(config: Mapping[str, Any], where: str, checkpoint: str | None) -> WanCausalSettings:
    """Settings as users give them.

    Args:
        config: Of the generator.
        where: Start of an error message.
        checkpoint: From the generator's name, where it stands there.

    Raises:
        InputError: One is unknown, of another type, or given twice.
    """
    fields = Fields({**config, **({} if checkpoint is None else {"checkpoint": checkpoint})}, where)
    fields.only(*_NAMES)
    plain = {
        name: fields.text(name)
        for name in _NAMES
        if name in fields.body and name not in ("lora_scale", "dtype", "vae_dtype", "offload")
    }
    from lawful.generators.adapters.device import DTYPES

    chosen = {
        name: fields.choice(name, allowed)
        for name, allowed in (("dtype", tuple(DTYPES)), ("vae_dtype", tuple(DTYPES)), ("offload", Offload.__args__))
        if name in fields.body
    }  # fmt: skip
    scale = fields.number("lora_scale") if "lora_scale" in fields.body else 1.0
    return WanCausalSettings(lora_scale=scale, **plain, **chosen)


def find_files(preset: Preset, settings: WanCausalSettings, where: str) -> WanCausalFiles:
    """The files that settings name; what is an id of the hub is fetched.

    Raises:
        AbsentError: Something is not named or not there; the message says what to set.
    """
    if settings.checkpoint is None:
        raise AbsentError(
            f"{where}: no checkpoint is named. Set checkpoint to the file or folder of its weights, which are published "
            f"as {preset.weights} (licence: {preset.capabilities().licence}), or write {where}:PATH"
        )
    checkpoint, pipeline = _checkpoint(settings, where)
    base = pipeline if settings.base is None else None
    if base is None:
        if settings.base is None:
            raise AbsentError(
                f"{where}: {checkpoint} holds the network alone. Set base to the folder of Wan 2.1 T2V 1.3B as diffusers "
                "saves it, for its autoencoder and text encoder (published as Wan-AI/Wan2.1-T2V-1.3B-Diffusers)"
            )
        base = find_folder(settings.base, settings.revision, _BASE_FILES, f"{where}: base")
    for part in ("vae", "text_encoder", "tokenizer"):
        if not (base / part).is_dir():
            raise AbsentError(f"{where}: {base} has no folder {part}. Needed: a folder as diffusers saves it")
    beside = checkpoint / "config.json" if checkpoint.is_dir() else base / "transformer" / "config.json"
    return WanCausalFiles(
        checkpoint=checkpoint,
        base=base,
        config=beside if beside.is_file() else None,
        lora=_lora(preset, settings, checkpoint, where),
        decoder=None if settings.decoder is None else find_file(settings.decoder, settings.revision, where),
    )


def _checkpoint(settings: WanCausalSettings, where: str) -> tuple[Path, Path | None]:
    """File or folder of the transformer, and the folder of the whole pipeline where it lies in one."""
    assert settings.checkpoint is not None
    name, what = settings.checkpoint, f"{where}: checkpoint"
    if ":" in name or Path(name).expanduser().is_file() or name.endswith((".pt", ".safetensors")):
        return find_file(name, settings.revision, what), None
    folder = find_folder(name, settings.revision, ("transformer/*", *_BASE_FILES), what)
    if (folder / "transformer").is_dir():
        return folder / "transformer", folder if (folder / "vae").is_dir() else None
    return folder, None


def _lora(preset: Preset, settings: WanCausalSettings, checkpoint: Path, where: str) -> Path | None:
    if settings.lora == MERGED:
        return None
    if settings.lora is not None:
        return find_file(settings.lora, settings.revision, f"{where}: lora")
    if preset.lora and checkpoint.is_file():
        raise AbsentError(
            f"{where}: {preset.title} is a base and low-rank changes to it, and no changes are named. Set lora to their "
            f'file, or to "{MERGED}" where {checkpoint.name} has them already'
        )
    return None
