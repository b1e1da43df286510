"""``python -m pipsafe`` drives the pip of the interpreter that runs it."""

import os
import sys

# Said in words that every Python understands.
if sys.version_info < (3, 10):  # noqa: UP036 - anybody can run a checkout
    sys.exit(
        "pipsafe: it takes Python 3.10 or newer. A newer one can drive the pip of this one: "
        "python3 -m pipsafe --pipsafe-python " + sys.executable
    )

# Python put the working folder first. A module there must not stand in for one of the
# standard library; pipsafe's own are found by the package's path from here on.
try:
    if not getattr(sys.flags, "safe_path", False) and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
except OSError:  # the working folder is gone
    pass

from pipsafe.cli import main

if __name__ == "__main__":
    sys.exit(main(style="module"))
