"""Runs the prober, which lies beside this file or comes over stdin: pipsafe may lie in a zip.

    python -I -B modules.py FOLDER

In place of the folder "-" stands for sources that are the first line on stdin: {NAME: source}.

Bytecode is read where there is some, which saves tens of milliseconds of each rescue. None is written
(-B), here or of what is imported: this may be another Python, and another user's, than what pipsafe is
installed for. Sources: importlib's own documentation of finders and loaders.
"""

# Python 3.7 syntax, stdlib only.
import json
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

PACKAGE = "pipsafe.target_side"


class Sources:
    """Loads modules whose sources were sent."""

    def __init__(self, sources):
        self.sources = sources

    def create_module(self, spec):  # noqa: ARG002 - the signature is importlib's
        return None

    def exec_module(self, module):
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name):
        short = name.rpartition(".")[2]
        return compile(self.sources[short], short + ".py", "exec")


class Finder:
    """Finds the modules of this package, and its parents as empty packages."""

    def __init__(self, loader_of):
        self.loader_of = loader_of

    def find_spec(self, name, path=None, target=None):  # noqa: ARG002 - the signature is importlib's
        if name in ("pipsafe", PACKAGE):
            return ModuleSpec(name, None, is_package=True)
        if name.rpartition(".")[0] == PACKAGE:
            return ModuleSpec(name, self.loader_of(name))
        return None


def loaders(folder):
    """A function that gives the loader of a name."""
    if folder == "-":
        sent = Sources(json.loads(sys.stdin.readline()))
        return lambda _name: sent
    return lambda name: SourceFileLoader(name, os.path.join(folder, name.rpartition(".")[2] + ".py"))


def run(folder):
    """Run the prober as the main program; it can import the others."""
    loader_of = loaders(folder)
    sys.meta_path.insert(0, Finder(loader_of))
    name = PACKAGE + ".prober"
    exec(loader_of(name).get_code(name), {"__name__": "__main__"})


if __name__ == "__main__":
    run(sys.argv[1])
