"""Text and numbers in LaTeX: every character shows as itself in any engine, or says its number."""

import re
import unicodedata

from lawful.reports.cells import plain_line

PREAMBLE = r"""\DeclareRobustCommand{\lawfulchar}[2]{\ifdefined\directlua#1\else\ifdefined\XeTeXversion#1\else[U+#2]\allowbreak\fi\fi}"""
"""Characters that only some fonts have: LuaTeX and XeTeX try, pdfTeX prints the character's number."""

_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip
_GREEK_NAMES = """alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon
varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"""
_GREEK = {
    letter: f"$\\{name}$"
    for letter, name in zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ", _GREEK_NAMES.split(), strict=True)
}
_SPECIAL = {
    **_GREEK,
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # After a line's end a bracket or a star would be read as its argument.
    "[": "{[}", "]": "{]}", "*": "{*}",
    '"': r"\textquotedblright{}", "`": r"\textquoteleft{}", "–": r"\textendash{}", "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}", "’": r"\textquoteright{}", "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}",
    "…": r"\ldots{}",
    # What stands for a character that cannot be shown; LuaTeX takes it for a damaged file.
    "\ufffd": "{[}U+FFFD{]}",
    "×": r"$\times$", "±": r"$\pm$", "−": "$-$", "·": r"$\cdot$", "≤": r"$\leq$", "≥": r"$\geq$", "≠": r"$\neq$",
    "≈": r"$\approx$", "→": r"$\rightarrow$", "←": r"$\leftarrow$", "∞": r"$\infty$", "µ": r"$\mu$",
    "°": r"$^{\circ}$", "²": "$^{2}$", "³": "$^{3}$", "½": r"$\frac{1}{2}$", "§": r"\S{}", "\xa0": "~",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}",
    "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "å": r"\aa{}", "Å": r"\AA{}",
}  # fmt: skip
_LIGATURE = re.compile(r"([-,'])(?=\1)")
"""Fonts make one sign of two of these."""
_POWER = re.compile(r"(-?[0-9.]+)e([+-][0-9]+)")


def latex_text(text: str) -> str:
    r"""Text on one line that LaTeX prints as it is.

    >>> print(latex_text("50 % of a_b & é, 日"))
    50 \% of a\_b \& \'{e}, \lawfulchar{日}{65E5}
    """
    shown = "".join(_character(one) for one in unicodedata.normalize("NFC", plain_line(text)))
    return _LIGATURE.sub(r"\1{}", shown)


def latex_number(value: str) -> str:
    r"""A number as `shown_number` writes it.

    >>> print(latex_number("-0.50"), latex_number("4.20e-07"), latex_number("NaN"))
    $-0.50$ $4.20 \times 10^{-7}$ NaN
    """
    power = _POWER.fullmatch(value)
    if power:
        return rf"${power[1]} \times 10^{{{int(power[2])}}}$"
    if value.endswith("inf"):
        return "$" + value.replace("inf", r"\infty") + "$"
    return f"${value}$" if value.startswith("-") else value


def _character(one: str) -> str:
    if one in _SPECIAL:
        return _SPECIAL[one]
    if one.isascii():
        return one
    base, *marks = unicodedata.normalize("NFD", one)
    if base.isascii() and base.isalpha() and len(marks) == 1 and marks[0] in _ACCENTS:
        return f"\\{_ACCENTS[marks[0]]}{{{base}}}"
    return rf"\lawfulchar{{{one}}}{{{ord(one):04X}}}"
