"""What an event is: its layout, batches of events, calls, and what is known of processes and descriptors."""
