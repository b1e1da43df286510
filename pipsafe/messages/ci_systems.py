"""Systems that show a build's trouble beside its log, and how each is told. Pure; read when there is some.

GitHub's runner and Azure's agent read commands out of what a step writes, stderr as well as stdout. GitLab
and Jenkins know none for a message: there the words on stderr are all there is. TeamCity reads stdout only,
which is pip's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipsafe.language.text import Look, Text, said, text
from pipsafe.messages.columns import visible

TITLES: Mapping[str, Text] = {
    "rescued": text("pip needed pipsafe's rescue: TLS failed, and trust found here cured it"),
    "skipped": text("pip went on without an index that fails TLS"),
    "unremedied": text("pip failed over TLS, and nothing here may cure it"),
    "refused": text("pipsafe stopped pip over an index that fails TLS"),
}
"""Outcomes that are worth a word outside of the log; all others are pip's own affair."""

MOST_CHARACTERS = 3000
"""In an annotation; GitHub cuts off at 4096."""


@dataclass(frozen=True, slots=True)
class System:
    """One system."""

    name: str
    variable: str
    """Set to "true" in every step."""
    levels: Mapping[str, str]
    """Outcome to the system's word for how grave it is."""
    annotation: Callable[[str, str, str], str]
    """Level, title and text to one line of the log."""
    summary: str = ""
    """The variable that names a file for Markdown, if there is one."""


def _github(level: str, title: str, words: str) -> str:
    """Workflow commands; escaped as @actions/core does it."""
    data = words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    named = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={named}::{data}"


def _azure(level: str, title: str, words: str) -> str:
    """Logging commands; behind the bracket all up to the line's end is the message, which has no title."""
    whole = f"{title}\n{words}"
    data = whole.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")
    return f"##vso[task.logissue type={level}]{data}"


SYSTEMS = (
    System(
        "GitHub Actions",
        "GITHUB_ACTIONS",
        {"rescued": "notice", "skipped": "warning", "unremedied": "error", "refused": "error"},
        _github,
        "GITHUB_STEP_SUMMARY",
    ),
    System(
        "Azure Pipelines",
        "TF_BUILD",
        {"rescued": "warning", "skipped": "warning", "unremedied": "error", "refused": "error"},
        _azure,
    ),
)


def around(environ: Mapping[str, str]) -> System | None:
    """The system that runs this, if it is one of those."""
    return next((item for item in SYSTEMS if environ.get(item.variable, "").lower() == "true"), None)


def annotation(system: System, outcome: str, sentences: Sequence[str], look: Look) -> str:
    """One line of ASCII or whatever the sentences have, without its end."""
    words = "\n".join(visible(str(said(sentence, look))) for sentence in sentences)
    if len(words) > MOST_CHARACTERS:
        words = words[:MOST_CHARACTERS] + "..."
    # An agent that looks for commands anywhere in a line is to find one only.
    return system.annotation(system.levels[outcome], TITLES[outcome].said(look), words.replace("##", "# #"))


def markdown(outcome: str, lines: Sequence[str], look: Look) -> str:
    """A heading and a block of code: in that nothing is Markdown, HTML, a link or a mention."""
    block = "".join(f"    {visible(str(said(line, look)))}".rstrip() + "\n" for line in lines)
    return f"\n\n### {TITLES[outcome].said(look)}\n\n{block}\n"
