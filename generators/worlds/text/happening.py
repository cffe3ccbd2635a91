"""What really goes wrong in a clip, for people."""

from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Look
from lawful.generators.worlds.text.words import described, sentence, with_article

_WRONG = {
    "vanish": "{the} vanishes in plain view",
    "appear": "{a} appears from nowhere",
    "teleport": "{the} is in another place from one moment to the next",
    "duplicate": "a second {bare} comes out of the first",
    "lost_behind": "{the}, which went out of sight, does not come out where it should",
    "changed_behind": "{the} comes out of hiding as {new}",
    "colour_change": "{the} turns into {new}",
    "shape_change": "{the} turns into another shape",
    "size_change": "{the} changes its size",
    "stretch": "{the} begins to stretch and shrink as if it were soft",
    "hover": "{the} stays up in the air",
    "reversed_gravity": "{the} begins to fall upwards",
    "wrong_gravity": "{the} begins to fall at a pace of its own",
    "kink": "{the} turns sharply though nothing touches it",
    "stop_in_mid_air": "{the} stops in the air",
    "spontaneous_start": "{the} sets off though nothing moves it",
    "super_elastic": "{the} leaves a bounce faster than it came",
    "energy_gain": "{the} gets faster with nothing to drive it",
    "wrong_collision": "{the} leaves a hit in a direction that does not fit it",
    "pass_through": "{the} goes through what it should bounce off",
    "overlap": "{the} sinks into what it should bounce off, and stays there",
    "no_reaction": "{the} is hit and stays as it is",
    "effect_before_cause": "{the} moves off before it is hit",
    "reversal": "everything runs backwards",
    "freeze": "everything stands still for a while",
}


def happening(clip: WorldClip) -> str:
    """One sentence on what goes wrong, with the thing that does it and the time; never to be shown to a judge.

    >>> from lawful.generators.worlds.make import make_clip
    >>> happening(make_clip("bounce", 1, width_px=64, height_px=64))
    'Nothing goes wrong.'
    """
    if clip.violation is None or clip.onset_s is None:
        return "Nothing goes wrong."
    text = _WRONG[clip.violation]
    subject = next((truth for truth in clip.objects if truth.name == clip.subject), None)
    if subject is not None:
        text = text.format(**_words(clip, subject))
    when = "from the start on" if clip.onset_frame == 0 else f"at {clip.onset_s:.2f} s"
    return sentence(f"{when}, {text}")


def _words(clip: WorldClip, subject: ObjectTruth) -> dict[str, str]:
    name = described(subject.name, subject.looks[0], clip.caption)
    alike = sum(described(truth.name, truth.looks[0], clip.caption) == name for truth in clip.objects)
    new: Look = subject.looks[-1]
    return {
        "bare": name,
        "a": with_article(name),
        "the": f"the {name}" if alike == 1 else f"one {name}",
        "new": with_article(described(subject.name, new, clip.caption)),
    }
