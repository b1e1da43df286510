"""Which language the reader of the terminal has set, of those that there are.

PIPSAFE_LANG goes before the locale. The variables of the locale are those of gettext and in its order (GNU
gettext's manual, "Locale Environment Variables"): LANGUAGE, a list with colons, which counts only where the
locale is not "C"; LC_ALL; LC_MESSAGES; LANG. Windows sets none of them: there the system is asked
(GetUserDefaultUILanguage of Windows' API, whose numbers the standard library knows).
"""

import sys
from collections.abc import Iterator, Mapping

ENGLISH = "en"

LANGUAGES = (ENGLISH, "fr", "de", "ru", "zh_CN")

# Names under which Simplified Chinese goes; a reader of Traditional Chinese is not given it.
SIMPLIFIED = ("zh", "zh_cn", "zh_sg", "zh_my", "zh_hans")

NO_LANGUAGE = ("c", "posix")

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language(environ: Mapping[str, str]) -> str:
    """One of LANGUAGES; English where nothing else is known."""
    return next((found for found in map(known, _wanted(environ)) if found), ENGLISH)


def known(name: str) -> str | None:
    """The language that a locale or a tag names: "de_AT.UTF-8" -> "de"; None if it is none of ours."""
    plain = name.partition(".")[0].partition("@")[0].strip().replace("-", "_").lower()
    if plain in NO_LANGUAGE:
        return ENGLISH
    if plain in SIMPLIFIED or plain.startswith("zh_hans_"):
        return "zh_CN"
    short = plain.partition("_")[0]
    return short if short in LANGUAGES else None


def _wanted(environ: Mapping[str, str]) -> Iterator[str]:
    """Names of languages, the most wanted first."""
    own = environ.get("PIPSAFE_LANG")
    if own:
        yield own
    locale = next((environ[name] for name in VARIABLES if environ.get(name)), "")
    if locale not in ("", "C", "POSIX"):
        yield from filter(None, environ.get("LANGUAGE", "").split(":"))
    if locale:
        # A locale that is not among ours is an answer, too: English, not what the system would say.
        yield known(locale) or ENGLISH
    else:
        yield of_the_system()


def of_the_system() -> str:
    """The language that Windows itself speaks to this user, as "de_DE"; "" elsewhere."""
    name = ""
    if sys.platform == "win32":
        import ctypes
        import locale

        number: int = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        name = locale.windows_locale.get(number, "")
    return name
