"""What the programs that run in machines promise."""
