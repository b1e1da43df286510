"""The catalogues, as gettext's: `locale/LANGUAGE/LC_MESSAGES/DOMAIN.mo` in this package.

They are read as data of the package, so a zip will do, and only when something is said: a pip that succeeds
pays for none. Where a catalogue lacks a sentence it is said in English.
"""

import functools
from collections.abc import Mapping

from pipsafe.language.reader import ENGLISH, language
from pipsafe.language.text import Look, as_it_is

MESSAGES = "messages"
EXPLANATIONS = "explanations"


@functools.cache
def look(name: str, domain: str = MESSAGES) -> Look:
    """What looks a template up in a language: one of `reader.LANGUAGES`."""
    if name == ENGLISH:
        return as_it_is
    import gettext
    import io
    import pkgutil
    import struct

    try:
        data = pkgutil.get_data("pipsafe", f"locale/{name}/LC_MESSAGES/{domain}.mo")
        catalogue = gettext.GNUTranslations(io.BytesIO(data or b""))
    except (OSError, ValueError, struct.error):  # not there, or damaged: what is said matters more than how
        return as_it_is

    def found(template: str, plural: str | None, number: int) -> str:
        if plural is None:
            # Under the empty template a catalogue has its own header.
            return catalogue.gettext(template) if template else ""
        return catalogue.ngettext(template, plural, number)

    return found


def look_for(environ: Mapping[str, str]) -> Look:
    """The same, for whoever has set these variables."""
    return look(language(environ))
