"""What `invoke torture` does: the module in a kernel that checks itself, under everything that could break it."""
