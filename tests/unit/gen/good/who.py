"""A Python handler file that is in order."""

from syscord_gen.declare import handlers, syscall

HANDLERS = handlers("Who", syscalls=[syscall("getsid", doc="Get the session.", ret="pid_t")])
