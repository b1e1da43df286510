"""What a shell's profile is given: `pip` runs pipsafe, and both complete as pip does."""
