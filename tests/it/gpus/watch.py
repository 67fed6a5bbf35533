"""Runs its further arguments on a terminal of 24 rows and 80 columns, and says what was seen.

shows: Ctrl-C after three pictures. stops: Ctrl-Z after the first, on again, Ctrl-C."""
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
import unicodedata

ENTER, LEAVE, HOME = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b[H"

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    # A group of its own in the session, as a shell makes for a job: without one nothing stops.
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execv(sys.argv[2], sys.argv[2:])
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os._exit(os.waitstatus_to_exitcode(status))
        os.write(1, b"STOPPED")
        os.killpg(child, signal.SIGCONT)

seen = ""


def see(what, times):
    """Reads on until that was seen so often since the beginning."""
    global seen
    while seen.count(what) < times:
        seen += os.read(terminal, 65536).decode()


def end():
    global seen
    os.write(terminal, b"\x03")
    try:
        while read := os.read(terminal, 65536):
            seen += read.decode()
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if sys.argv[1] == "stops":
    see(HOME, 1)
    os.write(terminal, b"\x1a")
    see("STOPPED", 1)
    see(ENTER, 2)
    see(HOME, 2)
    code = end()
    before, after = seen.split("STOPPED")
    assert before.rstrip().endswith(LEAVE), before[-80:]
    assert after.startswith(ENTER), after[:80]
    print(f"left the screen, stopped, and took it again; exit {code}")
else:
    see(HOME, 3)
    code = end()
    assert seen.startswith(ENTER), seen[:80]
    assert seen.rstrip().endswith(LEAVE), seen[-80:]
    picture = seen.split(HOME)[2].split("\x1b[J")[0].replace("\x1b[K", "")
    rows = picture.split("\r\n")
    assert len(rows) <= 24, len(rows)
    for row in rows:
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in row)
        assert width <= 80, row
    print(f"the other screen, 24 rows of 80 at most, and back; exit {code}")
