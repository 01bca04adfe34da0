"""Constants of the kernel's that a trace does not carry.

They have one value on every architecture that syscord records (arm64 and x86_64); each group names the header of the
kernel's user-space interface (include/uapi/) that it is from, unless it says otherwise.
"""

from __future__ import annotations

# What errors mean: the texts are glibc's, which strace takes from strerror().  It has none for what only the kernel
# knows, "Unknown error" and the number.
MEANINGS: dict[int, str] = {
    1: "Operation not permitted",
    2: "No such file or directory",
    3: "No such process",
    4: "Interrupted system call",
    5: "Input/output error",
    6: "No such device or address",
    7: "Argument list too long",
    8: "Exec format error",
    9: "Bad file descriptor",
    10: "No child processes",
    11: "Resource temporarily unavailable",
    12: "Cannot allocate memory",
    13: "Permission denied",
    14: "Bad address",
    15: "Block device required",
    16: "Device or resource busy",
    17: "File exists",
    18: "Invalid cross-device link",
    19: "No such device",
    20: "Not a directory",
    21: "Is a directory",
    22: "Invalid argument",
    23: "Too many open files in system",
    24: "Too many open files",
    25: "Inappropriate ioctl for device",
    26: "Text file busy",
    27: "File too large",
    28: "No space left on device",
    29: "Illegal seek",
    30: "Read-only file system",
    31: "Too many links",
    32: "Broken pipe",
    33: "Numerical argument out of domain",
    34: "Numerical result out of range",
    35: "Resource deadlock avoided",
    36: "File name too long",
    37: "No locks available",
    38: "Function not implemented",
    39: "Directory not empty",
    40: "Too many levels of symbolic links",
    42: "No message of desired type",
    43: "Identifier removed",
    44: "Channel number out of range",
    45: "Level 2 not synchronized",
    46: "Level 3 halted",
    47: "Level 3 reset",
    48: "Link number out of range",
    49: "Protocol driver not attached",
    50: "No CSI structure available",
    51: "Level 2 halted",
    52: "Invalid exchange",
    53: "Invalid request descriptor",
    54: "Exchange full",
    55: "No anode",
    56: "Invalid request code",
    57: "Invalid slot",
    59: "Bad font file format",
    60: "Device not a stream",
    61: "No data available",
    62: "Timer expired",
    63: "Out of streams resources",
    64: "Machine is not on the network",
    65: "Package not installed",
    66: "Object is remote",
    67: "Link has been severed",
    68: "Advertise error",
    69: "Srmount error",
    70: "Communication error on send",
    71: "Protocol error",
    72: "Multihop attempted",
    73: "RFS specific error",
    74: "Bad message",
    75: "Value too large for defined data type",
    76: "Name not unique on network",
    77: "File descriptor in bad state",
    78: "Remote address changed",
    79: "Can not access a needed shared library",
    80: "Accessing a corrupted shared library",
    81: ".lib section in a.out corrupted",
    82: "Attempting to link in too many shared libraries",
    83: "Cannot exec a shared library directly",
    84: "Invalid or incomplete multibyte or wide character",
    85: "Interrupted system call should be restarted",
    86: "Streams pipe error",
    87: "Too many users",
    88: "Socket operation on non-socket",
    89: "Destination address required",
    90: "Message too long",
    91: "Protocol wrong type for socket",
    92: "Protocol not available",
    93: "Protocol not supported",
    94: "Socket type not supported",
    95: "Operation not supported",
    96: "Protocol family not supported",
    97: "Address family not supported by protocol",
    98: "Address already in use",
    99: "Cannot assign requested address",
    100: "Network is down",
    101: "Network is unreachable",
    102: "Network dropped connection on reset",
    103: "Software caused connection abort",
    104: "Connection reset by peer",
    105: "No buffer space available",
    106: "Transport endpoint is already connected",
    107: "Transport endpoint is not connected",
    108: "Cannot send after transport endpoint shutdown",
    109: "Too many references: cannot splice",
    110: "Connection timed out",
    111: "Connection refused",
    112: "Host is down",
    113: "No route to host",
    114: "Operation already in progress",
    115: "Operation now in progress",
    116: "Stale file handle",
    117: "Structure needs cleaning",
    118: "Not a XENIX named type file",
    119: "No XENIX semaphores available",
    120: "Is a named type file",
    121: "Remote I/O error",
    122: "Disk quota exceeded",
    123: "No medium found",
    124: "Wrong medium type",
    125: "Operation canceled",
    126: "Required key not available",
    127: "Key has expired",
    128: "Key has been revoked",
    129: "Key was rejected by service",
    130: "Owner died",
    131: "State not recoverable",
    132: "Operation not possible due to RF-kill",
    133: "Memory page has hardware error",
}

# include/linux/errno.h: results that only a tracer sees, of calls that a signal has interrupted.
RESTARTS: dict[int, str] = {
    512: "ERESTARTSYS (To be restarted if SA_RESTART is set)",
    513: "ERESTARTNOINTR (To be restarted)",
    514: "ERESTARTNOHAND (To be restarted if no handler)",
    516: "ERESTART_RESTARTBLOCK (Interrupted by signal)",
}

# asm-generic/signal.h
_SIGNALS = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU "
    "URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS RTMIN"
)
SIGNALS: dict[int, str] = dict(enumerate(_SIGNALS.split(), 1))
SIGRTMIN, SIGRTMAX = 32, 64
CSIGNAL = 0xFF  # linux/sched.h: the bits of clone's flags that are the signal
SIGNAL_HANDLERS = {-1: "SIG_ERR", 0: "SIG_DFL", 1: "SIG_IGN"}  # asm-generic/signal-defs.h
SIGSET_BYTES = 8  # sizeof(sigset_t): kernel/signal.c refuses any other size, with EINVAL
EINVAL = 22

# linux/stat.h
S_IFMT, S_ISUID, S_ISGID, S_ISVTX = 0o170000, 0o4000, 0o2000, 0o1000
FILE_TYPES = {
    0o010000: "S_IFIFO",
    0o020000: "S_IFCHR",
    0o040000: "S_IFDIR",
    0o060000: "S_IFBLK",
    0o100000: "S_IFREG",
    0o120000: "S_IFLNK",
    0o140000: "S_IFSOCK",
}
STATX_ALL = 0xFFF
STATX_TYPE, STATX_MODE, STATX_SIZE = 0x1, 0x2, 0x200

# asm-generic/fcntl.h
O_ACCMODE = 3
ACCESS_MODES = ("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")
FD_CLOEXEC = 1
LOCK_TYPES = {0: "F_RDLCK", 1: "F_WRLCK", 2: "F_UNLCK", 4: "F_EXLCK", 8: "F_SHLCK"}

# linux/fcntl.h
AT_STATX_SYNC_TYPE = 0x6000
SEALS = (
    ("F_SEAL_SEAL", 1),
    ("F_SEAL_SHRINK", 2),
    ("F_SEAL_GROW", 4),
    ("F_SEAL_WRITE", 8),
    ("F_SEAL_FUTURE_WRITE", 16),
)

# access(2): no header of the kernel's user-space interface has these names; its own are MAY_* in include/linux/fs.h.
F_OK_NAMES = (("F_OK", 0), ("R_OK", 4), ("W_OK", 2), ("X_OK", 1))

# asm-generic/mman-common.h; asm-generic/hugetlb_encode.h for where the size of huge pages stands
MAP_TYPE = 0xF
MAP_HUGE_SHIFT, MAP_HUGE_MASK = 26, 0x3F

# arch/x86/include/uapi/asm/mman.h; the number of mmap() tells the architecture (syscall_64.tbl)
MAP_32BIT = ("MAP_32BIT", 0x40)
NR_MMAP_X86_64 = 9

# linux/mman.h
MREMAP_MAYMOVE, MREMAP_FIXED = 1, 2

# include/linux/statfs.h
STATFS_FLAGS = (
    ("ST_VALID", 0x20),
    ("ST_RDONLY", 0x1),
    ("ST_NOSUID", 0x2),
    ("ST_NODEV", 0x4),
    ("ST_NOEXEC", 0x8),
    ("ST_SYNCHRONOUS", 0x10),
    ("ST_MANDLOCK", 0x40),
    ("ST_NOATIME", 0x400),
    ("ST_NODIRATIME", 0x800),
    ("ST_RELATIME", 0x1000),
    ("ST_NOSYMFOLLOW", 0x2000),
)
ST_VALID = 0x20

# utimensat(2): include/linux/stat.h
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2

# linux/wait.h has no macros for what is in a status; these are those of wait(2).
CORE_DUMPED = 0x80
CONTINUED = 0xFFFF

# linux/sched.h
CLONE_PIDFD, CLONE_SETTLS, CLONE_PARENT_SETTID = 0x1000, 0x80000, 0x100000
CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID = 0x200000, 0x1000000
# Bytes of struct clone_args as each version of the kernel has added to it (CLONE_ARGS_SIZE_VER0 and the next).  Of a
# longer one the kernel wants zeros, else it says E2BIG (copy_struct_from_user).
CLONE_ARGS_SIZES = (64, 80, 88)
E2BIG = 7
CLONE_INTO_CGROUP = 1 << 33
CLONE3_FLAGS = (("CLONE_NEWTIME", 0x80), ("CLONE_CLEAR_SIGHAND", 1 << 32), ("CLONE_INTO_CGROUP", CLONE_INTO_CGROUP))

# The number of clone() in arch/x86/entry/syscalls/syscall_64.tbl: there the last two arguments stand the other way
# round than on the architectures with CONFIG_CLONE_BACKWARDS, of which arm64 is one (kernel/fork.c).
NR_CLONE_X86_64 = 56

# No memory of a process is above, on either architecture (5-level page tables; 52 bits of address).
USER_MAX = 1 << 56

# linux/futex.h
FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME = 128, 256
FUTEX_COMMAND = 127
# Names that older traces do not have, or older headers.
NEWER_FUTEX = {2: "FUTEX_FD", 13: "FUTEX_LOCK_PI2"}
FUTEX_BITSET_MATCH_ANY = 0xFFFF_FFFF
FUTEX_OPERATIONS = ("FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN", "FUTEX_OP_XOR")
FUTEX_COMPARISONS = (
    *("FUTEX_OP_CMP_EQ", "FUTEX_OP_CMP_NE", "FUTEX_OP_CMP_LT"),
    *("FUTEX_OP_CMP_LE", "FUTEX_OP_CMP_GT", "FUTEX_OP_CMP_GE"),
)

# linux/eventpoll.h
EPOLL_CTL_DEL = 2

# asm-generic/ioctl.h: the parts of a request's number
IOC_DIRECTIONS = (("_IOC_READ", 2), ("_IOC_WRITE", 1))

# asm-generic/termbits.h: what TCXONC and TCFLSH take
TC_FLOWS = ("TCOOFF", "TCOON", "TCIOFF", "TCION")
TC_QUEUES = ("TCIFLUSH", "TCOFLUSH", "TCIOFLUSH")

# linux/capability.h, by number
_CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT "
    "SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP "
    "MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
)
CAPABILITIES = tuple(f"CAP_{name}" for name in _CAPABILITIES.split())

# linux/securebits.h
SECUREBITS = (
    ("SECBIT_NOROOT", 0x1),
    ("SECBIT_NOROOT_LOCKED", 0x2),
    ("SECBIT_NO_SETUID_FIXUP", 0x4),
    ("SECBIT_NO_SETUID_FIXUP_LOCKED", 0x8),
    ("SECBIT_KEEP_CAPS", 0x10),
    ("SECBIT_KEEP_CAPS_LOCKED", 0x20),
    ("SECBIT_NO_CAP_AMBIENT_RAISE", 0x40),
    ("SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED", 0x80),
)

# linux/seccomp.h
SECCOMP_MODES = ("SECCOMP_MODE_DISABLED", "SECCOMP_MODE_STRICT", "SECCOMP_MODE_FILTER")

# linux/prctl.h
PR_TSC = {1: "PR_TSC_ENABLE", 2: "PR_TSC_SIGSEGV"}
PR_UNALIGN = (("PR_UNALIGN_NOPRINT", 1), ("PR_UNALIGN_SIGBUS", 2))
PR_CAP_AMBIENT = {
    1: "PR_CAP_AMBIENT_IS_SET",
    2: "PR_CAP_AMBIENT_RAISE",
    3: "PR_CAP_AMBIENT_LOWER",
    4: "PR_CAP_AMBIENT_CLEAR_ALL",
}

# arch/x86/include/uapi/asm/prctl.h
ARCH_PRCTL = {
    0x1001: "ARCH_SET_GS",
    0x1002: "ARCH_SET_FS",
    0x1003: "ARCH_GET_FS",
    0x1004: "ARCH_GET_GS",
    0x1011: "ARCH_GET_CPUID",
    0x1012: "ARCH_SET_CPUID",
    0x1021: "ARCH_GET_XCOMP_SUPP",
    0x1022: "ARCH_GET_XCOMP_PERM",
    0x1023: "ARCH_REQ_XCOMP_PERM",
    0x1024: "ARCH_GET_XCOMP_GUEST_PERM",
    0x1025: "ARCH_REQ_XCOMP_GUEST_PERM",
    0x2001: "ARCH_MAP_VDSO_X32",
    0x2002: "ARCH_MAP_VDSO_32",
    0x2003: "ARCH_MAP_VDSO_64",
}

# include/linux/socket.h
SOL_IP, SOL_SOCKET, SOL_TCP, SOL_UDP, SOL_IPV6 = 0, 1, 6, 17, 41
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
