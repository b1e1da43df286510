"""What pipsafe costs, and what it saves: ``python -m benchmarks`` writes ``docs/benchmarks.md``."""
