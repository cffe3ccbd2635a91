"""What a report says of the run it is about."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunInfo:
    """A run as named in its reports."""

    name: str
    """How the run is called: the name of its folder."""
    folder: Path | None = None
    """The run folder, under which evidence files are; None for clips that are in memory."""
    facts: tuple[tuple[str, str], ...] = ()
    """More to say at the top, as (what, value)."""


def read_run_info(run: Path) -> RunInfo:
    """What the run folder says of the run."""
    return RunInfo(name=run.resolve().name, folder=run)
