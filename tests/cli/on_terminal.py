# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a terminal of its own and passes on what it prints there.

on_terminal.py COMMAND WORD…
"""
import os
import pty
import sys

status = pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 65536),
                   lambda fd: b"")
sys.exit(os.waitstatus_to_exitcode(status))
