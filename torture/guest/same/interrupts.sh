# Calls that a timer ends, or has begin again.
/tmp/torture same interrupts
