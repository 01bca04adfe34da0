"""Reading what the module has recorded, on any machine."""
