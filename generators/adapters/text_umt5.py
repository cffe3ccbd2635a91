"""Prompts as the Wan family is told them: by umT5, kept on the disk, the encoder gone again at once.

The encoder of Wan 2.1 takes 11 GB, the embedding of a prompt 4 MB: each prompt is encoded once and then read.
"""

import gc
import html
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lawful.core.digest import digest
from lawful.core.errors import InputError, LawfulError
from lawful.core.extras import require
from lawful.core.files import replacing
from lawful.core.weights import small_files_digest, weights_digest
from lawful.generators.adapters.quiet import without_bars
from lawful.generators.adapters.source import weight_files

WORDS = 512
"""Tokens of an embedded prompt; longer ones are cut, shorter ones filled with zeros."""
_TOKENIZER = ("*.json", "*.model", "*.txt")
Embedded = Float[Tensor, "texts words text"]


class PromptEmbeddings:
    """Embedded prompts of one encoder: an `Embed` of the engine.

    Args:
        folder: Holds `text_encoder` and `tokenizer`, as diffusers saves them.
        device: Where prompts are encoded.
        dtype: Format of the encoder's weights.
        kept_in: Folder of embeddings; None: the user's cache folder.
    """

    def __init__(
        self, folder: Path, device: torch.device, dtype: torch.dtype, kept_in: Path | None = None
    ) -> None:
        self._encoder = folder / "text_encoder"
        self._tokenizer = folder / "tokenizer"
        self._device = device
        self._dtype = dtype
        self._kept_in = kept_in or _cache_folder()
        self._known: dict[str, Tensor] = {}
        self._sha256: str | None = None

    @property
    def sha256(self) -> str:
        """Digest of encoder, tokenizer and of how prompts are prepared."""
        if self._sha256 is None:
            small = [self._encoder / "config.json", *_files(self._tokenizer)]
            held = [weights_digest(weight_files(self._encoder, "text encoder")), small_files_digest(small)]
            self._sha256 = digest([*held, WORDS, str(self._dtype)])
        return self._sha256

    @property
    def encoder_bytes(self) -> int:
        """Memory of the encoder's weights."""
        stored = sum(path.stat().st_size for path in weight_files(self._encoder, "text encoder"))
        return stored * self._dtype.itemsize // _stored_bytes(self._encoder)

    def missing(self, texts: Sequence[str]) -> list[str]:
        """The prompts that are not kept yet, each once."""
        return [text for text in dict.fromkeys(texts) if text not in self._known and self._read(text) is None]

    def prepare(self, texts: Sequence[str]) -> None:
        """Encode the prompts that are not kept yet; the encoder is in memory only meanwhile.

        Raises:
            AbsentError: Encoder, tokenizer or a package is not here.
        """
        missing = self.missing(texts)
        if not missing:
            return
        encoder, tokenizer = self._loaded()
        try:
            for text in missing:  # one by one: other lengths side by side would round otherwise
                embedded = _encoded(text, encoder, tokenizer, self._device)
                self._known[text] = embedded
                self._keep(text, embedded)
        finally:
            del encoder
            gc.collect()
            if self._device.type == "cuda":
                torch.cuda.empty_cache()

    def __call__(self, texts: Sequence[str]) -> Embedded:
        """Embedded prompts, on the CPU."""
        self.prepare(texts)
        return torch.stack([self._known[text] for text in texts])

    def _loaded(self) -> tuple[torch.nn.Module, Any]:
        transformers = require("transformers", "generate", "embedding prompts")
        weight_files(self._encoder, "text encoder")
        try:
            with without_bars():
                tokenizer = transformers.AutoTokenizer.from_pretrained(self._tokenizer, local_files_only=True)
                encoder = transformers.UMT5EncoderModel.from_pretrained(
                    self._encoder, dtype=self._dtype, local_files_only=True
                )
        except (OSError, ValueError) as error:
            first = str(error).strip().splitlines()[0]
            raise InputError(
                f"{self._encoder.parent}: text encoder or tokenizer cannot be loaded: {first}"
            ) from error
        return encoder.eval().requires_grad_(False).to(self._device), tokenizer

    def _path(self, text: str) -> Path:
        return self._kept_in / self.sha256[:16] / f"{digest(text)}.safetensors"

    def _read(self, text: str) -> Tensor | None:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            held = load_file(self._path(text))["embedded"]
        except (OSError, SafetensorError, KeyError):  # not there, or not whole: it is made anew
            return None
        self._known[text] = held
        return held

    def _keep(self, text: str, embedded: Tensor) -> None:
        from safetensors.torch import save_file

        # Where nothing can be kept, prompts are encoded again next time: slower, and no less right.
        with suppress(OSError, LawfulError), replacing(self._path(text)) as temporary:
            save_file({"embedded": embedded.contiguous()}, temporary)


@torch.no_grad()
def _encoded(text: str, encoder: torch.nn.Module, tokenizer: Any, device: torch.device) -> Tensor:
    """One embedded prompt (words x channels), zero after its last token."""
    tokens = tokenizer(
        [cleaned(text)], padding="max_length", max_length=WORDS, truncation=True, add_special_tokens=True,
        return_attention_mask=True, return_tensors="pt",
    )  # fmt: skip
    mask = tokens.attention_mask.to(device)
    hidden = encoder(tokens.input_ids.to(device), mask).last_hidden_state[0]
    return (hidden * mask[0, :, None]).to("cpu")


def cleaned(text: str) -> str:
    """A prompt as Wan's own code prepares it: broken characters mended, entities undone, spaces single.

    >>> cleaned("A  ball &amp;amp; a box. ")
    'A ball & a box.'
    """
    ftfy = require("ftfy", "generate", "embedding prompts")
    mended = html.unescape(html.unescape(ftfy.fix_text(text)))
    return re.sub(r"\s+", " ", mended).strip()


def _files(folder: Path) -> list[Path]:
    return sorted({path for pattern in _TOKENIZER for path in folder.glob(pattern)})


def _stored_bytes(folder: Path) -> int:
    """Bytes of a stored number, by the first tensor of the weights."""
    from safetensors import safe_open

    with safe_open(weight_files(folder, "text encoder")[0], framework="pt") as file:
        name = next(iter(file.keys()))
        return {"F32": 4, "F16": 2, "BF16": 2, "F64": 8}.get(file.get_slice(name).get_dtype(), 4)


def _cache_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "lawful" / "prompts"
