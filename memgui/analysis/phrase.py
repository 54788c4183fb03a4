"""Sentences that keep their template and its fields apart, so that a window can tell them in another language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """A sentence or a part of one: str() is English, `render` takes a translation of each template.

    Attributes:
        fields: what goes into the template by name: numbers as they are shown, names, other phrases.
        inside: it stands within a sentence, where its first letter is small.
    """

    template: str
    fields: tuple[tuple[str, str | Phrase], ...] = ()
    inside: bool = False

    def render(self, translated: Callable[[str], str] = str) -> str:
        """The text, each template in another language."""
        text = translated(self.template)
        if self.fields:
            text = text.format(**{name: _text(value, translated) for name, value in self.fields})
        return f"{text[:1].lower()}{text[1:]}" if self.inside else text

    def __str__(self) -> str:
        return self.render()


@dataclass(frozen=True)
class Wording:
    """The parts of a finding that a person reads."""

    title: Phrase
    sentence: Phrase
    evidence: tuple[Phrase, ...]
    advice: Phrase


def phrase(template: str, **fields: str | Phrase) -> Phrase:
    """A phrase; the template is written out where it is made, since the translators' list is taken from there."""
    return Phrase(template, tuple(fields.items()))


def _text(value: str | Phrase, translated: Callable[[str], str]) -> str:
    return value.render(translated) if isinstance(value, Phrase) else value
