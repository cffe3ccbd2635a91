import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def document() -> dict[str, Any]:
    """A valid suite that uses every part of the format."""
    return {
        "schema": "lawful.suite/1",
        "id": "kitchen",
        "version": "2",
        "title": "Things that happen in kitchens",
        "licence": "CC-BY-4.0",
        "scales": {
            "yes_no": {"labels": {"yes": 1, "no": 0}},
            "three": {"labels": {"right": 1.0, "in part": 0.5, "wrong": 0}},
        },
        "questions": [
            {"id": "cup_seen", "text": "Is the cup in view throughout?", "axis": "prompt", "scale": "yes_no"},
            {
                "id": "cup_falls",
                "text": "Does the cup fall?",
                "axis": "physics",
                "scale": "three",
                "law": "gravity",
                "families": ["hover", "wrong_gravity"],
                "depends_on": ["cup_seen"],
                "tier": 2,
            },
        ],
        "cases": [
            {
                "id": "cup-1",
                "prompt": "A cup is pushed off a table.",
                "first_frame": "frames/cup.png",
                "expected": "It falls and breaks.",
                "seeds": [0, 7],
                "questions": [
                    {
                        "id": "breaks",
                        "text": "Does it break?",
                        "axis": "physics",
                        "scale": "yes_no",
                        "law": "material",
                        "depends_on": ["cup_falls"],
                    }
                ],
                "answers": {"cup_falls": "in part", "breaks": "no"},
            },
            {"id": "pan-1", "prompt": "A pan stands on a stove."},
        ],
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a value as JSON, or text as it is, and gives the path."""

    def write_to(value: Any) -> Path:
        path = tmp_path / "suite.json"
        content = value if isinstance(value, str | bytes) else json.dumps(value)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_to
