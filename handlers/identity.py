"""Who the process is: syscalls that take nothing and return one number."""

from syscord_gen.declare import handlers, syscall

HANDLERS = handlers(
    title="Identity",
    doc="The numbers of the calling process and of its user.",
    syscalls=[
        syscall("getuid", doc="Get the real user.", ret="uid_t"),
        syscall("geteuid", doc="Get the effective user.", ret="uid_t"),
        syscall("getgid", doc="Get the real group.", ret="gid_t"),
        syscall("getegid", doc="Get the effective group.", ret="gid_t"),
        syscall("getpid", doc="Get the process.", ret="pid_t"),
        syscall("gettid", doc="Get the thread.", ret="pid_t"),
        syscall("getppid", doc="Get the parent process.", ret="pid_t"),
    ],
)
