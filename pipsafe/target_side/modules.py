"""Runs the prober, whose parts lie in one folder or, as pipsafe may, in a zip.

    python -I -B modules.py FOLDER

Nothing else that lies there or beside can be imported. Bytecode is read where there is some, which saves
tens of milliseconds of each rescue. None is written (-B), here or of what is imported: this may be another
Python, and another user's, than what pipsafe is installed for. Sources: importlib's own documentation of
finders and loaders, zipimport's of folders inside of archives.
"""

# Python 3.7 syntax, stdlib only.
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

PACKAGE = "pipsafe.target_side"


class Finder:
    """Finds the modules of this package, and its parents as empty packages."""

    def __init__(self, folder):
        self.folder = folder
        self.archive = None
        if not os.path.isdir(folder):
            import zipimport

            self.archive = zipimport.zipimporter(folder)

    def find_spec(self, name, path=None, target=None):  # noqa: ARG002 - the signature is importlib's
        if name in ("pipsafe", PACKAGE):
            return ModuleSpec(name, None, is_package=True)
        if name.rpartition(".")[0] == PACKAGE:
            return ModuleSpec(name, self.loader(name))
        return None

    def loader(self, name):
        path = os.path.join(self.folder, name.rpartition(".")[2] + ".py")
        return self.archive or SourceFileLoader(name, path)


def run(folder):
    """Run the prober as the main program; it can import the others."""
    finder = Finder(folder)
    sys.meta_path.insert(0, finder)
    name = PACKAGE + ".prober"
    exec(finder.loader(name).get_code(name), {"__name__": "__main__"})


if __name__ == "__main__":
    run(sys.argv[1])
