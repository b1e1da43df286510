"""pipsafe stands in for pip and makes it work, safely, where TLS verification fails.

Importing this package must stay free: it is read by every run, and also by target
interpreters as old as Python 3.7.
"""

__version__ = "0.1.0"
