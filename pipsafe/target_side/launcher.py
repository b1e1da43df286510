"""Runs pip in this interpreter and hands a copy of what it writes to pipsafe.

    python launcher.py COPY STYLE [PIP ARGUMENTS...]

COPY is the number of an inherited descriptor (on Windows: of two handles, ``copy,control``;
elsewhere a second one, if given, is where the answers to questions come from)
and STYLE says how pip shall believe it was started: ``script`` (as ``pip``) or ``module``
(as ``python -m pip``). With ``-strict`` behind it pip asks before it builds or installs.

What it says over COPY, and what it does, is told in runner.py.
"""

# Python 3.7 syntax, stdlib only. Nothing may be imported before the next lines have run:
# until then the folder of this file is the first place that imports look in. (Where safe
# paths are on it is not there, and another folder must not be taken out for it.)
import sys

if "__file__" in globals() and sys.path[:1] == [__file__[: max(__file__.rfind("/"), __file__.rfind("\\"))]]:
    del sys.path[0]

# As importlib.machinery has it, which would have to be imported first.
from _frozen_importlib_external import SourceFileLoader

# Given by who runs this out of a zip.
read_source = globals().get("read_source")


def part(name):
    """A module that lies beside this one. No import of pip's, nor of a package's, ever finds it.

    Bytecode is read where there is some, which saves milliseconds of each run; none is written, since
    this may be another Python, and another user's, than what pipsafe is installed for.
    """
    module = type(sys)(name)
    exec(code_of(name), module.__dict__)
    return module


def code_of(name):
    if read_source is not None:
        return compile(read_source(name + ".py"), name + ".py", "exec")
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return SourceFileLoader(name, __file__[: -len("launcher.py")] + name + ".py").get_code(name)
    finally:
        sys.dont_write_bytecode = before


if __name__ == "__main__":
    part("runner").main(part)
