"""Whether a trace is whole."""
