"""Makes modules out of sources that came over stdin: none of them need be a file.

Sources: importlib's own documentation of finders and loaders.
"""

# Python 3.7 syntax, stdlib only.
import os
import sys
from importlib.machinery import ModuleSpec

PACKAGE = "pipsafe.target_side"


class Finder:
    """Finds the modules of this package among the sources, and its parents as empty packages."""

    def __init__(self, sources, folder):
        self.folder = folder
        self.sources = {"%s.%s" % (PACKAGE, name): source for name, source in sources.items()}
        self.sources.update({"pipsafe": "", PACKAGE: ""})

    def find_spec(self, name, path=None, target=None):  # noqa: ARG002 - the signature is importlib's
        if name not in self.sources:
            return None
        return ModuleSpec(name, self, is_package=not self.sources[name])  # type: ignore[arg-type]

    def create_module(self, spec):  # noqa: ARG002
        return None

    def exec_module(self, module):
        name = module.__name__
        if self.sources[name]:
            exec(compiled(self.sources[name], self.folder, name.rpartition(".")[2]), module.__dict__)


def compiled(source, folder, name):
    """The code, by the name that its file would have: for tracebacks and measurements."""
    return compile(source, os.path.join(folder, name + ".py"), "exec")


def run(sources, name, folder):
    """Run one of the sources as the main program; it can import the others."""
    sys.meta_path.insert(0, Finder(sources, folder))
    exec(compiled(sources[name], folder, name), {"__name__": "__main__"})
