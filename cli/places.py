"""Places, as they are shown to users."""

from pathlib import Path


def shown_path(path: Path) -> str:
    """A path from where the user is, if it is below that; else as it is."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
