"""What `pipsafe doctor` finds beside handshakes, and how it tells of it."""
