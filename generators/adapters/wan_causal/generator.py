"""A published causal checkpoint of the Wan family as a generator; its weights are loaded when the first video is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import torch

from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.core.weights import small_files_digest, weights_digest
from lawful.generators.adapters.codec_wan import AutoencoderKLWan, StreamDecoder, WanCodec
from lawful.generators.adapters.decoder_need import decoder_bytes
from lawful.generators.adapters.device import DTYPES, device_of, dtype_name, place_of
from lawful.generators.adapters.memory import MemoryNeed, check_fits
from lawful.generators.adapters.network import check_attention, offload_blocks, set_attention
from lawful.generators.adapters.quiet import without_bars
from lawful.generators.adapters.source import weight_files
from lawful.generators.adapters.text_umt5 import PromptEmbeddings
from lawful.generators.adapters.wan_causal.checkpoint import (
    empty_transformer,
    fill,
    merge_lora,
    read_checkpoint,
    read_config,
)
from lawful.generators.adapters.wan_causal.need import network_need
from lawful.generators.adapters.wan_causal.presets import CLOCK, FAMILY, Preset, find_preset
from lawful.generators.adapters.wan_causal.settings import WanCausalSettings, find_files, read_settings
from lawful.generators.causal.generator import ENGINE_VERSION, CausalGenerator, changed_spec
from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.rollout import CausalRollout
from lawful.generators.protocol import Capabilities, check_request
from lawful.generators.records import GenerationRequest

_ADVICE = (
    'fewer or smaller frames, the setting dtype = "bfloat16", offload = "blocks", text_device = "cpu" for the text '
    "encoder, or a preset with a smaller window"
)


def make_wan_causal(argument: str, config: Mapping[str, Any]) -> "WanCausal":
    """A generator by what follows `wan-causal:`: a preset, and perhaps a colon and the path of its weights.

    Raises:
        AbsentError: No such preset, or files that are not named or not there.
        InputError: A setting is not usable.
    """
    preset_name, _, path = argument.partition(":")
    name = f"{FAMILY}:{argument}"
    preset = find_preset(preset_name)
    return WanCausal(name, preset, read_settings(config, f"{FAMILY}:{preset_name}", path or None))


class WanCausal:
    """A checkpoint that a preset drives: a `Generator` that is `Placed`, `Checked`, `Measured` and `Prepared`.

    Args:
        name: What users type.
        preset: How the checkpoint is driven.
        settings: Where its files are, and where and how it runs.

    Raises:
        AbsentError: A file or device is not here.
        InputError: A setting is not usable.
    """

    def __init__(self, name: str, preset: Preset, settings: WanCausalSettings) -> None:
        self.name = name
        self.preset = preset
        self._settings = settings
        self._where = preset.full_name
        self._files = find_files(preset, settings, self._where)
        check_attention(settings.attention, self._where)
        self._place = place_of(settings.device, settings.dtype, self._where)
        self._vae_dtype = DTYPES[settings.vae_dtype] if settings.vae_dtype else self._place.dtype
        text_device = self._place.device
        if settings.text_device:
            text_device = device_of(settings.text_device, self._where)
        self._texts = PromptEmbeddings(self._files.base, text_device, self._place.dtype)
        self._text_device = text_device
        self._loaded: CausalGenerator | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the preset can be asked for."""
        return self.preset.capabilities()

    @property
    def device(self) -> str:
        """Where the network runs."""
        return self._place.device_name

    @property
    def dtype(self) -> str:
        """Number format of the weights."""
        return self._place.dtype_name

    @cached_property
    def _weights_sha256(self) -> str:
        files = self._files
        network = files.checkpoint
        vae = [files.base / "vae" / "config.json"]
        return digest({
            "network": weights_digest(weight_files(network, self._where) if network.is_dir() else [network]),
            "held": self._held,
            "lora": None if files.lora is None else [weights_digest([files.lora]), self._settings.lora_scale],
            "sizes": None if files.config is None else small_files_digest([files.config]),
            "vae": weights_digest(weight_files(files.base / "vae", self._where)),
            "vae_sizes": small_files_digest(vae),
            "text": self._texts.sha256,
            "decoder": None if files.decoder is None else weights_digest([files.decoder]),
        })  # fmt: skip

    def identity(self) -> Mapping[str, Any]:
        """Weights, how they are driven, formats, attention backend and version of the engine."""
        return {
            "engine": ENGINE_VERSION,
            "weights_sha256": self._weights_sha256,
            "spec": asdict(self.preset.spec),
            "dtype": self.dtype,
            "vae_dtype": dtype_name(self._vae_dtype),
            "attention": self._settings.attention,
        }

    def prepare(self, prompts: Sequence[str]) -> None:
        """Embed prompts at once, so that the text encoder is loaded once and is gone when the network comes."""
        missing = self._texts.missing(prompts)
        if missing and self._text_device == self._place.device:
            need = MemoryNeed(0, 0, 0, 0, self._texts.encoder_bytes)
            check_fits(need, self._place.device, 'text_device = "cpu"', self._where)
        self._texts.prepare(missing)

    def memory_bytes(self, request: GenerationRequest) -> int:
        """The most that the rollout takes at once on the device, by arithmetic."""
        return self._need(request).total

    def check(self, request: GenerationRequest) -> None:
        """Refuse what cannot be followed; nothing is loaded for it.

        Raises:
            LawfulError: It cannot do what is asked.
        """
        check_request(self.name, self.capabilities, request)
        changed_spec(self.preset.spec, request.settings, f"{self.name}: settings")

    def rollout(self, request: GenerationRequest) -> CausalRollout:
        """The chunks of a video: a `Rollout`.

        Raises:
            LawfulError: It cannot do what is asked, or it will not fit into memory.
        """
        self.check(request)
        spec = changed_spec(self.preset.spec, request.settings, f"{self.name}: settings")
        unguided = [""] if spec.guidance != 1 else []
        self.prepare([*(prompt.text for prompt in request.prompts), *unguided])
        need = self._need(request)
        if self._loaded is not None:
            need = replace(need, weights=0, text=0)
        check_fits(need, self._place.device, _ADVICE, self._where)
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded.rollout(request)

    @property
    def _held(self) -> tuple[str, ...]:
        return self.preset.held if self._settings.held is None else (self._settings.held,)

    def _need(self, request: GenerationRequest) -> MemoryNeed:
        can, given = self.capabilities, request.given
        height, width = (can.height_px, can.width_px) if given is None else given.shape[1:3]
        size = (request.height_px or height) // 8, (request.width_px or width) // 8
        spec = changed_spec(self.preset.spec, request.settings, f"{self.name}: settings")
        clock = CLOCK.n_latents(request.n_frames)
        need = network_need(
            read_config(self._files.config),
            spec,
            clock,
            size,
            self._place.dtype,
            self._settings.offload != "none",
        )
        missing = self._texts.missing([prompt.text for prompt in request.prompts])
        text = self._texts.encoder_bytes if missing and self._text_device == self._place.device else 0
        decoder = decoder_bytes(self._vae_config(), size, self._vae_dtype, self._place.device)
        return replace(need, decoder=decoder, text=text)

    def _vae_config(self) -> dict[str, Any]:
        return read_config(self._files.base / "vae" / "config.json")

    def _load(self) -> CausalGenerator:
        return CausalGenerator(
            name=self.name,
            model=self._model(),
            codec=self._codec(),
            embed=self._texts,
            capabilities=self.capabilities,
            weights_sha256=self._weights_sha256,
        )

    def _model(self) -> CausalModel:
        files, settings = self._files, self._settings
        transformer = empty_transformer(read_config(files.config), f"{self._where}: {files.config}")
        weights = read_checkpoint(files.checkpoint, self._held)
        if files.lora is not None:
            merge_lora(weights, files.lora, settings.lora_scale)
        rests = torch.device("cpu") if settings.offload == "blocks" else self._place.device
        fill(transformer, weights, self._place.dtype, rests, f"{self._where}: {files.checkpoint}")
        model = CausalModel(self.preset.spec, transformer)
        set_attention(transformer, settings.attention, self._where)
        if settings.offload == "blocks":
            model.runs_on = self._place.device
            offload_blocks(transformer, self._place.device)
        return model

    def _codec(self) -> WanCodec:
        folder = self._files.base / "vae"
        try:
            with without_bars():
                vae: Any = AutoencoderKLWan.from_pretrained(
                    folder, torch_dtype=self._vae_dtype, local_files_only=True, use_safetensors=True
                )
        except (OSError, ValueError) as error:
            raise InputError(f"{self._where}: {folder}: the autoencoder cannot be loaded: {error}") from error
        return WanCodec(vae.to(self._place.device), self._decoder())

    def _decoder(self) -> StreamDecoder | None:
        if self._files.decoder is None:
            return None
        from lawful.generators.adapters.decoder_taehv import read_taehv

        return read_taehv(self._files.decoder, self._place.device, self._vae_dtype)
