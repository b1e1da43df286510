"""The catalogues of what pipsafe says: ``python -m tools.catalogues [LANGUAGE ...]``.

Takes the templates out of the package's calls of `text` and `counted`, and the blocks out of the pages of
`explain`; brings ``translations/`` up to date with them, where translators work; and compiles that into
``pipsafe/locale/``, which is what runs. Nothing is guessed: a template that changed has to be translated
anew.
"""

from __future__ import annotations

import io
import re
import string
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pipsafe.language.catalogues import EXPLANATIONS, MESSAGES
from pipsafe.language.reader import ENGLISH, LANGUAGES
from pipsafe.messages import cause_pages, markdown_terminal

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pipsafe"
TRANSLATIONS = ROOT / "translations"
LOCALE = PACKAGE / "locale"

DOMAINS = (MESSAGES, EXPLANATIONS)
TRANSLATED = tuple(name for name in LANGUAGES if name != ENGLISH)

KEYWORDS = {"text": None, "counted": (1, 2)}
"""Functions of `pipsafe.language.text`, and which of their arguments are templates."""

NO_DATE = datetime(1980, 1, 1, tzinfo=timezone.utc)
"""Files made of the same translations are the same."""

NO_HEADERS = (
    *(b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Language-Team', b'"Report-Msgid'),
    *(b'"Project-Id', b'"Generated-By', b"#, fuzzy"),
)

# What a translation has to leave as it is, beside placeholders: code, options, variables, links.
FIXED = re.compile(r"`[^`]+`|--[a-z][a-z-]+|\b[A-Z]+(?:_[A-Z]+)+\b|https?://[^\s>)]*[^\s>).,;:/]")


def main() -> None:
    for domain in DOMAINS:
        template = extracted(domain)
        for language in sys.argv[1:] or TRANSLATED:
            catalogue = updated(language, domain, template)
            path(language, domain).parent.mkdir(parents=True, exist_ok=True)
            path(language, domain).write_bytes(_po(catalogue))
            compiled(language, domain).parent.mkdir(parents=True, exist_ok=True)
            compiled(language, domain).write_bytes(mo(read(language, domain)))
            missing = sum(1 for message in messages(catalogue) if not is_translated(message))
            print(f"{language} {domain}: {len(catalogue)} texts, {missing} without a translation")


def path(language: str, domain: str) -> Path:
    """Where translators work."""
    return TRANSLATIONS / language / f"{domain}.po"


def compiled(language: str, domain: str) -> Path:
    """What pipsafe reads."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.mo"


def extracted(domain: str) -> Catalog:
    """All that there is to translate, in the order of the sources."""
    catalogue = Catalog(project="pipsafe", charset="utf-8")
    if domain == EXPLANATIONS:
        for name, block in blocks():
            catalogue.add(block, locations=[(f"pipsafe/explanations/{name}.md", 0)])
        return catalogue
    found = extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=("For translators:",)
    )
    for file, _line, template, comments, _context in sorted(found, key=lambda item: (item[0], item[1])):
        catalogue.add(template, locations=[(f"pipsafe/{file}", 0)], auto_comments=comments)
    return catalogue


def blocks() -> Iterator[tuple[str, str]]:
    """Each page's name, and a block of it."""
    for name in cause_pages.CAUSES:
        for block in markdown_terminal.blocks(cause_pages.page(name)):
            if markdown_terminal.is_for_translators(block):
                yield name, block.text


def read(language: str, domain: str) -> Catalog:
    """The translations as they are."""
    if not path(language, domain).exists():
        return Catalog(locale=language, domain=domain, project="pipsafe", charset="utf-8")
    with path(language, domain).open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def updated(language: str, domain: str, template: Catalog) -> Catalog:
    """The same, of exactly what there is to translate."""
    catalogue = read(language, domain)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def messages(catalogue: Catalog) -> Iterator[Message]:
    """All but the header."""
    return (message for message in catalogue if message.id)


def is_translated(message: Message) -> bool:
    """Whether every form of it has a translation that is meant to be used."""
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(forms) and not message.fuzzy


def placeholders(template: str) -> set[str]:
    """Names with their formats, as they stand in the template. Raises ValueError if its braces are odd."""
    return {
        f"{name}!{conversion or ''}:{spec}"
        for _, name, spec, conversion in string.Formatter().parse(template)
        if name is not None
    }


def fixed(template: str) -> list[str]:
    """What stays as it is in every language, sorted."""
    return sorted(FIXED.findall(template))


def mo(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it: the same bytes for the same translations."""
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def _po(catalogue: Catalog) -> bytes:
    catalogue.header_comment = f"# {catalogue.locale_identifier}"
    file = io.BytesIO()
    write_po(file, catalogue, width=110, include_lineno=False)
    lines = file.getvalue().splitlines(keepends=True)
    # The header says what gettext needs; who translated it when is in the history.
    return b"".join(line for line in lines if not line.startswith(NO_HEADERS))


if __name__ == "__main__":
    main()
