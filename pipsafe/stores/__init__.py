"""Stores of trust that an administrator or the OS has put on a machine, beside the merged system bundle."""
