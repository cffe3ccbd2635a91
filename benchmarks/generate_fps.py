"""Frames a second of generators: the model alone, with decoding, and end to end to a file on disk.

    python benchmarks/generate_fps.py --generator NAME --prompt "..." [--device cpu] [--frames 48]
    python benchmarks/generate_fps.py --wan                 a random model of the shape of Wan2.1 1.3B, on a GPU
    python benchmarks/generate_fps.py --floor [--tflops 790]   what the arithmetic of that model takes at least
    python benchmarks/generate_fps.py --writing             frames that are ready, at 832x480: what the file alone takes

Each generator runs in a process of its own: one video to warm up (its first chunk is the cold one), then --repeats videos.

- model, + decoding: frames that were generated, over the seconds that the chunks say were spent in the model, and in
  the model and in decoding; "-" where a generator does not say. end to end: the same over all seconds from the request
  to the whole H.264 file, and over the seconds of CPU time, which say more on a busy machine. Median, least and most
  over the repeats.
- steady: frames over seconds in the second half of the chunks, when a window of 21 latent frames is full.
- chunk: median and 95th percentile of the seconds between two chunks in these halves.
- first chunk: seconds to the first chunk that was generated, warm (median) and cold (weights loaded, kernels chosen).
- memory: on a GPU the most that torch had in tensors; on a CPU how far the process's peak rose over that before the
  generator was made.

The floor divides multiplications and additions (benchmarks/wan_shape.py says which) by --tflops; with --wan by the rate of
a matrix product of 8192 x 8192 measured on the device just before.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

WAN = tuple(f"wan:{window}:{decoder}" for window in (12, 21) for decoder in ("small", "vae"))
WAN_FRAMES = 249
TEXT = "A red ball falls on a floor and bounces."


def main() -> None:
    """Measure what was asked for and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generator", action="append", default=[])
    parser.add_argument("--wan", action="store_true")
    parser.add_argument("--toy", action="store_true", help="with --wan: toy sizes, to try the code on a CPU")
    parser.add_argument("--floor", action="store_true")
    parser.add_argument("--writing", action="store_true")
    parser.add_argument("--tflops", type=float, default=790.0)
    parser.add_argument("--compile", action="store_true", help="with --wan: torch.compile layers and decoder")
    parser.add_argument("--prompt", default=TEXT)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device")
    parser.add_argument("--dtype")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0: its own choice")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measured(arguments)))
        return
    names = list(arguments.generator) + ["ready"] * arguments.writing
    if arguments.wan:
        why = None if arguments.toy else no_gpu()
        if why:
            print(f"The model of Wan's shape was not run: {why}")
        else:
            names += WAN
            from wan_shape import streaming_error

            for decoder in ("small", "vae"):
                print(
                    f"decoder {decoder}: block by block differs from at once by {streaming_error(decoder):.1e}"
                )
    if names:
        print_speeds([in_a_process(name) for name in names])
    if arguments.floor or (arguments.wan and not arguments.toy):
        print_floor(arguments.tflops)


def no_gpu() -> str | None:
    """Why there is no GPU to run on; None where there is."""
    import torch

    return None if torch.cuda.is_available() else f"torch {torch.__version__} finds no GPU here"


def in_a_process(name: str) -> dict[str, Any]:
    """Measure one generator in a process of its own."""
    command = [sys.executable, __file__, *sys.argv[1:], "--one", name]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """The figures of the generator `arguments.one`."""
    import torch

    from lawful.generators.protocol import Placed
    from lawful.generators.records import GenerationRequest, always

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    before_bytes = peak_bytes()
    began_s = time.perf_counter()
    generator, n_frames = made(arguments)
    made_s = time.perf_counter() - began_s
    request = GenerationRequest(always(arguments.prompt), n_frames=n_frames)
    cold = filmed(generator, request)
    videos = [filmed(generator, request) for _ in range(arguments.repeats)]
    on_gpu = torch.cuda.is_available() and torch.cuda.max_memory_allocated() > 0
    used = torch.cuda.max_memory_allocated() if on_gpu else peak_bytes() - before_bytes
    can = generator.capabilities
    return {
        "name": generator.name,
        "size": f"{can.width_px}x{can.height_px}",
        "where": f"{generator.device}, {generator.dtype}" if isinstance(generator, Placed) else "not stated",
        "n": len(videos),
        "n_frames": n_frames,
        "cold_s": made_s + cold["first_s"],
        "videos": videos,
        "memory_bytes": used,
        "floor_fps": measured_floor(arguments.one) if on_gpu and arguments.one.startswith("wan:") else None,
    }


def made(arguments: argparse.Namespace) -> tuple[Any, int]:
    """The generator, and how many frames it is asked for."""
    import torch

    if arguments.one == "ready":
        return Ready(arguments.frames), arguments.frames
    if not arguments.one.startswith("wan:"):
        from lawful.generators.make import make_generator

        asked = {"device": arguments.device, "dtype": arguments.dtype}
        config = {name: value for name, value in asked.items() if value is not None}
        return make_generator(arguments.one, config), arguments.frames
    from wan_shape import TOY, WAN_1_3B, wan_shaped

    _, window, decoder = arguments.one.split(":")
    if arguments.toy:
        return wan_shaped(int(window), decoder, TOY, "cpu", torch.float32, arguments.compile), WAN_FRAMES
    dtype = getattr(torch, arguments.dtype or "bfloat16")
    generator = wan_shaped(
        int(window), decoder, WAN_1_3B, arguments.device or "cuda:0", dtype, arguments.compile
    )
    return generator, WAN_FRAMES


class Ready:
    """Gives clips of a simulated scene, large and in motion, that were made before."""

    name = "ready"

    def __init__(self, n_frames: int) -> None:
        from lawful.generators.protocol import Capabilities
        from lawful.generators.worlds.make import make_clip

        self.capabilities = Capabilities(frozenset({"text"}), 832, 480, 24.0)
        clip = make_clip(
            "bounce", 4, duration_s=n_frames / 24, fps=24, width_px=832, height_px=480, noise=1.0
        )
        self._frames = clip.frames[:n_frames]

    def identity(self) -> dict[str, Any]:
        """Nothing that matters."""
        return {}

    def rollout(self, request: Any) -> Iterator[Any]:
        """The clip in chunks of 12 frames."""
        from lawful.generators.records import Chunk

        for number, start in enumerate(range(0, len(self._frames), 12)):
            yield Chunk(number, self._frames[start : start + 12])


def filmed(generator: Any, request: Any) -> dict[str, Any]:
    """Make one video into a file, and keep when each chunk came."""
    from lawful.generators.generate.assemble import Assembly
    from lawful.generators.generate.behind import writing_behind

    chunks = []
    assembly = Assembly(generator.name, request.n_frames, generator.capabilities.fps)
    began_s = last_s = time.perf_counter()
    cpu_s = time.process_time()
    with tempfile.TemporaryDirectory() as folder, writing_behind(Path(folder) / "a.mp4") as writer:
        for chunk in generator.rollout(request):
            now_s = time.perf_counter()
            if not chunk.given:
                chunks.append((len(chunk.frames), now_s - last_s, chunk.model_s, chunk.decode_s))
            if not chunks or len(chunks) == 1:
                first_s = now_s - began_s
            ready = assembly.add(chunk)
            if ready is not None:
                writer.write(ready)
            last_s = time.perf_counter()
        assembly.check_whole()
    total_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    return {"total_s": total_s, "cpu_s": cpu_s, "first_s": first_s, "chunks": chunks}


def peak_bytes() -> int:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measured_floor(name: str) -> float:
    """Frames a second that the arithmetic allows at the rate of a large matrix product here, in bfloat16."""
    import torch

    side = 8192
    one = torch.randn(side, side, device="cuda", dtype=torch.bfloat16)
    for _ in range(3):
        one @ one
    torch.cuda.synchronize()
    began_s = time.perf_counter()
    for _ in range(20):
        one @ one
    torch.cuda.synchronize()
    tflops = 20 * 2 * side**3 / (time.perf_counter() - began_s) / 1e12
    _, window, decoder = name.split(":")
    return floor(int(window), decoder, tflops)[1]


def floor(window: int, decoder: str, tflops: float) -> tuple[float, float]:
    """Least arithmetic of a block of 12 frames, in 10^12 multiplications and additions, and frames a second for it."""
    import torch
    from wan_shape import (
        FRAMES_A_BLOCK,
        HEIGHT_PX,
        SIDE,
        STEPS,
        WAN_1_3B,
        WIDTH_PX,
        decoder_flops,
        make_codec,
        pass_flops,
    )

    tokens = (HEIGHT_PX // SIDE // 2) * (WIDTH_PX // SIDE // 2)
    with torch.device("meta"):
        codec = make_codec(decoder, WAN_1_3B)
    block = (STEPS + 1) * pass_flops(WAN_1_3B, window, tokens) + decoder_flops(codec, HEIGHT_PX, WIDTH_PX)
    return block / 1e12, FRAMES_A_BLOCK * tflops * 1e12 / block


def print_floor(tflops: float) -> None:
    """The table of floors."""
    print(f"\nWan2.1 1.3B, 832x480, blocks of 12 frames, 4 + 1 passes, at {tflops:g} TFLOP/s:")
    print("window  decoder  TFLOP a block  frames/s at most")
    for name in WAN:
        _, window, decoder = name.split(":")
        block, fps = floor(int(window), decoder, tflops)
        print(f"{window:6}  {decoder:7}  {block:13.1f}  {fps:16.1f}")


def print_speeds(found: list[dict[str, Any]]) -> None:
    """The tables of speeds."""
    for one in found:
        videos = one["videos"]
        halves = [video["chunks"][len(video["chunks"]) // 2 :] for video in videos]
        seconds = sorted(chunk[1] for half in halves for chunk in half)
        print(f"\n{one['name']}, {one['size']}, {one['where']}, {one['n_frames']} frames, n = {one['n']}")
        rows = [
            ("model, frames/s", spread([rate(video["chunks"], (2,)) for video in videos])),
            ("+ decoding, frames/s", spread([rate(video["chunks"], (2, 3)) for video in videos])),
            (
                "end to end, frames/s",
                spread([frames(video["chunks"]) / video["total_s"] for video in videos]),
            ),
            ("frames/s of CPU time", spread([frames(video["chunks"]) / video["cpu_s"] for video in videos])),
            ("steady, frames/s", spread([rate(half, (1,)) for half in halves])),
            (
                "chunk, s: median, 95 %",
                f"{median(seconds):.3f}, {seconds[int(0.95 * (len(seconds) - 1))]:.3f}",
            ),
            ("first chunk, s: warm", spread([video["first_s"] for video in videos], 3)),
            ("first chunk, s: cold", f"{one['cold_s']:.2f}"),
            ("memory, MB", f"{one['memory_bytes'] / 1e6:.0f}"),
        ]
        if one["floor_fps"] is not None:
            rows.append(("at most by its arithmetic, frames/s", f"{one['floor_fps']:.1f}"))
        for name, value in rows:
            print(f"{name:36}  {value}")


def frames(chunks: list[list[float]]) -> float:
    """Frames of some chunks."""
    return sum(chunk[0] for chunk in chunks)


def rate(chunks: list[list[float]], columns: tuple[int, ...]) -> float | None:
    """Frames over the seconds of some columns; None where no seconds are told."""
    seconds = sum(chunk[column] for chunk in chunks for column in columns)
    return frames(chunks) / seconds if seconds else None


def spread(values: list[float | None], digits: int = 1) -> str:
    """Median, and least and most in brackets."""
    told = [value for value in values if value is not None]
    if not told:
        return "-"
    return f"{median(told):.{digits}f} ({min(told):.{digits}f}-{max(told):.{digits}f})"


if __name__ == "__main__":
    main()
