"""The words around the video: the dialogue's form, and how a question is put."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lawful.checklists.suite import Question
from lawful.core.errors import InputError
from lawful.judge.protocol import Given
from lawful.judge.vlm.families.protocol import Family
from lawful.judge.vlm.settings import PromptWith

_TEXT = "\x11question\x11"
"""Stands for the question while a template is rendered; no template holds it."""
_GIVEN: Mapping[Given, str] = {
    "prompt": "The video was made for this prompt: {text}",
    "expected": "What should happen in it: {text}",
}
REASONS = (
    "Say in a few sentences what in the video speaks for and against it. Give times as <t>1.5</t> (seconds) "
    "or <t>1.5-2.0</t>, and places as <box>x0,y0,x1,y1</box> in shares of width and height from the top left."
)
"""How reasons are to be given."""
WHY = "{question}\n" + REASONS
"""How a rationale is asked for."""
_THINK, _THOUGHT = "<think>", "</think>"
_QUESTION, _LABELS, _PLACE = "{question}", "{labels}", "{text}"


@dataclass(frozen=True)
class Dialogue:
    """A prompt with a video and a text left open."""

    before: str
    """Up to the video."""
    between: str
    """From the video to the text."""
    after: str
    """From the text to where the answer begins."""


def own_dialogue(family: Family) -> Dialogue:
    """The plain dialogue of a family."""
    before, _, rest = family.own_chat.partition("{video}")
    between, _, after = rest.partition("{text}")
    return Dialogue(before, family.after_video + between, after)


def model_dialogue(family: Family, tokenizer: Any, name: str) -> Dialogue:
    """The dialogue of a model's own chat template.

    Raises:
        InputError: It has none, it has no place for a video, or it has the model think first.
    """
    if not tokenizer.chat_template:
        raise InputError(
            f'{name} has no chat template. Set chat = "family" to use the plain dialogue of its family: '
            f"{family.own_chat!r}."
        )
    rendered = _rendered(tokenizer, name)
    if rendered.count(family.slot) != 1 or rendered.count(_TEXT) != 1:
        raise InputError(
            f"the chat template of {name} does not say where a video goes: no single {family.slot} before the "
            'text. Set chat = "family" to use the plain dialogue of its family.'
        )
    before, _, rest = rendered.partition(family.slot)
    between, _, after = rest.partition(_TEXT)
    if not after and _TEXT in before:
        raise InputError(
            f"the chat template of {name} puts the text before the video, so that no look at the video can be "
            'shared by several questions. Set chat = "family".'
        )
    if after.count(_THINK) > after.count(_THOUGHT):
        raise InputError(
            f"the chat template of {name} has the model think before it answers, so that the next token says nothing "
            "about the labels. Needed: a model that answers at once, such as the Instruct one of the same line."
        )
    return Dialogue(before, family.after_video + between, after)


def _rendered(tokenizer: Any, name: str) -> str:
    """A dialogue of a video and a text, by the model's own template."""
    from jinja2 import TemplateError

    content = [{"type": "video"}, {"type": "text", "text": _TEXT}]
    try:
        return tokenizer.apply_chat_template(
            [{"role": "user", "content": content}],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
    except (TemplateError, TypeError, ValueError) as error:
        text = " ".join(str(error).split())[:200]
        raise InputError(
            f"the chat template of {name} cannot be used: {type(error).__name__}: {text}. "
            'Set chat = "family" to use the plain dialogue of its family.'
        ) from error


def asked_text(question: Question, wording: str, given: Mapping[Given, str], prompt_with: PromptWith) -> str:
    """The text of a question.

    Args:
        question: What is asked.
        wording: How it is put; {question} and {labels} are filled in.
        given: What is known of the video beside its pixels.
        prompt_with: Which questions that stands before.
    """
    labels = list(question.scale.values)
    listed = ", ".join(labels[:-1]) + f" or {labels[-1]}"
    asked = wording.replace(_LABELS, listed).replace(_QUESTION, question.text)
    with_given = prompt_with == "always" or (prompt_with == "no_law" and question.law is None)
    known = [_GIVEN[name].replace(_PLACE, given[name]) for name in _GIVEN if with_given and name in given]
    return "\n".join([*known, asked])


def prefix_tokens(tokenizer: Any, dialogue: Dialogue, video_text: str, notes: str | None = None) -> list[int]:
    """Tokens from the dialogue's start to the video's end, after the token that starts a text if there is one.

    Args:
        tokenizer: The model's tokenizer.
        dialogue: The words around the video.
        video_text: What stands for the video.
        notes: What is known of the video, told before it and so to all questions; None for nothing.
    """
    text = dialogue.before + (f"{notes}\n" if notes else "") + video_text
    tokens: list[int] = list(tokenizer(text, add_special_tokens=False)["input_ids"])
    start: int | None = tokenizer.bos_token_id
    # Whether a tokenizer puts that token there by itself is seen from a text of one letter.
    if start is None or tokens[:1] == [start] or tokenizer("a")["input_ids"][:1] != [start]:
        return tokens
    return [start, *tokens]


def suffix_tokens(tokenizer: Any, dialogue: Dialogue, closing_token: str, text: str) -> list[int]:
    """Tokens from the video's end to where the answer begins.

    They are those of the whole prompt: tokenizers cut at special tokens, and the video's text ends with one.

    Raises:
        InputError: The tokenizer does not know that token, or the text holds special tokens.
    """
    check_text(tokenizer, text)
    whole = closing_token + dialogue.between + text + dialogue.after
    tokens: Sequence[int] = tokenizer(whole, add_special_tokens=False)["input_ids"]
    if tokens[0] != tokenizer.convert_tokens_to_ids(closing_token):
        raise InputError(
            f"the model's tokenizer does not know the token {closing_token}, with which a video ends. Needed: the "
            "tokenizer that belongs to the model."
        )
    return list(tokens[1:])


def check_text(tokenizer: Any, text: str) -> None:
    """Refuse a text that would end the turn or stand for a picture, as a prompt from anywhere may."""
    special = {number: one for number, one in tokenizer.added_tokens_decoder.items() if one.special}
    for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
        if token in special and token != tokenizer.unk_token_id:
            raise InputError(
                f"a question, or what is told with it of the video, holds {special[token].content!r}, which the model's "
                'tokenizer takes for a sign of its own. Take it out, or set prompt_with = "never".'
            )


def why_text(question: Question) -> str:
    """The text that asks for a rationale."""
    return WHY.replace(_QUESTION, question.text)
