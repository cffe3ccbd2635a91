"""One rollout: from a request to a file and its row."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lawful.core.digest import file_sha256
from lawful.core.errors import AbsentError, LawfulError
from lawful.core.versions import versions_of
from lawful.generators.generate.assemble import Assembly
from lawful.generators.generate.behind import writing_behind
from lawful.generators.generate.plan import PlannedVideo
from lawful.generators.generate.progress import ChunkMade
from lawful.generators.generate.threads import threads_of
from lawful.generators.protocol import Generator, Placed
from lawful.generators.records import Chunk, GenerationRequest, VideoRecord
from lawful.video.frames import Frames
from lawful.video.write import VideoWriter

CHUNKS = ".chunks"
"""Folder of the chunks of the video that is being made."""
NOT_STATED = "not stated"
_PACKAGES = ("lawful", "numpy", "av", "torch", "diffusers", "transformers", "safetensors")
Heard = Callable[[ChunkMade], None]


class RolloutError(LawfulError):
    """A generator failed at one video; others may still be made."""


@dataclass
class _Clock:
    """What is measured while a rollout goes on."""

    started_s: float = field(default_factory=time.perf_counter)
    first_chunk_s: float | None = None
    chunk_s: list[float] = field(default_factory=list)
    model_s: float = 0.0
    decode_s: float = 0.0
    n_given: int = 0

    def take(self, chunk: Chunk, spent_s: float) -> None:
        if chunk.given:
            self.n_given += len(chunk.frames) if chunk.final else 0
            return
        if self.first_chunk_s is None:
            self.first_chunk_s = self.total_s
        self.chunk_s.append(spent_s)
        self.model_s += chunk.model_s
        self.decode_s += chunk.decode_s

    @property
    def total_s(self) -> float:
        return time.perf_counter() - self.started_s


def film(
    generator: Generator,
    video: PlannedVideo,
    request: GenerationRequest,
    suite: str,
    folder: Path,
    keep_chunks: bool,
    heard: Heard,
) -> VideoRecord:
    """Make a video: the file appears whole or not at all, and its row is given back to be kept.

    Args:
        generator: Who makes it.
        video: What is made.
        request: What the generator is asked.
        suite: Id of the suite.
        folder: Where the files go.
        keep_chunks: Write each chunk into `CHUNKS`, until the video is whole.
        heard: Is told of each chunk.

    Raises:
        RolloutError: The generator failed, or gave what is no video.
        AbsentError: What the generator needs is not here.
        LawfulError: The file cannot be written.
    """
    path = folder / video.file
    _clear(path)
    chunks = folder / CHUNKS / Path(video.file).with_suffix("")
    shutil.rmtree(chunks, ignore_errors=True)
    clock = _Clock()
    assembly = Assembly(generator.name, request.n_frames, request.fps or generator.capabilities.fps)
    with threads_of(generator), writing_behind(path) as writer:
        for chunk, spent_s in _timed(generator, request):
            try:
                ready = assembly.add(chunk)
            except LawfulError as error:
                raise RolloutError(str(error)) from error
            clock.take(chunk, spent_s)
            if ready is not None:
                writer.write(ready)
            piece = None
            if keep_chunks:
                piece = chunks / f"{chunk.index:04}.mp4"
                with VideoWriter(piece) as part:
                    part.write(chunk.frames)
            heard(_told(video.file, chunk, spent_s, piece))
        try:
            assembly.check_whole((request.width_px, request.height_px))
        except LawfulError as error:
            raise RolloutError(str(error)) from error
    total_s = clock.total_s
    shutil.rmtree(chunks, ignore_errors=True)
    return _row(generator, video, request, suite, folder, assembly.size, clock, total_s)


def _row(
    generator: Generator,
    video: PlannedVideo,
    request: GenerationRequest,
    suite: str,
    folder: Path,
    size: tuple[int, int],
    clock: _Clock,
    total_s: float,
) -> VideoRecord:
    can = generator.capabilities
    placed = isinstance(generator, Placed)
    return VideoRecord(
        file=video.file,
        video_sha256=file_sha256(folder / video.file),
        generator=generator.name,
        generator_sha256=video.generator.fingerprint,
        request_sha256=request.sha256,
        prompts=request.prompts,
        seed=request.seed,
        branch=request.branch,
        suite=suite,
        case=video.case.id,
        n_frames=request.n_frames,
        n_given=clock.n_given,
        trained_frames=can.trained_frames,
        width_px=size[0],
        height_px=size[1],
        fps=request.fps or can.fps,
        device=generator.device if placed else NOT_STATED,
        dtype=generator.dtype if placed else NOT_STATED,
        licence=can.licence,
        first_chunk_s=total_s if clock.first_chunk_s is None else clock.first_chunk_s,
        chunk_s=tuple(clock.chunk_s),
        model_s=clock.model_s,
        decode_s=clock.decode_s,
        total_s=total_s,
        versions=versions_of(_PACKAGES),
    )


def _told(file: str, chunk: Chunk, spent_s: float, piece: Path | None) -> ChunkMade:
    indices = chunk.frames.indices
    return ChunkMade(
        file=file,
        chunk=chunk.index,
        first_frame=int(indices[0]),
        last_frame=int(indices[-1]),
        n_frames=len(indices),
        given=chunk.given,
        final=chunk.final,
        spent_s=spent_s,
        piece=piece,
    )


def _timed(generator: Generator, request: GenerationRequest) -> Iterator[tuple[Chunk, float]]:
    """The chunks of a rollout, each with the seconds it took."""
    before_s = time.perf_counter()
    try:
        made: Iterable[Any] = generator.rollout(request)  # of another package, perhaps
        for chunk in made:
            if not (isinstance(chunk, Chunk) and isinstance(chunk.frames, Frames)):
                raise RolloutError(
                    f"generator {generator.name!r} is unsound: its rollout gave a {type(chunk).__name__} "
                    "and no Chunk of Frames"
                )
            yield chunk, time.perf_counter() - before_s
            before_s = time.perf_counter()
    except AbsentError:
        raise
    except LawfulError as error:
        raise RolloutError(str(error)) from error
    except Exception as error:
        message = f"generator {generator.name!r} failed: {type(error).__name__}: {error}"
        raise RolloutError(message) from error


def _clear(path: Path) -> None:
    """Remove what a killed writer of this file left (see `lawful.core.files.replacing`)."""
    for left in path.parent.glob(f".{path.stem[:32]}.*{path.suffix}"):
        left.unlink()
