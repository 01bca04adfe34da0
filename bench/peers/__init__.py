"""Other recorders of syscalls, as Debian has them, to be measured beside syscord."""
