"""The recipe of tests/logs: servers that are wrong in one way each, and what pips and others say of them."""
