"""``syscord stat``: sums by syscall, as strace -c has them, and by error, process, path and peer."""
