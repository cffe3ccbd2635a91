r"""Results as LaTeX: braces balance whatever the names, and where LaTeX is installed it compiles."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.reports.export.latex_text import latex_number, latex_text
from lawful.reports.export.write import result_text
from lawful.reports.results import ResultDocument, ResultSection, ResultTable

ENGINES = [engine for engine in ("pdflatex", "lualatex") if shutil.which(engine)]
ALL_ASCII = "".join(map(chr, range(33, 127)))


def active(text):
    """The characters that LaTeX does not print, escaped ones and the arguments of fallbacks apart."""
    text = re.sub(r"\\lawfulchar\{.\}", "", text)
    return re.sub(r"\\([a-zA-Z]+|.)", "", text)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_nothing_in_a_text_is_obeyed(text):
    shown = active(latex_text(text))
    depth = 0
    for one in shown:
        depth += (one == "{") - (one == "}")
        assert depth >= 0
    assert depth == 0
    assert (
        set(shown.replace("$^{2}$", "").replace("$^{3}$", "").replace("$^{}$", "")) & set("\\&%#_^") == set()
    )
    assert shown.count("$") % 2 == 0
    assert not re.search("--|,,|''", shown)
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b 50% $x$ #1 & {y} ~ ^ \\", r"a\_b 50\% \$x\$ \#1 \& \{y\} \textasciitilde{} \textasciicircum{} \textbackslash{}"),
        ("[a]*", "{[}a{]}{*}"),
        ("a--b,,''", "a-{}-b,{},'{}'"),
        ("naïve Ünïcodé č", r"na\"{i}ve \"{U}n\"{i}cod\'{e} \v{c}"),
        ("τ ± β → 1", r"$\tau$ $\pm$ $\beta$ $\rightarrow$ 1"),
        ("日ŋ", r"\lawfulchar{日}{65E5}\lawfulchar{ŋ}{014B}"),
        ("a\n\n\\input{b}\x00", "a \\textbackslash{}input\\{b\\}{[}U+FFFD{]}"),
        ('"q" `r`', r"\textquotedblright{}q\textquotedblright{} \textquoteleft{}r\textquoteleft{}"),
    ],
)  # fmt: skip
def test_characters(text, shown):
    assert latex_text(text) == shown


def test_numbers():
    assert latex_number("0.50") == "0.50"
    assert latex_number("-0.50") == "$-0.50$"
    assert latex_number("-4.20e-07") == r"$-4.20 \times 10^{-7}$"
    assert (latex_number("inf"), latex_number("-inf")) == (r"$\infty$", r"$-\infty$")


def test_every_row_has_every_column(document):
    for body in re.findall(r"\\begin\{tabular\}.*?\\end\{tabular\}", result_text(document, "tex"), re.DOTALL):
        rows = [line.replace(r"\&", "") for line in body.splitlines() if line.endswith(r"\\")]
        wanted = {7} if "rank" in rows[0] else {4}
        spans = [line.count("&") + 1 + line.count(r"\multicolumn{2}") for line in rows]
        assert set(spans) == wanted


def long_document():
    rows = tuple((f"generator {number}", number / 7, number, 4.2e-9) for number in range(90))
    table = ResultTable("long", "All", ("name", "share", "count", "p"), rows)
    odd = ResultTable(
        "odd", ALL_ASCII, (ALL_ASCII, "b"), (("[x]", 0.5), ("*", 12), (ALL_ASCII, 120.0), ("\x1b\ud800", 1.0))
    )
    return ResultDocument(
        "s/1",
        ALL_ASCII,
        (("f\n", f"{ALL_ASCII}\x1b"),),
        (ResultSection("S", (), (table, odd)),),
        (ALL_ASCII,),
    )


def test_long_tables_break_over_pages():
    text = result_text(long_document(), "tex")
    assert "% Packages: booktabs and longtable." in text
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 1
    assert r"12\phantom{.000} \\" in text
    assert r"120.0\phantom{00} \\" in text


@pytest.mark.parametrize("engine", ENGINES)
def test_it_compiles(document, engine, tmp_path):
    parts = {"one": document, "two": long_document()}
    for name, part in parts.items():
        (tmp_path / f"{name}.tex").write_text(result_text(part, "tex"), encoding="utf-8")
    inputs = "".join(rf"\input{{{name}}}" for name in parts)
    main = rf"\documentclass{{article}}\usepackage{{booktabs,longtable}}\begin{{document}}{inputs}\end{{document}}"
    (tmp_path / "main.tex").write_text(main)
    done = subprocess.run(
        [engine, "-interaction=nonstopmode", "-halt-on-error", "main.tex"],
        cwd=tmp_path, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
