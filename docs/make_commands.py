"""Puts what can be computed into the documentation, between a mark and `<!-- end -->`.

The marks are `<!-- run: lawful ... -->`, `<!-- file: examples/x.json -->`, `<!-- laws -->`, `<!-- families -->`.

    python docs/make_commands.py          writes the pages anew
    python docs/make_commands.py --check  fails if a page is stale

Each command is run in the repository root and must end with the exit code given as `<!-- run 1: ... -->`, or 0.
"""

import os
import re
import shlex
import sys
from pathlib import Path

DOCS = Path(__file__).parent
WIDTH = "80"
_BLOCK = re.compile(
    r"(?P<head><!-- (?P<what>run|file|laws|families)\b(?P<rest>[^\n]*?) -->\n).*?<!-- end -->", re.DOTALL
)
_RUN = re.compile(r"(?: (?P<code>\d+))?: (?P<line>lawful.*)")


def renewed(page: str) -> str:
    """The page with every block written anew."""
    return _BLOCK.sub(
        lambda block: f"{block['head']}{_content(block['what'], block['rest'])}<!-- end -->", page
    )


def _content(what: str, rest: str) -> str:
    if what == "run":
        run = _RUN.fullmatch(rest)
        if run is None:
            raise SystemExit(f"not understood: run{rest}")
        return _output(run["line"], int(run["code"] or 0))
    if what == "file":
        path = DOCS / rest.removeprefix(":").strip()
        return f"```{path.suffix[1:]}\n{path.read_text(encoding='utf-8').strip()}\n```\n"
    return _laws() if what == "laws" else _families()


def _output(line: str, code: int) -> str:
    from click.testing import CliRunner

    from lawful.cli.main import lawful

    runner = CliRunner(env={"COLUMNS": WIDTH, "NO_COLOR": "1"})
    result = runner.invoke(lawful, shlex.split(line)[1:], prog_name="lawful")
    if result.exit_code != code:
        raise SystemExit(f"{line}: exit code {result.exit_code}, not {code}\n{result.output}")
    text = "\n".join(row.rstrip() for row in result.output.strip("\n").splitlines())
    return f"```console\n$ {line}\n{text}\n```\n"


def _laws() -> str:
    from lawful.checklists.laws import laws

    rows = ["| id | group | what it says | elsewhere |", "|---|---|---|---|"]
    for law in laws().values():
        aliases = "; ".join(f"{taxonomy}: {', '.join(names)}" for taxonomy, names in law.aliases.items())
        rows.append(f"| `{law.id}` | {law.group} | {law.definition} | {aliases} |")
    return "\n".join(rows) + "\n"


def _families() -> str:
    from lawful.checklists.laws import families

    rows = ["| id | what is seen | laws |", "|---|---|---|"]
    for family in families().values():
        rows.append(f"| `{family.id}` | {family.definition} | {', '.join(family.laws)} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Write the pages anew, or check them."""
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        raise SystemExit(__doc__)
    os.chdir(DOCS.parent)
    stale = []
    for path in sorted([*DOCS.glob("*.md"), *DOCS.glob("commands/*.md")]):
        page = path.read_text(encoding="utf-8")
        new = renewed(page)
        if new != page:
            stale.append(path.relative_to(DOCS.parent))
            if not check:
                path.write_text(new, encoding="utf-8")
    if check and stale:
        names = ", ".join(map(str, stale))
        raise SystemExit(f"stale: {names}. Run: python docs/make_commands.py")
    print(f"{'rewritten' if stale else 'up to date'}: {', '.join(map(str, stale)) or 'all pages'}")


if __name__ == "__main__":
    main()
