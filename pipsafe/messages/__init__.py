"""What is said: on the terminal, in the report, in pages and notes."""
