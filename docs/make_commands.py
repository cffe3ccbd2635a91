"""Puts what can be computed into the documentation, between a mark and `<!-- end -->`.

The marks are `<!-- run: lawful ... -->`, `<!-- file: examples/x.json -->`, `<!-- laws -->`, `<!-- families -->`,
`<!-- statistics -->`, `<!-- awkward -->` and `<!-- generators -->`.

    python docs/make_commands.py          writes the pages anew
    python docs/make_commands.py --check  fails if a page is stale

Each command is run in the repository root and must end with the exit code given as `<!-- run 1: ... -->`, or 0.
"""

import importlib
import importlib.util
import inspect
import math
import os
import pkgutil
import re
import shlex
import sys
from pathlib import Path

DOCS = Path(__file__).parent
WIDTH = "80"
_BLOCK = re.compile(
    r"(?P<head><!-- (?P<what>run|file|laws|families|statistics|awkward|generators)\b(?P<rest>[^\n]*?) -->\n).*?<!-- end -->",
    re.DOTALL,
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
    made = {
        "laws": _laws, "families": _families, "statistics": _statistics, "awkward": _awkward, "generators": _generators,
    }  # fmt: skip
    return made[what]()


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


def _statistics() -> str:
    """Every public function of `reports/stats/` with the first line of its docstring and its source."""
    import lawful.reports.stats as package

    rows = ["| function | what it is | source |", "|---|---|---|"]
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        for name, member in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(member) or member.__module__ != module.__name__:
                continue
            if found.name in ("inputs", "result"):
                continue
            text = inspect.getdoc(member) or ""
            source = re.search(r"^Source: (.*?)(?:\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
            told = " ".join(source[1].split()) if source else ""
            rows.append(f"| `{found.name}.{name}` | {text.splitlines()[0]} | {told} |")
    return "\n".join(rows) + "\n"


def _generators() -> str:
    """What each generator that ships can be asked for."""
    from lawful.generators.known import known

    controls = ("first_frame", "prefix", "prompt_switch", "tracks", "size", "branch")
    titles = (*(control.replace("_", " ") for control in controls), "streams")
    rows = [
        f"| generator | {' | '.join(titles)} | own size, frames/s | trained on | at most | licence of the weights |",
        "|---|" + "---|" * (len(titles) + 4),
    ]
    notes = []
    for row in known().values():
        can = row.can
        cells = ["yes" if control in can.controls else "" for control in controls]
        cells += ["yes" if row.streams else ""]
        size = f"{can.width_px}x{can.height_px}, {can.fps:g}"
        lengths = ("not known" if can.trained_frames is None else f"{can.trained_frames} frames",
                   "any length" if can.max_frames is None else f"{can.max_frames} frames")  # fmt: skip
        rows.append(f"| `{row.name}` | {' | '.join([*cells, size, *lengths, can.licence])} |")
        if row.note:
            notes.append(f"- `{row.name}`: {row.note}.")
    return "\n".join([*rows, "", *notes]) + "\n"


def _awkward() -> str:
    """What each statistic answers to awkward data: the table that the tests hold it to."""
    path = DOCS.parent / "tests" / "reports" / "stats" / "test_edges.py"
    spec = importlib.util.spec_from_file_location("awkward_data", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = [f"| statistic | {' | '.join(module.CASES)} |", "|---|" + "---|" * len(module.CASES)]
    for name, (_, answers) in module.TABLE.items():
        cells = [
            answer if isinstance(answer, str) else "NaN" if math.isnan(answer) else f"{answer:g}"
            for answer in answers
        ]
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
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
