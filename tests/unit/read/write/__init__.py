"""Ways of writing records."""
