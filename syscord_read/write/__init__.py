"""Ways of writing records down.  Each style is a module with ``lines``, which gives bytes for a batch."""
