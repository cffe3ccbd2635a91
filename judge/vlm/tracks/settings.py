"""The switches as a table of settings, such as a judge's."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from lawful.core.errors import InputError
from lawful.core.fields import Fields
from lawful.judge.vlm.tracks.source import KinematicTracks, TrackSource, TrueTracks
from lawful.judge.vlm.tracks.text import TextSettings
from lawful.judge.vlm.tracks.trails import TrailSettings
from lawful.judge.vlm.tracks.use import TrackUses

Part = TypeVar("Part", TextSettings, TrailSettings)


def read_uses(config: Mapping[str, Any], where: str) -> TrackUses:
    """Uses of tracks from a table.

    >>> uses = read_uses({"text": {"budget_tokens": 500}, "trails": True}, "the settings")
    >>> uses.text.budget_tokens, uses.trails.length_s, uses.source.identity()["source"]
    (500, 0.5, 'kinematic')

    Args:
        config: `text` and `trails` (true, false, or a table of settings that differ), `attention` (a folder),
            and `truth` (a folder), which puts true tracks in the place of measured ones.
        where: Who they are for, as the start of an error message.

    Raises:
        InputError: A setting is unknown, has the wrong type or is out of range, or all uses are off.
    """
    table = Fields(config, where)
    table.only("text", "trails", "attention", "truth")
    source: TrackSource = KinematicTracks()
    if "truth" in config:
        source = TrueTracks(Path(table.text("truth")))
    attention = Path(table.text("attention")) if "attention" in config else None
    text, trails = _part(table, "text", TextSettings), _part(table, "trails", TrailSettings)
    if text is None and trails is None and attention is None:
        raise InputError(f"{where}: tracks are of no use if text, trails and attention are all off")
    return TrackUses(source, text, trails, attention)


def _part(table: Fields, name: str, kind: type[Part]) -> Part | None:
    told = table.body.get(name, False)
    if isinstance(told, bool):
        return kind() if told else None
    inner = table.inner(name)
    defaults = {one.name: one.default for one in fields(kind)}
    inner.only(*defaults)
    readers: dict[type, Callable[[str], Any]] = {int: inner.whole, float: inner.number}
    given = {key: readers[type(defaults[key])](key) for key in inner.body}
    try:
        return kind(**given)
    except ValueError as error:
        raise InputError(f"{inner.where}: {error}") from error
