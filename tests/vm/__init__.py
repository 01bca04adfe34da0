"""What of the machines' harness can be tested without a machine."""
