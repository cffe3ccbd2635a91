"""The importers by name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lawful.checklists.importers.implausibench import implausibench
from lawful.checklists.importers.items import Item
from lawful.checklists.importers.mme_cof import QUESTIONS as MME_COF_QUESTIONS
from lawful.checklists.importers.mme_cof import mme_cof
from lawful.checklists.importers.ovo_bench import ovo_bench
from lawful.checklists.importers.phyground import phyground
from lawful.checklists.importers.physics_iq import physics_iq
from lawful.checklists.importers.ruler import ruler
from lawful.checklists.importers.v_star import v_star
from lawful.checklists.importers.vbench import vbench
from lawful.checklists.importers.vcrbench import vcrbench
from lawful.checklists.importers.videophy2 import PC, videophy2
from lawful.checklists.importers.worldmodelbench import QUESTIONS as WORLDMODELBENCH_QUESTIONS
from lawful.checklists.importers.worldmodelbench import worldmodelbench
from lawful.checklists.suite import Question
from lawful.core.errors import AbsentError


@dataclass(frozen=True)
class ImportFormat:
    """A format of published files."""

    name: str
    """What users type; the id of the suite, if they give no other."""
    title: str
    """What the suite is, in one line."""
    files: str
    """What the files are, in words."""
    licence: str
    """SPDX id of the published texts; NOASSERTION where none is stated."""
    read: Callable[[Sequence[Path]], Iterator[Item]]
    """What comes of some files."""
    questions: tuple[Question, ...] = ()
    """Asked of every video, beside those of its case."""


FORMATS: Mapping[str, ImportFormat] = {
    one.name: one
    for one in (
        ImportFormat(
            "ruler", "RULER-Bench: checklists on rules", "data.jsonl, or its Parquet", "NOASSERTION", ruler
        ),
        ImportFormat("mme-cof", "MME-CoF: five ratings", "a JSON list", "MIT", mme_cof, MME_COF_QUESTIONS),
        ImportFormat(
            "implausibench",
            "ImplausiBench: real and implausible clips under one question",
            "ImplausiBench-MCQA.json",
            "MIT",
            implausibench,
        ),
        ImportFormat(
            "videophy2",
            "VideoPhy-2: two ratings, and rules",
            "a CSV with caption, and rules in three lists or one a row",
            "MIT",
            videophy2,
            (PC,),
        ),
        ImportFormat(
            "phyground",
            "PhyGround: three general ratings, and one for each law of a prompt",
            'prompts (JSON with "prompts"), and sub-questions by law (JSON)',
            "CC-BY-4.0",
            phyground,
        ),
        ImportFormat("physics-iq", "Physics-IQ: descriptions", "descriptions.csv", "CC-BY-4.0", physics_iq),
        ImportFormat(
            "vbench",
            "VBench and VBench-2.0: prompts by dimension",
            "a JSON list with prompt_en and dimension, or <dimension>.txt with a prompt a line",
            "Apache-2.0",
            vbench,
        ),
        ImportFormat(
            "worldmodelbench",
            "WorldModelBench: instruction, five laws, common sense",
            "worldmodelbench.json",
            "NOASSERTION",
            worldmodelbench,
            WORLDMODELBENCH_QUESTIONS,
        ),
        ImportFormat("vcrbench", "VCRBench: the order of shuffled steps", "data.json", "MIT", vcrbench),
        ImportFormat(
            "v-star", "V-STaR: when and where, by halves", "V_STaR_test.json", "NOASSERTION", v_star
        ),
        ImportFormat(
            "ovo-bench", "OVO-Bench: what a video has shown so far", "ovo_bench_new.json", "MIT", ovo_bench
        ),
    )
}


def import_format(name: str) -> ImportFormat:
    """A format by name.

    Raises:
        AbsentError: There is none of that name; the message lists those that there are.
    """
    if name not in FORMATS:
        raise AbsentError(f"no format is called {name!r}. Known: {', '.join(FORMATS)}.")
    return FORMATS[name]
