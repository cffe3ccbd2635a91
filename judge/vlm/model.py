"""A model in memory: loaded by folder or hub id, in full or not at all."""

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from safetensors import SafetensorError

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.core.extras import require
from lawful.judge.vlm.families.protocol import Family
from lawful.judge.vlm.files import ModelFiles
from lawful.judge.vlm.settings import VlmSettings

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_BAD_FILES = (
    SafetensorError,
    OSError,
    ValueError,
    KeyError,
    RuntimeError,
    TypeError,
    AttributeError,
    ImportError,
)
"""What transformers raises over files that it cannot use."""
_OUT_OF_MEMORY = ("can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDA error: out of memory")
"""How errors that are of no type of their own say it."""
_WHAT_TO_DO = (
    "Show fewer or smaller frames (policy.fps, policy.count, policy.long_side_px), set batch_size = 1, "
    'dtype = "bfloat16", or take a smaller model or a larger device.'
)


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model, its tokenizer and its family."""

    name: str
    """What the user typed."""
    model: Any
    """The transformers model, in evaluation mode."""
    tokenizer: Any
    """Its tokenizer."""
    family: Family
    """How it wants its frames."""
    device: torch.device
    """Where it is."""

    @property
    def context_tokens(self) -> int | None:
        """Tokens that it can read at most; None where its configuration does not say."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)


def check_device(name: str) -> None:
    """Refuse a device that is not here.

    Raises:
        AbsentError: It is not.
    """
    if name == "cpu":
        return
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(name.partition(":")[2] or 0)
    if number >= found:
        have = f"{found} GPU{'s' if found != 1 else ''} that torch {torch.__version__} can use"
        raise AbsentError(
            f'device {name} is asked for and there are {have}. Set device = "cpu", or see lawful doctor.'
        )


def load_model(files: ModelFiles, family: Family, settings: VlmSettings) -> LoadedModel:
    """The model of a folder, its weights as they are stored.

    Nothing is run that comes with the model: no code of its own, safetensors only.

    Raises:
        AbsentError: The device or memory for it is not here, or weights are missing.
        InputError: Its files do not fit each other.
    """
    transformers = require("transformers", "vlm", "vision-language models")
    check_device(settings.device)
    _check_room(files, settings)
    device = torch.device(settings.device)
    tokenizer = _tokenizer(transformers, files)
    try:
        loading = f"loading {files.name} onto {settings.device}"
        with saying_out_of_memory(loading, device, AbsentError), without_bars(transformers):
            model, notes = getattr(transformers, family.model_class).from_pretrained(
                files.folder,
                dtype=_DTYPES[settings.dtype_in_effect],
                attn_implementation=settings.attention,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
            )
            model = model.to(device).eval().requires_grad_(False)
    except LawfulError:
        raise
    except _BAD_FILES as error:
        text = " ".join(str(error).split())[:300]
        raise InputError(
            f"{files.folder}: the model cannot be loaded: {type(error).__name__}: {text}. Fetch it again, or see that "
            "config.json and the weights belong together."
        ) from error
    absent = sorted(notes["missing_keys"]) + sorted(str(key) for key in notes["mismatched_keys"])
    if absent:
        raise AbsentError(
            f"{files.folder}: its weights lack {len(absent)} tensors that {family.model_class} needs, such as "
            f"{absent[0]}; they would be random. Fetch the model again, or name the one these weights belong to."
        )
    return LoadedModel(files.name, model, tokenizer, family, device)


@contextmanager
def without_bars(transformers: Any) -> Iterator[None]:
    """No progress bars of transformers in the block: a command's own lines say how far it is, or it is to be quiet."""
    logging = transformers.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


@contextmanager
def saying_out_of_memory(
    what: str, device: torch.device, kind: type[LawfulError] = LawfulError
) -> Iterator[None]:
    """Turn running out of memory into an error that says what was tried, what there is and what to do.

    Args:
        what: What is tried, as in "ran out of memory while ...".
        device: Where.
        kind: The error: `AbsentError` where no other clip would fare better.

    Raises:
        LawfulError: Memory ran out.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        said = any(words in str(error) for words in _OUT_OF_MEMORY)
        if not said and not isinstance(error, torch.OutOfMemoryError | MemoryError):
            raise
        message = f"ran out of memory while {what}: {_memory(device)}. {_WHAT_TO_DO}"
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
        raise kind(message) from error


def _memory(device: torch.device) -> str:
    free, total = _room(device)
    return f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB are free on {device}"


def _room(device: torch.device) -> tuple[int, int]:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)
    memory = psutil.virtual_memory()
    return memory.available, memory.total


def _check_room(files: ModelFiles, settings: VlmSettings) -> None:
    """Refuse at once what cannot fit: on a CPU the system would rather kill some process than say no."""
    stored_bytes = 4 if _stored_dtype(files.config) == "float32" else 2
    wanted_bytes = 4 if settings.dtype_in_effect == "float32" else 2
    needed = files.weights_bytes * wanted_bytes / stored_bytes
    device = torch.device(settings.device)
    if needed > _room(device)[0]:
        raise AbsentError(
            f"{files.name} takes {needed / 2**30:.1f} GiB in {settings.dtype_in_effect}, and {_memory(device)}. "
            f"{_WHAT_TO_DO}"
        )


def _stored_dtype(config: Mapping[str, Any]) -> str:
    """How the weights are stored, told for all of the model or for its language model alone; bfloat16 if not at all."""
    inner = config.get("text_config")
    for source in (config, inner if isinstance(inner, Mapping) else {}):
        for name in ("dtype", "torch_dtype"):
            if source.get(name):
                return str(source[name])
    return "bfloat16"


def _tokenizer(transformers: Any, files: ModelFiles) -> Any:
    # Its fast tokenizers warn of forks, and a judge's worker may be one.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            files.folder, trust_remote_code=False, local_files_only=True
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        text = " ".join(str(error).split())[:300]
        raise AbsentError(
            f"{files.folder}: its tokenizer cannot be loaded: {type(error).__name__}: {text}. "
            "Needed: tokenizer.json and tokenizer_config.json beside the weights."
        ) from error
    if not tokenizer.chat_template:
        tokenizer.chat_template = files.chat_template
    return tokenizer
