"""The command ``syscord`` as a program of its own."""

import sys

# A shell's background job has Ctrl-C ignored, and so has all that it starts; who tests that here may be one.
MAIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from syscord_read.cli.command import main
main()
"""
COMMAND = [sys.executable, "-c", MAIN]
