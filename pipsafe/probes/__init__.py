"""Handshakes under the target's own interpreter."""
