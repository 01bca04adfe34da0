"""The way of writing of strace."""
