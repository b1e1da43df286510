"""From words that pip, or another tool, wrote to values."""
