"""`pipsafe explain`: what a cause means and what cures it, or what a saved log shows."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipsafe.language import catalogues
from pipsafe.language.text import Text, enumerated, sentences, text
from pipsafe.messages import cause_pages, columns, markdown_terminal, standard_output, terminal
from pipsafe.own_options import UsageError

HELP = text(
    """\
Usage: pipsafe explain [CAUSE]
       pipsafe explain --log FILE [--json]

Without arguments: the causes of TLS failures that pipsafe tells apart.
With one: what it means, how pipsafe knows, what cures it on each system, and
why the tempting bypass does not. With a verify code or words of OpenSSL's in
its place, such as 19 or CERTIFICATE_VERIFY_FAILED: the causes they may have.
With a saved log of pip, uv, Poetry or conda: the TLS failures in it. Nothing
is asked of the network.

  --log FILE   reads this log; - is standard input
  --json       what the log shows, as one JSON object
  -h, --help   this text

Exit code: 0; with --log, 1 if the log shows a TLS failure; 2 if the command
line makes no sense or the log cannot be read.
"""
)

ABOUT = text(
    "These are the causes of TLS failures that pipsafe tells apart. `pipsafe explain CAUSE` says what one "
    "means, how pipsafe knows, and what cures it. `pipsafe explain --log FILE` finds them in a saved log."
)

SEEN = text("That is what pip saw; it has several causes:")
WHICH = text("`pipsafe doctor` finds out which. `pipsafe explain CAUSE` says more of each.")
SEEN_OF_ONE = text("That is what pip saw; it has this cause:")
WHY = text("`pipsafe doctor` looks at the server itself. `pipsafe explain {cause}` says more.")
"""Around the causes of a verify code or of OpenSSL's words."""

WIDEST = 88
"""Columns of a page, at most."""
NARROWEST = 30

# Rows of the list: below this many columns a meaning has a row of its own.
BESIDE = 60
MARGIN = "  "


@dataclass(frozen=True, slots=True)
class Question:
    """What the command line asks for."""

    cause: str | None = None
    seen: tuple[str, ...] = ()
    """Causes that what was named in place of one may have."""
    log: str | None = None
    as_json: bool = False
    wants_help: bool = False


def main(arguments: Sequence[str]) -> int:
    """Everything behind the word `explain`. Returns the exit code. Raises UsageError."""
    question = read(arguments)
    if question.wants_help:
        standard_output.tell(lambda language: HELP.said(catalogues.look(language)))
    elif question.log is not None:
        from pipsafe.messages import log_account

        return log_account.main(question.log, as_json=question.as_json)
    elif question.seen:
        standard_output.tell(lambda language: _of_seen(question.seen, language))
    elif question.cause is not None:
        page = cause_pages.page(question.cause)
        standard_output.tell(lambda language: _rendered(page, language))
    else:
        standard_output.tell(
            lambda language: "\n".join(
                (
                    _rendered(_in(ABOUT, language), language),
                    listing(_columns(), language, coloured=_is_coloured()),
                )
            )
        )
    return 0


def read(arguments: Sequence[str]) -> Question:
    """The command line, options in any order. Raises UsageError."""
    names: list[str] = []
    log: str | None = None
    as_json = wants_help = False
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        option, equals, value = word.partition("=")
        if option == "--log":
            log = value if equals else rest.pop(0) if rest else ""
        elif word == "--json":
            as_json = True
        elif word in ("-h", "--help"):
            wants_help = True
        elif word.startswith("-"):
            raise UsageError(
                text("explain has no option {word}; it has --log, --json and --help.", word=word)
            )
        else:
            names.append(word)
    if wants_help:
        return Question(wants_help=True)
    seen = _seen(names) if log is None else ()
    _check(names[:1] if seen else names, log, as_json=as_json)
    if seen:
        return Question(seen=seen)
    return Question(_known(names[0]) if names else None, log=log, as_json=as_json)


def _check(names: Sequence[str], log: str | None, *, as_json: bool) -> None:
    if log == "":
        raise UsageError(text("--log needs the name of a file, or - for standard input."))
    if names and log is not None:
        raise UsageError(text("explain takes a cause or --log, not both."))
    if len(names) > 1:
        raise UsageError(text("explain takes one cause at a time."))
    if as_json and log is None:
        raise UsageError(text("--json goes with --log."))


def _seen(names: Sequence[str]) -> tuple[str, ...]:
    """The causes of a verify code, or of words that somebody copied; none if it is neither."""
    said = " ".join(names)
    if not said or _plain(said) in cause_pages.CAUSES or os.path.isfile(said):
        return ()
    from pipsafe.statements import seen_words

    return seen_words.causes_of(said)


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def _known(name: str) -> str:
    """The cause of that name, however it is written. Raises UsageError."""
    plain = _plain(name)
    if plain in cause_pages.CAUSES:
        return plain
    if os.path.isfile(name):
        import shlex

        path = shlex.quote(f"./{name}" if name.startswith("-") else name)
        raise UsageError(
            text(
                "{name!r} is a file, no cause: `pipsafe explain --log {path}` reads it.",
                name=name,
                path=path,
            )
        )
    import difflib

    close = difflib.get_close_matches(plain, cause_pages.CAUSES, 3, 0.5)
    raise UsageError(
        sentences(
            text("there is no cause {name!r}.", name=name),
            text("Close to it: {causes}.", causes=enumerated(close)) if close else "",
            text("`pipsafe explain` lists all."),
        )
    )


def _of_seen(causes: Sequence[str], language: str) -> str:
    """What pip saw is no cause yet."""
    first, last = (SEEN, WHICH) if len(causes) > 1 else (SEEN_OF_ONE, WHY.filled(cause=causes[0]))
    width, longest = _columns(), max(map(len, causes))
    rows = [row for name in causes for row in _row(name, longest, width, language, coloured=_is_coloured())]
    return "\n".join(
        [_rendered(_in(first, language), language), *rows, "", _rendered(_in(last, language), language)]
    )


def listing(width: int, language: str, *, coloured: bool) -> str:
    """All causes, each with its sentence."""
    longest = max(map(len, cause_pages.CAUSES))
    lines = []
    for heading, names in cause_pages.GROUPS.items():
        lines += ["", markdown_terminal.styled(_in(heading, language), "section", coloured=coloured)]
        for name in names:
            lines += _row(name, longest, width, language, coloured=coloured)
    return "\n".join([*lines[1:], ""])


def _row(name: str, longest: int, width: int, language: str, *, coloured: bool) -> list[str]:
    shown = markdown_terminal.styled(name, "code", coloured=coloured)
    meaning = columns.units(_of_page(language)(cause_pages.meaning(name)))
    if width < BESIDE:
        return [MARGIN + shown, *(MARGIN * 2 + row for row in columns.rows(meaning, width - 2 * len(MARGIN)))]
    indent = len(MARGIN) + longest + len(MARGIN)
    first, *others = columns.rows(meaning, width - indent)
    blanks = " " * (longest - len(name))
    return [f"{MARGIN}{shown}{blanks}{MARGIN}{first}", *(" " * indent + row for row in others)]


def _rendered(page: str, language: str) -> str:
    return markdown_terminal.render(page, _columns(), coloured=_is_coloured(), translate=_of_page(language))


def _of_page(language: str) -> Callable[[str], str]:
    """What says a block of a page in a language."""
    look = catalogues.look(language, catalogues.EXPLANATIONS)
    return lambda block: look(block, None, 0)


def _in(words: Text, language: str) -> str:
    return words.said(catalogues.look(language))


def _columns() -> int:
    # One less than there are: some terminals begin a new row at once when the last column is written.
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns - 1))


def _is_coloured() -> bool:
    return sys.stdout is not None and terminal.wants_colour(sys.stdout, os.environ)
