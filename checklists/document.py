"""Suites as their JSON documents: the inverse of `lawful.checklists.load`."""

from collections.abc import Iterable
from typing import Any

from lawful.checklists.load import SCHEMA
from lawful.checklists.suite import Case, Question, Scale, Suite


def suite_document(suite: Suite) -> dict[str, Any]:
    """The JSON value of a suite in the format of `suite.schema.json`; reading it gives the suite again.

    Raises:
        ValueError: Two questions use different scales of one name.
    """
    questions = [*suite.questions, *(q for case in suite.cases.values() for q in case.questions)]
    return {
        "schema": SCHEMA,
        "id": suite.id,
        "version": suite.version,
        "title": suite.title,
        "licence": suite.licence,
        **({} if suite.gate_at is None else {"gate_at": suite.gate_at}),
        "scales": _scales(question.scale for question in questions),
        "questions": [_question(question) for question in suite.questions],
        "cases": [_case(case) for case in suite.cases.values()],
    }


def _scales(scales: Iterable[Scale]) -> dict[str, Any]:
    held: dict[str, Scale] = {}
    for scale in scales:
        if held.setdefault(scale.id, scale) != scale:
            raise ValueError(f"two different scales are called {scale.id!r}")
    return {name: {"labels": dict(scale.values)} for name, scale in held.items()}


def _question(question: Question) -> dict[str, Any]:
    optional = {
        "law": question.law,
        "families": list(question.families) or None,
        "depends_on": list(question.depends_on) or None,
        "tier": question.tier,
    }
    document = {
        "id": question.id,
        "text": question.text,
        "axis": question.axis,
        "scale": question.scale.id,
    }
    return document | {key: value for key, value in optional.items() if value is not None}


def _case(case: Case) -> dict[str, Any]:
    optional = {
        "first_frame": case.first_frame,
        "expected": case.expected,
        "seeds": list(case.seeds) or None,
        "questions": [_question(question) for question in case.questions] or None,
        "answers": dict(case.answers) or None,
    }
    document = {"id": case.id, "prompt": case.prompt}
    return document | {key: value for key, value in optional.items() if value is not None}
