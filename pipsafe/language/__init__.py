"""What pipsafe says, in the language of whoever reads it."""
