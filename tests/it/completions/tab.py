"""A shell on a terminal, which loads gpumgr's completion and is typed to.

    tab.py SHELL LINE

In LINE, <TAB> is the key. Prints the words that gpumgr was then given, as a JSON list: in this shell
its name is that of a function that does so.
"""

import json
import os
import pty
import re
import select
import sys
import time

PATIENCE = 120
shell, line = sys.argv[1:]

SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        ["source <(gpumgr --completions bash)", "gpumgr() { gputell \"$@\"; }"],
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        [
            "autoload -U compinit; compinit -D; unsetopt prompt_sp; setopt interactive_comments",
            "source <(gpumgr --completions zsh)",
            "gpumgr() { gputell \"$@\" }",
        ],
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        [
            "gpumgr --completions fish | source",
            "function gpumgr; gputell $argv; end",
            "function fish_prompt; end",
        ],
    ),
}
command, settings = SHELLS[shell]

pid, master = pty.fork()
if pid == 0:
    os.execvp(command[0], command)

shown = b""


def expect(pattern):
    """Reads until that is shown, and forgets what came before."""
    global shown
    until = time.monotonic() + PATIENCE
    while not (found := re.search(pattern, shown, re.S)):
        left = until - time.monotonic()
        if left <= 0 or not select.select([master], [], [], left)[0]:
            sys.exit(f"{pattern!r} is not shown, but {shown!r}")
        try:
            shown += os.read(master, 4096)
        except OSError:
            sys.exit(f"it ended before it showed {pattern!r}, with {shown!r}")
    shown = shown[found.end() :]
    return found


def enter(text):
    os.write(master, text.encode() + b"\r")


for number, setting in enumerate([*settings, "true"]):
    enter(f"{setting}\recho told''-{number}.")
    expect(f"told-{number}\\.".encode())
enter(line.replace("<TAB>", "\t"))
given = expect(rb"\x02(.*?)\x03").group(1)
print(json.dumps(json.loads(bytes.fromhex(given.decode()))))
