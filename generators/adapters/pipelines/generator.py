"""A pipeline of diffusers as a generator: loaded when the first video is asked for, its text encoder never beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch

from lawful.core.digest import digest
from lawful.core.errors import AbsentError, InputError
from lawful.core.extras import require
from lawful.core.fields import Fields
from lawful.core.weights import small_files_digest, weights_digest
from lawful.generators.adapters.device import DTYPES, device_of, place_of
from lawful.generators.adapters.memory import MemoryNeed, check_fits
from lawful.generators.adapters.network import check_attention, offload_blocks, set_attention
from lawful.generators.adapters.pipelines.family import Family, Job, Setting
from lawful.generators.adapters.pipelines.need import (
    Planned,
    decoding_bytes,
    kept_bytes,
    offloaded_bytes,
    pass_bytes,
    sizes_of,
    weight_bytes,
)
from lawful.generators.adapters.quiet import without_bars
from lawful.generators.adapters.source import find_folder, read_json, weight_files
from lawful.generators.adapters.text_umt5 import PromptEmbeddings
from lawful.generators.protocol import Capabilities, check_request
from lawful.generators.records import Chunk, GenerationRequest

VERSION = 1
"""Raised when the same weights and settings give other videos."""
_PARTS = ("transformer", "vae", "text_encoder", "tokenizer", "scheduler")
_PATTERNS = ("model_index.json", "*/*.json", "*/*.txt", "*/*.model", "*/*.safetensors")
_PLACING = ("device", "dtype", "text_device", "attention", "offload", "revision")
_CELL_PX = 16
"""Pixels in the side of a token, for all families here."""
_SIDE_PX = 8
"""Pixels in the side of a cell of a latent frame, for all families here."""
_ADVICE = 'fewer or smaller frames, dtype = "bfloat16", offload = "blocks", or text_device = "cpu" for the text encoder'


class PipelineGenerator:
    """A folder of diffusers and the family that it is of: a `Generator`, `Placed`, `Checked`, `Measured` and `Prepared`.

    Args:
        family: How the pipeline is asked.
        source: Folder, or id of the hub.
        config: Settings of the generator: where it runs, and the family's own.

    Raises:
        AbsentError: The folder, a part of it, or a device is not here.
        InputError: A setting is not usable.
    """

    def __init__(self, family: Family, source: str, config: Mapping[str, Any]) -> None:
        self.name = f"{family.name}:{source}"
        self.family = family
        fields = Fields(config, f"{self.name}: settings")
        fields.only(*_PLACING, *family.defaults)
        self._settings = {**family.defaults, **_own(fields, family.defaults)}
        texts = {name: fields.text(name) for name in _PLACING if name in config and name != "dtype"}
        self._folder = find_folder(source, texts.get("revision"), _PATTERNS, self.name)
        self._check_kind()
        for part in (*_PARTS, *family.own_text):
            if not (self._folder / part).is_dir():
                raise AbsentError(
                    f"{self.name}: the folder has no {part}. Needed: a folder as diffusers saves it"
                )
        dtype = fields.choice("dtype", tuple(DTYPES)) if "dtype" in config else None
        self._place = place_of(texts.get("device"), dtype, self.name)
        self._attention = texts.get("attention")
        check_attention(self._attention, self.name, family.attention)
        self._offload = fields.choice("offload", ("none", "blocks")) if "offload" in config else "none"
        self._text_device = device_of(texts.get("text_device", str(self._place.device)), self.name)
        self._texts = PromptEmbeddings(self._folder, self._text_device, self._place.dtype)
        self._loaded: Any = None

    @property
    def capabilities(self) -> Capabilities:
        """What the family can be asked for."""
        return self.family.can

    @property
    def device(self) -> str:
        """Where the pipeline runs."""
        return self._place.device_name

    @property
    def dtype(self) -> str:
        """Number format of the weights."""
        return self._place.dtype_name

    @cached_property
    def _weights_sha256(self) -> str:
        parts = {
            part: weights_digest(weight_files(self._folder / part, self.name))
            for part in ("transformer", "vae")
        }
        small = [
            path
            for part in ("transformer", "vae", "scheduler")
            for path in (self._folder / part).glob("*.json")
        ]
        sizes = {f"{path.parent.name}/{path.name}": small_files_digest([path]) for path in small}
        own = {
            part: weights_digest(weight_files(self._folder / part, self.name))
            for part in self.family.own_text
        }
        return digest({**parts, "sizes": sizes, "text": own or self._texts.sha256})

    def identity(self) -> Mapping[str, Any]:
        """Weights, settings, format, attention backend and version."""
        return {
            "version": VERSION,
            "weights_sha256": self._weights_sha256,
            "settings": dict(self._settings),
            "dtype": self.dtype,
            "attention": self._attention,
        }

    def prepare(self, prompts: Sequence[str]) -> None:
        """Embed prompts at once, so that the text encoder is loaded once and is gone when the pipeline comes."""
        if self.family.own_text:
            return  # they are loaded with the pipeline
        missing = self._texts.missing([*prompts, ""])
        if missing and self._text_device == self._place.device:
            need = MemoryNeed(0, 0, 0, 0, self._texts.encoder_bytes)
            check_fits(need, self._place.device, 'text_device = "cpu"', self.name)
        self._texts.prepare(missing)

    def memory_bytes(self, request: GenerationRequest) -> int:
        """The most that the video takes at once on the device, by arithmetic (see `need`)."""
        return self._need(self._planned(request)).total

    def check(self, request: GenerationRequest) -> None:
        """Refuse what cannot be followed; no weights are loaded for it.

        Raises:
            LawfulError: It cannot do what is asked.
        """
        self._planned(request)

    def rollout(self, request: GenerationRequest) -> Iterator[Chunk]:
        """The chunks of a video.

        Raises:
            LawfulError: It cannot do what is asked, or it will not fit into memory.
        """
        planned = self._planned(request)
        self.prepare([request.prompt_at(0)])
        need = self._need(planned)
        if self._loaded is not None:
            need = replace(need, weights=0)
        check_fits(need, self._place.device, _ADVICE, self.name)
        if self._loaded is None:
            self._loaded = self._load()
        nothing = torch.zeros(2, 0, 0)
        embedded = nothing if self.family.own_text else self._texts([request.prompt_at(0), ""])
        embedded = embedded.to(self._place.device)
        job = Job(
            pipeline=self._loaded,
            request=request,
            settings=planned.settings,
            embedded=embedded[:1],
            unguided=embedded[1:],
            size_px=self._size_px(request),
            device=self._place.device,
        )
        return self.family.chunks(job)

    def _size_px(self, request: GenerationRequest) -> tuple[int, int]:
        """Height and width of a video."""
        can, given = self.capabilities, request.given
        height, width = (can.height_px, can.width_px) if given is None else given.shape[1:3]
        return request.height_px or height, request.width_px or width

    def _planned(self, request: GenerationRequest) -> Planned:
        """A video and all that tells how it is made; a request that cannot be followed is refused."""
        check_request(self.name, self.capabilities, request)
        own = Fields(request.settings, f"{self.name}: settings")
        own.only(*self.family.defaults)
        settings = {**self._settings, **_own(own, self.family.defaults)}
        height, width = self._size_px(request)
        planned = Planned(request, settings, self._sizes[0], (height // _SIDE_PX, width // _SIDE_PX))
        try:
            if height % _CELL_PX or width % _CELL_PX:
                raise InputError(
                    f"{width}x{height} px are asked for: width and height must be multiples of {_CELL_PX} px"
                )
            self.family.check(planned)
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from error
        return planned

    def _check_kind(self) -> None:
        """Refuse the folder of another family: diffusers would load it all the same."""
        index = self._folder / "model_index.json"
        said = read_json(index)
        kind = said.get("_class_name")
        if kind not in self.family.accepts:
            raise InputError(
                f"{self.name}: {index} says {kind!r}. Needed: {' or '.join(self.family.accepts)}"
            )
        for name, needed in self.family.marks.items():
            if said.get(name) is not needed:
                raise InputError(
                    f"{self.name}: {index} says {name} = {said.get(name)}, {self.family.title} has {needed}: "
                    "this folder is of another family"
                )

    @cached_property
    def _sizes(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sizes of transformer and autoencoder."""
        transformer, vae = (sizes_of(self._folder / part, self.name) for part in ("transformer", "vae"))
        return transformer, vae

    def _need(self, planned: Planned) -> MemoryNeed:
        folder, dtype, (network, vae) = self._folder, self._place.dtype, self._sizes
        size, prompt = planned.size, planned.request.prompt_at(0)
        largest = self.family.largest(planned)
        counted = weight_bytes if self._offload == "none" else offloaded_bytes
        weights = counted(folder / "transformer", dtype, self.name)
        weights += sum(weight_bytes(folder / part, dtype, self.name) for part in self.family.own_text)
        missing = [] if self.family.own_text else self._texts.missing([prompt, ""])
        beside = missing and self._text_device == self._place.device
        return MemoryNeed(
            weights=weights,
            cache=kept_bytes(network, largest, network["in_channels"], size),
            work=pass_bytes(network, largest, dtype),
            decoder=decoding_bytes(self.family.decoder, vae, largest, size, self._place),
            text=self._texts.encoder_bytes if beside else 0,
        )

    def _load(self) -> Any:
        diffusers = require("diffusers", "generate", "pipelines of diffusers")
        require("accelerate", "generate", "loading pipelines of diffusers")
        require("ftfy", "generate", "pipelines of diffusers")
        left_out = {} if self.family.own_text else {"text_encoder": None, "tokenizer": None}
        try:
            with without_bars():
                pipeline = getattr(diffusers, self.family.pipeline).from_pretrained(
                    self._folder,
                    **left_out,
                    dtype=self._place.dtype,
                    local_files_only=True,
                    use_safetensors=True,
                )
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise InputError(f"{self.name}: cannot be loaded as {self.family.pipeline}: {error}") from error
        pipeline.set_progress_bar_config(disable=True)
        own = [getattr(pipeline, part) for part in self.family.own_text]
        for part in own:
            part.to(self._place.device)
        for part in (pipeline.transformer, pipeline.vae, *own):
            part.eval().requires_grad_(False)
        self._settle(pipeline)
        return pipeline

    def _settle(self, pipeline: Any) -> None:
        pipeline.vae.to(self._place.device)
        set_attention(pipeline.transformer, self._attention, self.name)
        if self._offload == "none":
            pipeline.transformer.to(self._place.device)
        else:
            offload_blocks(pipeline.transformer, self._place.device)


def _own(fields: Fields, defaults: Mapping[str, Setting]) -> dict[str, Setting]:
    """The family's own settings among others; a default that is a whole number takes whole numbers."""
    own = {
        name: fields.whole(name) if isinstance(default, int) else fields.number(name)
        for name, default in defaults.items()
        if name in fields.body
    }
    if own.get("steps", 1) < 1:
        raise InputError(f"{fields.where}: steps must be 1 or more, got {own['steps']}")
    return own
