"""Events, calls, processes, descriptors, and which of them are selected."""
