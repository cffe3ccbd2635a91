"""`lawful layout`: generated videos as a benchmark's own tools want them."""

from pathlib import Path

import click

_LAYOUTS = ("vbench", "vbench2", "physics-iq", "phygenbench", "videophy")


@click.command("layout")
@click.argument("name", metavar="BENCHMARK", type=click.Choice(_LAYOUTS))
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="NEW",
              help="The new folder.")  # fmt: skip
@click.option("--copy", is_flag=True, help="Copy the files instead of linking to them.")
@click.option("--quiet", is_flag=True, help="No progress.")
def layout(name: str, folder: Path, out: Path, copy: bool, quiet: bool) -> None:
    """Lay out generated videos as a benchmark's own tools want them.

    DIR is a folder that `lawful generate` made. BENCHMARK is vbench, vbench2, physics-iq, phygenbench or videophy:
    docs/generating.md says how each names its files and tells cases apart. What the benchmark wants beyond the names,
    such as a number of videos a prompt, is told where it is lacking.
    """
    from lawful.cli.progress import counted
    from lawful.generators.generate.lay_out import lay_out

    with counted(quiet, "videos") as tell:
        done = lay_out(folder, name, out, copy, tell)
    for note in done.notes:
        click.echo(f"Note: {note}", err=True)
    if done.n_cut:
        click.echo(f"Note: {done.n_cut} videos were cut to length, and so are encoded once more", err=True)
    click.echo(f"{done.n_videos} videos in {out}")
    for table in done.tables:
        click.echo(str(table))
