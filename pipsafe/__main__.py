"""``python -m pipsafe`` drives the pip of the interpreter that runs it."""

import sys

from pipsafe.cli import main

if __name__ == "__main__":
    sys.exit(main(style="module"))
