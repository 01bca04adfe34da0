"""Binary traces."""
