"""What torture says of logs, counters and records, without a machine."""
