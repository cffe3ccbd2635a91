from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest

from lawful.core import registry


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replaces the installed plug-ins by the given ones, name=module, in a registry of its own."""

    def replace(**modules: str) -> None:
        points = [EntryPoint(name, module, registry.GROUP) for name, module in modules.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: points)
        monkeypatch.setattr(registry, "_entries", {})
        monkeypatch.setattr(registry, "_broken", [])
        monkeypatch.setattr(registry, "_loaded", False)

    return replace
