"""A terminal for gpumgr: plays the scene named first, with the gpumgr named second.

Ends with 0 if all went as it should, else with what the terminal showed.
"""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

PATIENCE = 120
GPUMGR = sys.argv[2]

# Counts what it hears; at SIGUSR1 it tells, and ends.
COUNTS = """
import os, signal, sys, time
heard = 0
def hears(*_):
    global heard
    heard += 1
    os.write(1, f"heard-{heard}.".encode())
def ends(*_):
    os.write(1, f"in-all-{heard}.".encode())
    sys.exit(7)
signal.signal(signal.SIGINT, hears)
signal.signal(signal.SIGQUIT, hears)
signal.signal(signal.SIGUSR1, ends)
os.write(1, b"ready.")
while True:
    time.sleep(600)
"""

STAYS = "echo $$ > pid; echo rea''dy.; exec sleep 600"
IGNORES = "trap '' HUP; echo $$ > pid; echo rea''dy.; until [ -e end ]; do sleep 0.02; done"


class Terminal:
    def __init__(self, *command):
        environment = os.environ | {"TERM": "dumb", "PS1": "$ "}
        self.shown = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)

    def expect(self, text):
        """Reads until that is shown, and forgets what came before."""
        until = time.monotonic() + PATIENCE
        while text.encode() not in self.shown:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                sys.exit(f"{text!r} is not shown, but {self.shown!r}")
            try:
                self.shown += os.read(self.master, 4096)
            except OSError:
                sys.exit(f"it ended before it showed {text!r}, with {self.shown!r}")
        self.shown = self.shown.split(text.encode(), 1)[1]

    def type(self, text):
        os.write(self.master, text.encode())

    def ends(self):
        """How it ended; what it still says goes nowhere."""
        while True:
            try:
                if not os.read(self.master, 4096):
                    break
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def hang_up(self):
        os.close(self.master)


def happens(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"{condition.__name__} does not happen")
        time.sleep(0.005)


def run(*command):
    return [GPUMGR, "--run", "t", "--", *command]


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(") ", 1)[1][0]
    except FileNotFoundError:
        return None


def noted():
    with open("pid", encoding="utf-8") as file:
        return int(file.read())


def is_held():
    status = subprocess.run([GPUMGR, "--status", "--json"], capture_output=True, check=True)
    return json.loads(status.stdout)["totals"]["running_tasks"] == 1


def counted(key):
    terminal = Terminal(*run(sys.executable, "-c", COUNTS))
    terminal.expect("ready.")
    for time_ in range(1, 11):
        terminal.type(key)
        terminal.expect(f"heard-{time_}.")
    # Signals are passed on in order: a second one would have come before this.
    os.kill(terminal.pid, signal.SIGUSR1)
    terminal.expect("in-all-10.")
    assert terminal.ends() == 7


def ctrl_c():
    counted("\x03")


def ctrl_backslash():
    counted("\x1c")


def shell():
    terminal = Terminal("bash", "--norc", "--noprofile", "-i")
    terminal.expect("$ ")
    return terminal


def typed(script):
    return f"{GPUMGR} --run t -- sh -c '{script}'\n"


def ctrl_z():
    terminal = shell()
    terminal.type(typed("echo $$ $PPID > pids; echo rea\"\"dy.; read word; echo got-$word."))
    terminal.expect("ready.")
    with open("pids", encoding="utf-8") as file:
        pids = file.read().split()
    terminal.type("\x1a")
    terminal.expect("Stopped")

    def both_stopped():
        return [state_of(pid) for pid in pids] == ["T", "T"]

    happens(both_stopped)
    assert is_held()
    terminal.type("fg\n")

    def both_go_on():
        return all(state_of(pid) not in ("T", None) for pid in pids)

    happens(both_go_on)
    terminal.type("hello\n")
    terminal.expect("got-hello.")
    terminal.type("echo code-$?.\n")
    terminal.expect("code-0.")
    terminal.type("exit\n")
    assert terminal.ends() == 0


def command_gone():
    return state_of(noted()) in (None, "Z")


def hang_up():
    terminal = Terminal(*run("sh", "-c", STAYS))
    terminal.expect("ready.")
    terminal.hang_up()
    happens(command_gone)


def hang_up_of_shell():
    terminal = shell()
    terminal.type(typed(STAYS.replace("''", '""')))
    terminal.expect("ready.")
    terminal.hang_up()
    happens(command_gone)


def ignored_hang_up():
    terminal = Terminal(*run("sh", "-c", IGNORES))
    terminal.expect("ready.")
    terminal.hang_up()
    # A stop would show that it is still there, and that it gets signals at all.
    assert is_held()


def ignored_hang_up_of_shell():
    terminal = shell()
    terminal.type(typed("trap \"\" HUP; echo rea\"\"dy.; until [ -e end ]; do sleep 0.02; done"))
    terminal.expect("ready.")
    terminal.hang_up()
    os.waitpid(terminal.pid, 0)
    assert is_held()


{
    scene.__name__: scene
    for scene in (
        ctrl_c,
        ctrl_backslash,
        ctrl_z,
        hang_up,
        hang_up_of_shell,
        ignored_hang_up,
        ignored_hang_up_of_shell,
    )
}[sys.argv[1]]()
