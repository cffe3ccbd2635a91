"""What a report says of its run before the first clip."""

from dataclasses import dataclass
from pathlib import Path

from lawful.reports.results import ResultSection

_VERSIONS = ("lawful", "python")
"""The other versions are in `run.toml`."""


@dataclass(frozen=True)
class ReportHead:
    """The top of a report."""

    name: str
    """How the run is called: the name of its folder."""
    run: Path | None = None
    """The run folder, under which evidence files are; None for clips that are in memory."""
    facts: tuple[tuple[str, str], ...] = ()
    """More to say at the top, as (what, value)."""
    sections: tuple[ResultSection, ...] = ()
    """Results to show before the clips, on the page and in Markdown and JSON."""


def read_head(run: Path) -> ReportHead:
    """What a run folder says of the run.

    Raises:
        InputError: No run is here, or it is damaged or of a newer version.
    """
    from lawful.judge.reading import licences, run_info, thresholds_made_on

    file = run_info(run).file
    facts = []
    if file is not None:
        facts.append(("made by", f"lawful {file.command}"))
        shown = [f"{name} {file.versions[name]}" for name in _VERSIONS if name in file.versions]
        facts.append(("versions", ", ".join(shown)))
    facts += [(f"licence of {name}'s weights", text) for name, text in licences(run).items()]
    facts += [(f"thresholds of {name}", text) for name, text in thresholds_made_on(run).items()]
    return ReportHead(name=run.resolve().name, run=run, facts=tuple(facts))
