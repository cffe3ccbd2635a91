"""Packages that are optional: imported when first needed, with a clear message when absent."""

import importlib
from types import ModuleType

from lawful.core.errors import AbsentError


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional package.

    Args:
        module: Name to import, such as "torch".
        extra: The extra of this project that installs it.
        purpose: What it is needed for, as the end of "... is needed for".

    Raises:
        AbsentError: It is not installed; the message holds the line that installs it.
        ImportError: It is installed and cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # it is here, and lacks something of its own
        message = f"{module} is needed for {purpose} and is not installed. Run: pip install 'lawful[{extra}]'"
        raise AbsentError(message) from error
