"""The settings that decide whom pip asks and what it trusts, where each was set, and what each does.

What a setting does depends on the pip; the rules are those of `pip_trust`, `settings` and `proxy`, which
name their sources.
"""

import os
from collections.abc import Callable, Iterator

from pipsafe.checkup import own_settings, trust_effects
from pipsafe.checkup.effect import Effect
from pipsafe.checkup.unverified import Unverified
from pipsafe.checkup.view import View
from pipsafe.language.text import Text, text
from pipsafe.own_options import OwnOptions
from pipsafe.pip_settings import command_line, settings
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.settings import EMPTY_PROXY_COUNTS, PROXY_BEFORE_ENVIRONMENT
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.answered import Facts

# The first that is there and not empty counts.
PROXY_VARIABLES = (("https_proxy", "HTTPS_PROXY"), ("all_proxy", "ALL_PROXY"), ("no_proxy", "NO_PROXY"))


def find(
    around: Surroundings, facts: Facts, hosts: tuple[Unverified, ...], options: OwnOptions
) -> tuple[Effect, ...]:
    """Every setting that counts, or that somebody may believe to count."""
    view = View(around, facts, hosts, options)
    return tuple(effect for judge in JUDGES for effect in judge(view))


# Whom pip asks


def _indexes(view: View) -> Iterator[Effect]:
    around = view.around
    default = view.facts.default_index or ""
    asked = settings.index_urls(around.settings, around.needs, default)
    named = [around.settings.index_url, *around.settings.extra_index_urls]
    named += [item for item in around.needs.settings if item.name in ("index-url", "extra-index-url")]
    for item in dict.fromkeys([*asked, *(item for item in named if item is not None)]):
        if item.value:
            yield Effect.of(item, _of_index(view, item, is_asked=item in asked))


def _of_index(view: View, item: Setting, *, is_asked: bool) -> str:
    if not is_asked:
        alone = any(view.values("no-index")) or view.around.needs.of("no-index")
        if alone:
            # For translators: a clause whose subject is a setting, which stands above it; so are the others.
            return text("is not asked: no-index")
        return text("is not asked: a requirements file names another index")
    if item.value.lower().startswith("http://"):
        return text("is asked without TLS, if it is asked at all: nothing is verified there")
    if item.name == "extra-index-url":
        return text("is asked beside the index; of all that is offered pip takes the highest version")
    return text("is the index that pip asks")


def _no_index(view: View) -> Iterator[Effect]:
    for item in (*view.values("no-index"), *view.around.needs.of("no-index")):
        if view.around.settings.no_index_lasts:
            yield Effect.of(item, text("turns every index off"))
        else:
            effect = text("turns every index off, but for those that requirements files name later")
            yield Effect.of(item, effect)


def _find_links(view: View) -> Iterator[Effect]:
    for item in (*view.around.settings.find_links, *view.around.needs.of("find-links")):
        yield Effect.of(item, text("is searched for files beside the index"))


def _pip_elsewhere(view: View) -> Iterator[Effect]:
    if (item := view.variable("PIP_PYTHON")) is not None:
        yield Effect.of(item, text("makes this pip run another Python's pip; this is about the former"))


# The way there


def _proxy(view: View) -> Iterator[Effect]:
    item, target = view.around.settings.proxy, view.around.target
    if item is None:
        return
    if not item.value and target.pip_version >= EMPTY_PROXY_COUNTS:
        yield Effect.of(item, text("turns the proxies of the environment off"))
    elif target.pip_version < PROXY_BEFORE_ENVIRONMENT:
        yield Effect.of_proxy(item, text("is the way to servers for which the environment names no proxy"))
    else:
        yield Effect.of_proxy(item, text("is the way to every server"))


def _environment_proxies(view: View) -> Iterator[Effect]:
    for lower, upper in PROXY_VARIABLES:
        found = [item for name in (lower, upper) if (item := view.variable(name)) is not None]
        for number, item in enumerate(found):
            if view.left_out:
                yield Effect.of_proxy(item, view.left_out)
            elif number and found[0].value != item.value:
                yield Effect.of_proxy(item, text("is ignored: {variable} wins", variable=lower))
            elif lower == "no_proxy":
                yield Effect.of(item, text("names the servers that are asked without a proxy"))
            elif not number:
                yield Effect.of_proxy(item, _of_environment_proxy(view))


def _of_environment_proxy(view: View) -> str:
    given = view.around.settings
    if given.proxy is not None and given.proxy_overrides_environment:
        return text("is ignored: a proxy is given to pip itself")
    return text("is the way to https servers")


# Where settings come from, and the rest


def _configuration_file(view: View) -> Iterator[Effect]:
    item = view.variable("PIP_CONFIG_FILE")
    if item is None:
        return
    if item.value == os.devnull:
        yield Effect.of(item, text("makes pip read no configuration file"))
    elif item.value in view.around.settings.config_files:
        yield Effect.of(item, text("is read last and overrides other files; the user's own are left out"))
    else:
        yield Effect.of(item, text("names a file that pip cannot read"), "warning")


def _isolated(view: View) -> Iterator[Effect]:
    if view.around.line.isolated:
        item = Setting("isolated", "1", settings.COMMAND_LINE)
        effect = text("makes pip leave PIP_* variables and the user's configuration files out")
        yield Effect.of(item, effect)


def _patience(view: View) -> Iterator[Effect]:
    for item in view.values("timeout"):
        yield Effect.of(item, text("is how many seconds pip waits for an answer"))
    for item in view.values("retries"):
        yield Effect.of(item, text("is how often pip tries again"))


def _openssl_configuration(view: View) -> Iterator[Effect]:
    if (item := view.variable("OPENSSL_CONF")) is not None:
        yield Effect.of(item, text("configures OpenSSL, and may forbid old protocols and weak keys"))


def _own(view: View) -> Iterator[Effect]:
    yield from own_settings.find(view.options, view.around.situation.environ)


JUDGES: tuple[Callable[[View], Iterator[Effect]], ...] = (
    *(_indexes, _no_index, _find_links, _pip_elsewhere),
    *trust_effects.JUDGES,
    *(_proxy, _environment_proxies),
    *(_configuration_file, _isolated, _patience, _openssl_configuration, _own),
)


def problems(around: Surroundings) -> tuple[str, ...]:
    """What pip's configuration and the requirements files have that cannot be read, as clauses."""
    return tuple(_redacted(clause) for clause in (*around.settings.problems, *around.needs.problems))


def _redacted(clause: str) -> str:
    """Without secrets, and with its translations, if they can be told from the words around them."""
    redacted = command_line.redact_text(clause)
    if redacted == clause:
        return clause
    changed = clause.changed(command_line.redact_text) if type(clause) is Text else redacted
    return changed if command_line.redact_text(changed) == changed else redacted
