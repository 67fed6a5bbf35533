"""What v0.1 does to the state file, and nothing else: a stand-in for tests.

Started in the folder of the state file, it takes one command a line and answers each with one line:

    allocate TASK GPUS CPUS   granted SERVER 0,1 | full
    release TASK              released | unknown
    hold                      held              (takes the lock)
    drop                      dropped           (gives it back)
    longest-wait              0.103             (for the lock, in seconds)

As in v0.1, every change opens the lock file anew by its name and tries for it ten times a second
for a minute, reads the whole state, and writes it in place.
"""

import fcntl
import json
import sys
import time
from datetime import datetime

STATE = "resource_status.json"
LOCK = ".resource.lock"
TIMEOUT = 60
TRY_AGAIN_AFTER = 0.1

longest_wait = 0.0


def take_lock():
    global longest_wait
    start = time.monotonic()
    lock = open(LOCK, "w")
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() - start >= TIMEOUT:
                lock.close()
                raise TimeoutError(f"no lock within {TIMEOUT} s") from None
            time.sleep(TRY_AGAIN_AFTER)
    longest_wait = max(longest_wait, time.monotonic() - start)
    return lock


def give_back(lock):
    fcntl.flock(lock, fcntl.LOCK_UN)
    lock.close()


def load():
    with open(STATE, "r", encoding="utf-8") as file:
        return json.load(file)


def save(state):
    state["last_updated"] = datetime.now().isoformat()
    with open(STATE, "w", encoding="utf-8") as file:
        json.dump(state, file, indent=2, ensure_ascii=False)


def first_fit(state, task, gpus, cpus):
    for server in state["servers"]:
        free = server["available_gpus"]
        if len(free) >= gpus and server["available_cpus"] >= cpus:
            granted = free[:gpus]
            server["available_gpus"] = free[gpus:]
            server["available_cpus"] -= cpus
            server["running_tasks"].append(
                {
                    "task_id": task,
                    "allocated_gpus": granted,
                    "allocated_cpus": cpus,
                    "start_time": datetime.now().isoformat(),
                }
            )
            return server["server_name"], granted
    return None


def allocate(task, gpus, cpus):
    lock = take_lock()
    try:
        state = load()
        grant = first_fit(state, task, int(gpus), int(cpus))
        if grant is None:
            return "full"
        save(state)
    finally:
        give_back(lock)
    server, granted = grant
    return f"granted {server} {','.join(map(str, granted))}"


def release(task):
    lock = take_lock()
    try:
        state = load()
        for server in state["servers"]:
            for running in server["running_tasks"]:
                if running["task_id"] == task:
                    server["available_gpus"].extend(running["allocated_gpus"])
                    server["available_gpus"].sort()
                    server["available_cpus"] += running["allocated_cpus"]
                    server["running_tasks"].remove(running)
                    save(state)
                    return "released"
        return "unknown"
    finally:
        give_back(lock)


def main():
    held = None
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "allocate":
            answer = allocate(*arguments)
        elif command == "release":
            answer = release(*arguments)
        elif command == "hold":
            held = take_lock()
            answer = "held"
        elif command == "drop":
            give_back(held)
            answer = "dropped"
        elif command == "longest-wait":
            answer = f"{longest_wait:.3f}"
        else:
            answer = f"what is {command}?"
        print(answer, flush=True)


main()
