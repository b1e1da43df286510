"""CAs that an administrator put beside the system store, and that nobody has merged into it yet."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pipsafe.language.text import text
from pipsafe.stores import anchor_folders, found
from pipsafe.trust import ca_file, source_readers, system_store
from pipsafe.trust.shelf import Denied
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate, MalformedCertificate, parse

MOST = 5
"""CAs spoken of."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One such CA."""

    name: str
    source: Source

    @property
    def sentence(self) -> str:
        """What it waits for."""
        if not self.source.merge:
            return text(
                'The CA "{name}" waits in {place} and is not in the system store yet.',
                name=self.name,
                place=self.source.path,
            )
        return text(
            'The CA "{name}" waits in {place} and is not in the system store yet: `{command}`, as root, '
            "merges it.",
            name=self.name,
            place=self.source.path,
            command=self.source.merge,
        )


def find(platform: str) -> tuple[Waiting, ...]:
    """Those of this machine."""
    store = system_store.path()
    merged = frozenset(ca_file.read(store).certificates) if store else frozenset()
    if store and not merged:
        return ()  # it cannot be read, so nobody knows what is in it
    return beside(merged, platform)


def beside(merged: Collection[bytes], platform: str, root: str = "/") -> tuple[Waiting, ...]:
    """Those that are not among the merged ones (DER)."""
    sources = anchor_folders.waiting(anchor_folders.sources(platform, root), merged)
    if not sources:
        return ()
    denied = found.denied(platform=platform, root=root)
    names = {
        item.sha256: Waiting(item.label, source)
        for source in reversed(sources)
        for item in _left_out(source, merged, denied)
    }
    return tuple(reversed(names.values()))[:MOST]


def _left_out(source: Source, merged: Collection[bytes], denied: Denied) -> Iterator[Certificate]:
    """What the command would merge: not what is distrusted, and no server's own certificate."""
    for der in source_readers.read(source, None).certificates:
        if der in merged:
            continue
        try:
            item = parse(der)
        except MalformedCertificate:
            continue
        if item.is_ca and denied.reason(item) is None:
            yield item
