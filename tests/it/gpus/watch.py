"""Runs its arguments on a terminal of 24 rows and 80 columns, sends Ctrl-C after three pictures, and
says what was seen."""
import fcntl
import os
import pty
import struct
import sys
import termios
import unicodedata

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])

seen, interrupted = b"", False
while True:
    try:
        read = os.read(terminal, 65536)
    except OSError:
        break
    if not read:
        break
    seen += read
    if seen.count(b"\x1b[H") >= 3 and not interrupted:
        os.write(terminal, b"\x03")
        interrupted = True
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
text = seen.decode()
assert text.startswith("\x1b[?1049h\x1b[?25l"), text[:80]
assert text.rstrip().endswith("\x1b[?25h\x1b[?1049l"), text[-80:]
picture = text.split("\x1b[H")[2].split("\x1b[J")[0].replace("\x1b[K", "")
rows = picture.split("\r\n")
assert len(rows) <= 24, len(rows)
for row in rows:
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in row)
    assert width <= 80, row
print(f"the other screen, 24 rows of 80 at most, and back; exit {status}")
