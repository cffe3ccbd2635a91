"""Templates of pages: what goes into one is escaped, and never the word None."""

import math
import re
from functools import cache
from importlib.resources import files
from typing import Any

from lawful.reports.figures import law_hue, law_name
from lawful.reports.rows import clean_text

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def source(name: str) -> str:
    """The text of a template, style or script."""
    return (files("lawful.reports.templates") / name).read_text(encoding="utf-8")


def markup(text: str) -> Any:
    """Text that is shown as it is, without escaping."""
    from markupsafe import Markup

    return Markup(text)


@cache
def environment() -> Any:
    """What templates are read and filled with."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"number": _number, "seconds": _seconds, "magnitude": _magnitude, "minus": _minus}
    environment.globals |= {"law_name": law_name, "law_hue": law_hue}
    return environment


def _shown(value: Any) -> Any:
    """What goes into the page: never the word None, no control characters, no lone surrogates."""
    if value is None:
        raise ValueError("the page's template shows a value that is None")
    if type(value) is str:
        return _CONTROLS.sub("\ufffd", clean_text(value))
    return value


def _number(value: float | None, digits: int = 2) -> str:
    return "NaN" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _seconds(value: float) -> str:
    return f"{value:.2f}"


def _magnitude(value: float) -> str:
    return f"{value:.3g}"


def _minus(number: str) -> str:
    """A number with the sign that is as wide as its plus."""
    return number.replace("-", "−")
