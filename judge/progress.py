"""What a run says while it goes on, and what it comes to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lawful.judge.bill import Bill
from lawful.judge.records import Answer


@dataclass(frozen=True)
class Started:
    """The inputs are known and the first is about to be looked at."""

    folder: Path
    """The run folder."""
    n_inputs: int
    """Videos."""
    n_looks: int
    """Looks to take: videos x suites x judges x repeats, for the whole clips and for each time of `until`."""


@dataclass(frozen=True)
class Looked:
    """One look is in the store."""

    name: str
    """The input's name."""
    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge."""
    source: Literal["judged", "stored", "failed", "too_short"]
    """Judged now; in the store before; not to be scored; or not taken, because the clip ends before `until_s`."""
    answer: Answer | None = None
    """The answer by what was judged now; None where nothing was."""
    error: str | None = None
    """Why it could not be scored."""
    until_s: float | None = None
    """Where the look ends; None for the whole clip."""


@dataclass(frozen=True)
class Note:
    """Something the user should know; the run goes on."""

    text: str
    """One sentence."""


Progress = Started | Looked | Note
Listener = Callable[[Progress], None]


@dataclass(frozen=True)
class RunSummary:
    """What a command did."""

    folder: Path
    """The run folder."""
    names: tuple[str, ...]
    """The inputs of this command; the folder may hold more from others before it."""
    n_judged: int = 0
    """Looks taken now."""
    n_stored: int = 0
    """Looks whose verdicts were in the store."""
    n_failed: int = 0
    """Looks that came to nothing."""
    n_too_short: int = 0
    """Looks that were not taken, because the clip is shorter."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Inputs that could not be scored, by name, and why."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Files that are no videos, counted by reason."""
    prompts_without_video: tuple[str, ...] = ()
    """Files that the prompts file names and that are not among the inputs."""
    videos_without_prompt: tuple[str, ...] = ()
    """Inputs that the prompts file does not name; empty where no such file was given."""
    spent: Mapping[str, Bill] = field(default_factory=dict)
    """What was asked of servers now, by judge."""
    stopped: str | None = None
    """Why not all was asked: the budget is spent; None where all was."""


@dataclass(frozen=True)
class Forecast:
    """What a command would do."""

    folder: Path
    """The run folder."""
    names: tuple[str, ...]
    """The inputs."""
    n_looks: int
    """Looks: videos x suites x judges x repeats, for the whole clips and for each time of `until`."""
    n_questions: int
    """Questions over all looks."""
    n_questions_stored: int
    """Those whose verdicts are in the store."""
    failed: Mapping[str, str]
    """Inputs that cannot be read, by name, and why."""
    skipped: Mapping[str, int]
    """Files that are no videos, counted by reason."""
    prompts_without_video: tuple[str, ...]
    """Files that the prompts file names and that are not among the inputs."""
    videos_without_prompt: tuple[str, ...]
    """Inputs that the prompts file does not name."""
    n_too_short: int = 0
    """Looks beside those that will not be taken, because the clip is known to be shorter."""
    bills: Mapping[str, Bill] = field(default_factory=dict)
    """What would be asked of servers, by judge: estimates."""


def silent(progress: Progress) -> None:
    """A listener that does nothing."""
