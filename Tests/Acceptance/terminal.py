"""The program on a pseudo-terminal, as somebody at a terminal sees it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from sluice import BINARY

SEQUENCE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Screen:
    """What a command wrote to its terminal."""

    def __init__(self, status, raw):
        self.status = status
        self.raw = raw
        self.text = SEQUENCE.sub("", raw).replace("\r\n", "\n")

    @property
    def drawings(self):
        """The states of a line that was written over, in their order."""
        return [SEQUENCE.sub("", part) for part in self.raw.split("\r") if part.strip()]


def on_terminal(environment, *words, columns=80, error=None, input=None):
    """Runs `sluice …` with its output on a terminal of so many columns; `error`: a file for standard error instead."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [BINARY, *map(str, words)], stdin=input or subprocess.DEVNULL, stdout=follower, stderr=error or follower,
        env=environment | {"TERM": "xterm"})
    os.close(follower)
    written = b""
    try:
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # EIO: nobody holds the other end any more
                break
            if not piece:
                break
            written += piece
        status = process.wait(60)
    finally:
        os.close(leader)
        process.kill()
        process.wait(10)
    return Screen(status, written.decode(errors="replace"))
