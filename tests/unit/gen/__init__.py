"""The generator: handlers and symbols, checked, resolved, rendered."""
