"""What commands share that end in a document of results."""

import io
import sys
import time

import pytest

from lawful.cli import documents


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal_of(monkeypatch, shown_after_s=0.05):
    """Stands in for stderr; set within the test, because pytest puts its own there before it."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(documents, "_SHOWN_AFTER_S", shown_after_s)
    return stream


def test_a_bar_is_there_before_anything_is_told(monkeypatch):
    terminal = terminal_of(monkeypatch)
    with documents.watched("comparing", quiet=False) as tell:
        time.sleep(0.4)
        assert "comparing" in terminal.getvalue()
        tell(3, 4)
        time.sleep(0.2)
    assert "75%" in terminal.getvalue()


@pytest.mark.parametrize("quiet", [False, True])
def test_what_is_quick_or_quiet_has_no_bar(monkeypatch, quiet):
    terminal = terminal_of(monkeypatch, 0.05 if quiet else 60)
    with documents.watched("comparing", quiet=quiet) as tell:
        tell(1, 4)
        time.sleep(0.2)
    assert terminal.getvalue().strip() == ""


def stopped():
    with documents.watched("comparing", quiet=False):
        time.sleep(0.2)
        raise KeyboardInterrupt


def test_an_error_ends_the_bar(monkeypatch):
    terminal = terminal_of(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert "\x1b[?25h" in terminal.getvalue()  # The cursor is shown again.
