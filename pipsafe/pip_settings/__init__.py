"""What pip goes by in a run, and who set it: found without asking pip."""
