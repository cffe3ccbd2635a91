"""`lawful worlds`: simulated clips with known truth."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lawful.cli.sizes import size_in_px
from lawful.cli.tables import print_table
from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.generators.worlds.make import Format
    from lawful.generators.worlds.pairs import Pools


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not names:
        raise click.BadParameter("names at least one, such as bounce,pendulum.")
    return names


def _format_options(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--duration", type=float, metavar="S", help="Length in seconds.  [default: by the seed, 2-3.5]"),
        click.option("--fps", type=float, metavar="F", help="Frames a second.  [default: by the seed, 8-30]"),
        click.option("--size", callback=size_in_px, metavar="WxH", help="Size in pixels.  [default: by the seed, 64-480]"),
        click.option("--plain", is_flag=True, help="Even light, cloudy surfaces, no camera moves but the scene's own."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def worlds() -> None:
    """Make simulated clips with known truth, lawful and with one law broken."""


@worlds.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: scenes, violations and splits.")
def list_worlds(as_json: bool) -> None:
    """List the scene families, the ways to break a law, and the named splits."""
    from lawful.checklists.laws import families
    from lawful.generators.worlds.breaking.violations import VIOLATIONS
    from lawful.generators.worlds.families import FAMILIES
    from lawful.generators.worlds.splits import splits

    scenes = [
        {
            "name": name,
            "kind": "solid" if family.solid else "flat",
            "hard": family.hard,
            "what": family.summary,
            "violations": list(family.possible),
        }
        for name, family in FAMILIES.items()
    ]
    laws = families()
    violations = [
        {"name": name, "laws": list(laws[name].laws), "what": laws[name].definition} for name in VIOLATIONS
    ]
    held = {
        name: {"scenes": list(pools.scenes), "violations": list(pools.violations)}
        for name, pools in splits().items()
    }
    if as_json:
        document = {"scenes": scenes, "violations": violations, "splits": held}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    rows = [[s["name"], s["kind"], str(len(s["violations"])), s["what"]] for s in scenes]
    print_table(["scene", "kind", "violations", "what is to be seen"], rows)
    click.echo()
    print_table(["violation", "laws", "what goes wrong"], [[v["name"], ", ".join(v["laws"]), v["what"]] for v in violations])  # fmt: skip
    click.echo()
    counts = [[name, str(len(part["scenes"])), str(len(part["violations"]))] for name, part in held.items()]
    print_table(["split", "scenes", "violations"], counts)


@worlds.command("make")
@click.option("--scenes", callback=_names, metavar="NAME,...",
              help="Scene families, or all, flat or solid.  [default: all of the split]")  # fmt: skip
@click.option("--violations", callback=_names, metavar="NAME,...",
              help="Ways to break a law, all, or none for lawful clips alone.  [default: all of the split]")  # fmt: skip
@click.option("--split", metavar="NAME", help="Draw from a named split: train, dev, wide, test or cross.")
@click.option("--count", type=click.IntRange(min=1), required=True, metavar="N",
              help="Pairs of a lawful clip and its broken twin; clips, with --violations none.")  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="S", help="Chooses them."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="The folder.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=0), metavar="N",
              help="Worker processes; 0 makes all in this process.  [default: one a CPU]")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
@_format_options
def make(
    scenes: tuple[str, ...] | None,
    violations: tuple[str, ...] | None,
    split: str | None,
    count: int,
    seed: int,
    out: Path,
    workers: int | None,
    quiet: bool,
    plain: bool,
    **asked: Any,
) -> None:
    """Make clips, their truth, questions with known answers, and labels.

    The same command goes on where it was stopped, and a larger --count adds to what is there. Score the clips
    by `lawful score DIR/clips --prompts DIR/prompts.csv --suite DIR/suite.json`.

    Exit codes: 0 done; 1 an error; 2 wrong usage, or something that solid scenes need is not here; 130 stopped
    by Ctrl-C.
    """
    from lawful.cli.progress import counted
    from lawful.generators.worlds.dataset import DatasetRequest, make_dataset

    pools = _pools(scenes, violations, split, plain)
    n_workers = (os.cpu_count() or 1) if workers is None else workers
    request = DatasetRequest(out, pools, count, seed, _format(**asked), n_workers)
    with counted(quiet, "pairs" if pools.violations else "clips") as heard:
        summary = make_dataset(request, heard)
    click.echo(f"{summary.n_clips} clips in {out}, {summary.n_made} of {count} made now")
    click.echo(f"next: lawful score {out}/clips --prompts {out}/prompts.csv --suite {out}/suite.json")


@worlds.command("show")
@click.argument("scene")
@click.option("--violation", metavar="NAME", help="Break a law; the lawful twin is shown above.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="S", help="Chooses the clip."
)
@click.option(
    "--columns", type=click.IntRange(1, 24), default=6, show_default=True, metavar="N", help="Frames shown."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
              help="The picture, .png, .jpg or .webp.")  # fmt: skip
@_format_options
def show(
    scene: str, violation: str | None, seed: int, columns: int, out: Path, plain: bool, **asked: Any
) -> None:
    """Draw a contact sheet of one clip with its truth: boxes, trails, touches, and where a law is broken."""
    from lawful.generators.worlds.make import make_formatted
    from lawful.generators.worlds.sheet import contact_sheet, write_picture
    from lawful.generators.worlds.variety import PLAIN, RICH

    variety, form = PLAIN if plain else RICH, _format(**asked)
    clip = make_formatted(scene, seed, violation, form, variety)
    twin = None if violation is None else make_formatted(scene, seed, None, form, variety)
    write_picture(out, contact_sheet(clip, twin, columns))
    click.echo(str(out))


def _format(duration: float | None, fps: float | None, size: tuple[int, int] | None) -> "Format":
    from lawful.generators.worlds.make import Format

    width, height = size or (None, None)
    return Format(duration_s=duration, fps=fps, width_px=width, height_px=height)


def _pools(
    scenes: tuple[str, ...] | None, violations: tuple[str, ...] | None, split: str | None, plain: bool
) -> "Pools":
    from dataclasses import replace

    from lawful.generators.worlds.families import FAMILIES
    from lawful.generators.worlds.pairs import Pools
    from lawful.generators.worlds.splits import split as named
    from lawful.generators.worlds.variety import PLAIN, RICH

    pools = Pools(variety=RICH) if split is None else named(split)
    kinds = {
        "all": pools.scenes,
        "flat": tuple(name for name in pools.scenes if not FAMILIES[name].solid),
        "solid": tuple(name for name in pools.scenes if FAMILIES[name].solid),
    }
    if scenes is not None:
        pools = replace(pools, scenes=_chosen(scenes, kinds, pools.scenes, "scene", split))
    if violations is not None:
        groups = {"all": pools.violations, "none": ()}
        pools = replace(pools, violations=_chosen(violations, groups, pools.violations, "violation", split))
    elif scenes is not None:
        # What none of the scenes can show is not asked for.
        able = {name for scene in pools.scenes for name in FAMILIES[scene].possible}
        pools = replace(pools, violations=tuple(name for name in pools.violations if name in able))
    return replace(pools, variety=PLAIN) if plain else pools


def _chosen(
    names: Sequence[str],
    groups: dict[str, tuple[str, ...]],
    known: Sequence[str],
    kind: str,
    split: str | None,
) -> tuple[str, ...]:
    chosen = dict.fromkeys(one for name in names for one in groups.get(name, (name,)))
    for name in chosen:
        if name not in known:
            where = "" if split is None else f" in the split {split}"
            raise InputError(f"no {kind} is called {name!r}{where}. Known: {', '.join([*groups, *known])}.")
    return tuple(chosen)
