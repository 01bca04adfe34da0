"""The way of writing of strace 6.1: ``strace(1)`` says what the options mean, ``docs/strace-style.md`` what differs.

``output.lines`` makes lines of calls, and ``output.text`` all bytes of batches.
"""
