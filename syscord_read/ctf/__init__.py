"""The binary trace: metadata, packets, and the events of all CPUs in the order of time."""
