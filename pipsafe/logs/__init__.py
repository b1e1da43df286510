"""Saved logs of pip and of its kin, read without a network: what they say, and what that means."""
