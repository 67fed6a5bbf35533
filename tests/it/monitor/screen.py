"""Runs a monitor on a terminal until it shows a picture, presses Ctrl-C, and prints what was shown."""
import fcntl, os, pty, select, struct, sys, termios, time

pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], [sys.argv[1], "--monitor"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
seen, pressed, give_up = b"", False, time.time() + 20
while time.time() < give_up:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    # The second picture has come.
    if not pressed and seen.count(b"\x1b[H") >= 2:
        pressed = True
        os.write(terminal, b"\x03")
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(seen.decode(errors="replace"))
print("exit", code)
