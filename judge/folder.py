"""The folder of a run, before anything is judged: whether it may be used, and what it keeps of the arguments."""

from pathlib import Path

from lawful.core.errors import LawfulError
from lawful.core.fields import Fields
from lawful.judge.arguments import RunRequest, check_same, in_effect
from lawful.judge.runfile import (
    RUN_FILE,
    RunFile,
    changed_versions,
    read_run_file,
    versions_here,
    write_run_file,
)
from lawful.judge.schema import DATABASE
from lawful.judge.store import other_files


def keep_arguments(path: Path, request: RunRequest) -> None:
    """Write the run file, or write it again where this command takes in more videos than those before it."""
    versions = versions_here()
    if path.exists():
        before = read_run_file(path)
        effective = Fields(before.effective, str(path))
        limit = effective.optional("limit", effective.whole)
        if limit is None or (request.limit is not None and request.limit <= limit):
            return
        versions = before.versions
    write_run_file(path, RunFile("score", request.passed, in_effect(request), versions))


def check_folder(folder: Path, request: RunRequest) -> list[str]:
    """Refuse a folder that is not this run's; otherwise what is to be said of it.

    Raises:
        LawfulError: It is in the way, holds something else, or a run with other arguments.
    """
    if (folder / RUN_FILE).exists():
        file = read_run_file(folder / RUN_FILE)
        check_same(file, request, folder)
        changed = changed_versions(file)
        return [f"versions changed since this run began: {', '.join(changed)}"] if changed else []
    if folder.exists() and not folder.is_dir():
        raise LawfulError(f"{folder}: is a file, not a run folder. Choose another folder with --out.")
    if folder.is_dir() and not (folder / DATABASE).exists():
        others = other_files(folder)
        if others:
            raise LawfulError(
                f"{folder}: holds other files ({others[0]!r} ...) and no run. Choose an empty or new folder with --out."
            )
    return []
