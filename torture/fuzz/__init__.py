"""Random calls, made from the handlers' declarations, and what their records must be."""
