import os
import pty
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from lawful.cli.tables import plain_table

CELL = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=12)


@given(st.lists(st.tuples(CELL, CELL), max_size=5))
def test_every_row_is_a_line_and_nothing_is_cut_off(rows: list[tuple[str, str]]) -> None:
    lines = plain_table(["first", "second"], rows).split("\n")
    assert len(lines) == len(rows) + 1
    start = lines[0].index("second")
    for line, (first, second) in zip(lines[1:], rows, strict=True):
        assert line[:start].rstrip() == " ".join(first.split())
        assert line[start:] == " ".join(second.split())


def test_line_breaks_and_tabs_do_not_break_the_table() -> None:
    assert plain_table(["a", "b"], [["1\n2", "x\ty"]]) == "a    b\n1 2  x y"


def test_in_a_terminal_the_table_is_drawn() -> None:
    ours, theirs = pty.openpty()
    code = "from lawful.cli.tables import print_table; print_table(['a', 'b'], [['1', '[red]x[/red]']])"
    subprocess.run(
        [sys.executable, "-c", code],
        stdout=theirs,
        check=True,
        timeout=60,
        env=os.environ | {"TERM": "xterm"},
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "─" in shown
    assert "[red]x[/red]" in shown  # a suite's text is shown as it is, not obeyed
