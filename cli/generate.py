"""`lawful generate`: videos for the cases of a suite."""

import json
import shlex
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from lawful.cli.places import shown_path
from lawful.cli.sizes import size_in_px
from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.generators.generate.asked import GenerateRequest
    from lawful.generators.generate.progress import ChunkMade, Progress

SHOWN_FILES = 20


def _names(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    given = [[name.strip() for name in text.split(",") if name.strip()] for text in value]
    if not all(given):
        raise click.BadParameter("names at least one.")
    return tuple(name for names in given for name in names)


@click.command("generate")
@click.argument("suite")
@click.option("--generator", "generators", multiple=True, required=True, callback=_names, metavar="NAME,...",
              help="Generators; `lawful list generators` names them.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="The folder: videos by generator and case, and manifest.jsonl.")  # fmt: skip
@click.option("--seeds", metavar="RANGES",
              help="Seeds of every case, such as 0:4 for 0, 1, 2, 3, or 0,7.  [default: each case's own, else 0]")  # fmt: skip
@click.option("--cases", multiple=True, callback=_names, metavar="ID,...",
              help="Only these cases; patterns such as 'science/*' too.  [default: all]")  # fmt: skip
@click.option("--frames", "n_frames", type=click.IntRange(min=1), metavar="N",
              help="Frames of a video.  [default: as the generator was trained, else its longest, else 2 s]")  # fmt: skip
@click.option("--duration", "duration_s", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help="Length of a video in seconds, instead of --frames.")  # fmt: skip
@click.option("--fps", type=click.FloatRange(min=0, min_open=True), metavar="F",
              help="Frames a second, for generators that take it.  [default: the generator's own]")  # fmt: skip
@click.option("--size", callback=size_in_px, metavar="WxH",
              help="Size in pixels, for generators that take it.  [default: the generator's own]")  # fmt: skip
@click.option("--device", metavar="NAME",
              help="Where the models run, such as cpu or cuda:0; several, such as cuda:0,cuda:1, share the videos, a "
                   "process for each.  [default: each generator's own choice]")  # fmt: skip
@click.option("--dtype", metavar="NAME",
              help="Number format of the weights, such as bfloat16.  [default: each generator's own choice]")  # fmt: skip
@click.option("--generator-config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="TOML file with a table of settings for each generator, such as [tiny-causal].")  # fmt: skip
@click.option("--stream", is_flag=True,
              help="Print a JSON line for each chunk as soon as it is made; its frames lie in a file of their own "
                   "until the video is whole.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be made; write nothing.")
@click.option("--quiet", is_flag=True, help="No progress and no table: notes, failures and the folder only.")
@click.pass_context
def generate(
    context: click.Context,
    seeds: str | None,
    size: tuple[int, int] | None,
    generator_config: Path | None,
    stream: bool,
    dry_run: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Make videos for the cases of SUITE, with a manifest that `lawful score` reads.

    SUITE is a name or the path of a .json file, and has cases. The same command goes on where it was stopped and
    tries again what failed; more generators, cases and seeds may be added to a folder.

    Exit codes: 0 all videos are there; 1 some could not be made, or an error; 2 wrong usage, or something asked for
    by name is not here; 130 stopped by Ctrl-C.
    """
    from lawful.core.toml_file import read_settings
    from lawful.generators.generate.asked import GenerateRequest, parse_seeds

    width, height = size or (None, None)
    try:
        config = {} if generator_config is None else read_settings(generator_config, "generators")
        request = GenerateRequest(
            seeds=None if seeds is None else parse_seeds(seeds),
            config=config,
            width_px=width,
            height_px=height,
            keep_chunks=stream,
            **options,
        )
    except InputError as error:
        raise click.UsageError(str(error)) from error
    if dry_run:
        _show_forecast(request)
    else:
        context.exit(_generate_and_show(request, quiet, stream))


def _generate_and_show(request: "GenerateRequest", quiet: bool, stream: bool) -> int:
    from lawful.cli.generating import filming
    from lawful.generators.generate.produce import generate as make
    from lawful.generators.generate.progress import ChunkMade

    with filming(quiet) as listener:

        def listen(event: "Progress") -> None:
            if stream and isinstance(event, ChunkMade):
                click.echo(_line(event))
            listener(event)

        summary = make(request, listen)
    if not quiet:
        _print_outcome(request, summary.n_made, summary.n_kept, err=stream)
    for file, why in list(summary.failed.items())[:SHOWN_FILES]:
        click.echo(f"failed: {file}: {why}", err=True)
    if len(summary.failed) > SHOWN_FILES:
        click.echo(f"failed: and {len(summary.failed) - SHOWN_FILES} more", err=True)
    folder = shown_path(summary.folder)
    following = f"lawful score {shlex.quote(folder)} --suite {shlex.quote(request.suite)}"
    told = folder if quiet else f"\nvideos: {folder}\nnext: {following}"
    click.echo(told, err=stream)
    return 1 if summary.failed else 0


def _line(event: "ChunkMade") -> str:
    return json.dumps({
        "file": event.file,
        "chunk": event.chunk,
        "first_frame": event.first_frame,
        "last_frame": event.last_frame,
        "given": event.given,
        "final": event.final,
        "seconds": round(event.spent_s, 4),
        "piece": None if event.piece is None else str(event.piece),
    })  # fmt: skip


def _print_outcome(request: "GenerateRequest", n_made: int, n_kept: int, err: bool) -> None:
    from lawful.cli.tables import plain_table
    from lawful.generators.manifest import MANIFEST, read_manifest

    rows = []
    for name in dict.fromkeys(request.generators):
        found = [row for row in read_manifest(request.out / MANIFEST).values() if row.generator == name]
        if not found:
            continue
        rate = median((row.n_frames - row.n_given) / row.total_s for row in found)
        first_s = median(row.first_chunk_s for row in found)
        sizes = ", ".join(sorted({f"{row.width_px}x{row.height_px}, {row.fps:g} fps" for row in found}))
        rows.append([name, str(len(found)), sizes, f"{rate:.1f}", f"{first_s:.2f}"])
    if rows:
        columns = ["generator", "videos", "size", "frames/s", "first chunk, s"]
        click.echo(plain_table(columns, rows), err=err)
        click.echo("", err=err)
    click.echo(f"{n_made} made now, {n_kept} there before", err=err)


def _memory(n_bytes: int | None) -> str:
    if n_bytes is None:
        return "not stated"
    return f"{n_bytes / 2**30:.2f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.0f} MiB"


def _show_forecast(request: "GenerateRequest") -> None:
    from lawful.cli.tables import print_table
    from lawful.generators.generate.produce import forecast

    found = forecast(request)
    for file in found.files[:SHOWN_FILES]:
        click.echo(file)
    if len(found.files) > SHOWN_FILES:
        click.echo(f"and {len(found.files) - SHOWN_FILES} more")
    if found.files:
        click.echo("")
    rows = [
        [
            line.generator,
            str(line.n_videos),
            str(line.n_kept),
            str(line.n_frames),
            f"{line.width_px}x{line.height_px}, {line.fps:g} fps",
            _memory(line.memory_bytes),
        ]
        for line in found.lines
    ]
    print_table(["generator", "videos", "there before", "frames each", "size", "memory"], rows)
    n_frames = sum((line.n_videos - line.n_kept) * line.n_frames for line in found.lines)
    click.echo(f"\n{len(found.files)} videos, {n_frames} frames to make")
    for note in found.notes:
        click.echo(f"Note: {note}", err=True)
    click.echo(f"videos: {shown_path(found.folder)} (nothing was written)")
