"""Sentences that know how they were made, so that they can be said in another language, too.

A `Text` is a `str`: English, as it stands in the report. Beside that it keeps the template and what was
put into it. Only where it is shown on a terminal is the template looked up in a catalogue of gettext's. What
others wrote (a verifier's words, a name in a certificate, a path) is a plain `str` and stays as it is.

Templates are literals in the calls below, where the extraction finds them; placeholders are keywords.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping

Look = Callable[[str, str | None, int], str]
"""A template, its plural or None, and the number that decides between the two -> the template to be used."""


class Text(str):
    """One sentence, or a part that is put into one."""

    _template: str
    _plural: str | None
    _number: int
    _values: Mapping[str, object]

    @classmethod
    def made(cls, template: str, plural: str | None, number: int, values: Mapping[str, object]) -> "Text":
        """Of a template that stands for ``number`` things, if it has a plural."""
        english = as_it_is(template, plural, number)
        self = cls(english.format(**values) if values else english)
        self._template, self._plural, self._number, self._values = template, plural, number, values
        return self

    def filled(self, **values: object) -> "Text":
        """A template that was made without values, with them."""
        return Text.made(self._template, self._plural, self._number, values)

    def changed(self, change: Callable[[str], str]) -> "Text":
        """The same with other words in the place of what others wrote."""
        return Text.made(self._template, self._plural, self._number, _changed(self._values, change))

    def said(self, look: Look) -> str:
        """The same in another language."""
        template = look(self._template, self._plural, self._number)
        if not self._values:
            return template
        return template.format(**{name: said(value, look) for name, value in self._values.items()})


WITHOUT_BLANKS = "。！？；：，、）」』”"
"""Ends of sentences that no blank follows: these characters are as wide as two, and have it in them."""


class Joined(Text):
    """Some texts with something between them."""

    _parts: tuple[str, ...]
    _between: str

    @classmethod
    def of(cls, parts: tuple[str, ...], between: str) -> "Joined":
        self = cls(between.join(parts))
        self._parts, self._between = parts, between
        return self

    def said(self, look: Look) -> str:
        return str(said(self._between, look)).join(str(said(part, look)) for part in self._parts)


class Sentences(Joined):
    """Texts one after the other."""

    def said(self, look: Look) -> str:
        told = [str(said(part, look)) for part in self._parts]
        between = ["" if part[-1:] in WITHOUT_BLANKS else " " for part in told]
        return "".join(itertools.chain.from_iterable(zip(told, [*between[:-1], ""], strict=True)))


def _changed(values: Mapping[str, object], change: Callable[[str], str]) -> Mapping[str, object]:
    found: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Joined):
            found[name] = value
        elif isinstance(value, Text):
            found[name] = value.changed(change)
        else:
            found[name] = change(value) if isinstance(value, str) else value
    return found


def said(value: object, look: Look) -> object:
    """A value as it is put into a sentence: only texts have translations."""
    return value.said(look) if isinstance(value, Text) else value


def text(template: str, /, **values: object) -> Text:
    """The template with its placeholders filled; without values it is taken as it is, braces included."""
    return Text.made(template, None, 0, values)


def counted(one: str, many: str, number: int, /, **values: object) -> Text:
    """What is said of one, or of another number of things, which stands at ``{count}``."""
    return Text.made(one, many, number, {"count": number, **values})


def joined(parts: Iterable[str], between: str) -> Text:
    """The parts, with ``between`` between each two."""
    return Joined.of(tuple(parts), between)


def sentences(*parts: str) -> Text:
    """Sentences one after the other; empty ones are left out."""
    return Sentences.of(tuple(filter(None, parts)), " ")


def enumerated(items: Iterable[str]) -> Text:
    """Things in a row, without a word between the last two."""
    return joined(items, text(", "))


def both(items: Iterable[str]) -> Text:
    """Things of which each counts: "a, b and c"."""
    *others, last = items
    if not others:
        return joined([last], "")
    return text("{items} and {last}", items=enumerated(others), last=last)


def either(items: Iterable[str]) -> Text:
    """Things of which one counts: "a, b or c"."""
    *others, last = items
    if not others:
        return joined([last], "")
    return text("{items} or {last}", items=enumerated(others), last=last)


def of_error(error: BaseException) -> str:
    """What an error was raised with; ``str(error)`` would forget how a text was made."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Text) else str(error)


def as_it_is(template: str, plural: str | None, number: int) -> str:
    """English is what the templates are written in: a `Look`."""
    return template if plural is None or number == 1 else plural
