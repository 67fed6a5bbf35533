# English. Every message here must be in zh/ and ja/, too; a test compares them.

## Tables

title = GPU resource status
column-server = Server
column-gpu-free = GPU free/total
column-gpu-use = GPU use
column-cpu-free = CPU free/total
column-cpu-use = CPU use
column-tasks = Running tasks
column-task = Task
column-gpus = GPUs
column-cpus = CPUs
column-owner = Owner
column-start = Start
column-age = Age
totals = Total:
totals-gpus = GPU: { $free }/{ $total } free
totals-cpus = CPU: { $free }/{ $total } free
totals-tasks = Running tasks: { $tasks }
server-draining = { $server } (draining)
detail-server = { $server } (ID { $id })
detail-gpus = Free GPUs: { $ids } ({ $free }/{ $total })
detail-cpus = Free CPUs: { $free }/{ $total }
detail-no-tasks = No tasks
step-runs = Step of PID { $pid }: GPUs { $gpus }, CPUs { $cpus }, for { $age }
step-waits = Step of PID { $pid }: waiting { $age } for GPUs { $gpus }, CPUs { $cpus }
cluster-size = { $servers ->
        [one] 1 server
       *[other] { $servers } servers
    }, { $gpus ->
        [one] 1 GPU
       *[other] { $gpus } GPUs
    }, { $cpus ->
        [one] 1 CPU
       *[other] { $cpus } CPUs
    }
state-file = State: { $path }
column-left = Left
column-place = Place
column-waiting = Waiting
time-over = over
totals-waiting = Waiting: { $count }
status-ends = Ending by themselves:
status-ended = { $task }: its process has ended; whoever acts next frees it ({ $server }, GPUs { $devices })
status-lapsed = { $task }: its time is over; whoever acts next frees it ({ $server }, GPUs { $devices })
status-untaken = { $task }: its waiting gpumgr is stopped and has not taken the grant; the next gpumgr frees it ({ $server }, GPUs { $devices })
status-overdue = { $task }: its time is over, but its command still runs ({ $server }, GPUs { $devices })
status-left = { $task }: { $left } left ({ $server }, GPUs { $devices })
change-host = { $server }: now the machine { $host }
change-no-host = { $server }: no longer one machine's own
allocate-until = Until: { $end } ({ $left })
renew-done = Renewed: { $task } until { $end } ({ $left })
cancel-done = No longer waits: { $task }
cpus-in-proportion = in proportion
queue-empty = Nobody waits
queue-why = Why not yet:
queue-task = { $task }:
why-needs = needs { $count ->
        [one] 1 GPU
       *[other] { $count } GPUs
    } on one server
why-needs-ids = needs GPUs { $ids } of one server
why-ready = there is room now; it is about to start
why-name-taken = a task of that name still runs
why-draining = all servers that are large enough are draining
why-impossible = no server is large enough any longer
why-behind = there is room, but { $server } is kept for { $task }, which was there before
why-nearest = { $server } is nearest with { $gpus }
why-nearest-cpus = { $server } is nearest, but has only { $cpus } CPUs free
why-start = can start in at most { $left }
why-holder = { $task } ({ $gpus ->
        [one] 1 GPU
       *[other] { $gpus } GPUs
    }, { $owner }) ends in at most { $left }
why-holder-endless = { $task } ({ $gpus ->
        [one] 1 GPU
       *[other] { $gpus } GPUs
    }, { $owner }) has no known end
why-holder-overdue = { $task } ({ $gpus ->
        [one] 1 GPU
       *[other] { $gpus } GPUs
    }, { $owner }) is over its time, but still runs
why-more = and { $count } more
check-ttl = Time per task: default { $default }, at most { $max }; { $grace } to end in
check-environment = Variables for every task: { $names }
check-server-host = { $server }: { $gpus } GPUs, { $cpus } CPUs, the machine { $host }
no-limit = none

## Actions

init-created = Initialized
init-unchanged = Already initialized; nothing changed
init-reconciled = Adapted to the changed config; all tasks are kept
change-added = + { $server }: { $gpus } GPUs, { $cpus } CPUs
change-removed = - { $server }
change-gpus = { $server }: { $from } → { $to } GPUs
change-cpus = { $server }: { $from } → { $to } CPUs
change-drain = { $server }: draining, nothing new is granted there
change-undrain = { $server }: no longer draining
change-reordered = The servers are in a new order
allocate-trying = Trying to allocate:
allocate-task = Task ID: { $task }
allocate-count = GPUs: { $count }
allocate-cpus = CPUs: { $cpus }
allocate-done = Allocated!
allocate-server = Server: { $server }
allocate-ids = GPU IDs: { $ids }
allocate-devices = GPU device string: { $devices }
allocate-use = To use them:
allocate-release = To release them:
release-trying = Trying to release: { $task }
release-done = Released: { $task }
reset-done = Reset
reset-forgot = Forgot { $task } (GPUs { $gpus })
reset-kept = The old file is kept as { $path }
check-config = Config: { $path }
check-no-config-detected = Config: none found, so this machine's GPUs
check-no-config = Config: none found, so v0.1's cluster
check-state = State: { $path }
check-state-absent = State: { $path } (not made yet)
check-timeout = Lock timeout: { $timeout }
check-limits = GPUs per task: { $min } to { $max }
check-server = { $server }: { $gpus } GPUs, { $cpus } CPUs

## Notes, warnings, hints, questions

note-created = Made the state file { $path }
note-created-by-default = Made the state file { $path } for v0.1's 4 servers of 8 GPUs and 64 CPUs, as there is no config
note-not-initialized = Nothing is initialized yet: this is what the config describes. 'gpumgr --init{ $options }' or the first allocation makes { $path }
note-passed-over = Passed over { $path }: it has no [cluster], [[server]] or state_file, so it is another program's
note-lock = Waiting for the lock { $path } …
    .held = Waiting for the lock { $path }, held by { $holders } …
warning-open = Warning: users who are neither its owner nor in its group can read and lock { $path }, or a file in it, and so stop everybody. To mend it: chmod o= { $path }
warning-open-to-all = Warning: every user can read and lock { $path }, and so stop everybody. Keep the state in a folder of its own that only its group may open
warning-local-locks = Warning: { $why }. gpumgr changes nothing there unless the config says allow_local_locks = true
warning-local-locks-allowed = Warning: { $why }; allow_local_locks = true trusts them
local-locks = locks on a file system of the kind { $kind } may hold on this machine only
local-locks-option = locks on this file system ({ $kind }) hold on this machine only, by its mount option { $option }
warning-sticky = Warning: { $path } has the sticky bit, so only you can change the state file in it. To share it, use a folder without that bit that your group may write
warning-untold = The allocation stands: { $task } holds GPUs { $devices } on { $server }. Release it if it is of no use
warning-untold-change = The change is in place
note-granted = { $task }: { $server }, GPUs { $devices }
warning-stdout = Could not print the result: { $error }
hint-differs = Hint: the config describes another cluster than the state holds; 'gpumgr --init{ $options }' adapts the state (it never drops a task)
confirm-reset = Forget all tasks in { $path }? Their programs keep running, on GPUs that others may then be given. [y/N]
reset-declined = Nothing was changed
note-freed-ended = Freed { $task } ({ $owner }; { $server }, GPUs { $devices }): its process had ended
note-freed-lapsed = Freed { $task } ({ $owner }; { $server }, GPUs { $devices }): its time was over
note-freed-untaken = Freed { $task } ({ $owner }; { $server }, GPUs { $devices }): its waiting gpumgr is stopped and had not taken the grant
note-inside = Inside of { $outer }: { $server }, GPUs { $devices }
wait-place = { $task }: waiting, place { $place } of { $of }
wait-inside = Inside of { $task }: waiting, place { $place } of { $of }
wait-looks = The system does not tell of changes here; looking twice a second
warning-time-over = { $task }: its time is over; its command was told to end (SIGTERM) and has { $grace ->
        [one] 1 second
       *[other] { $grace } seconds
    }
warning-killed = { $task }: what did not end in time was killed: { $processes }
warning-lives-on = Warning: { $task }: gpumgr cannot end { $processes }. Until that is gone, { $task } keeps its GPUs, and gpumgr waits; interrupt it again to leave (the GPUs stay held)
warning-survived = Warning: the command of { $task } has ended, but parts of it still run, and are ended before { $task } is given back ({ $grace ->
        [one] 1 second
       *[other] { $grace } seconds
    } to end by themselves): { $processes }
warning-still-runs = Warning: { $task } is given back, but its command still runs: { $processes }
warning-not-released = Warning: what { $task } held could not be given back:

## GPUs

gpus-heading = GPUs of { $server }:
column-gpu = GPU
column-use = Use
column-memory = Memory
column-temperature = Temp
column-power = Power
column-task-owner = Task (owner)
gpu-free = free
gpu-withheld = not granted
gpu-processes = Processes:
gpu-process = GPU { $gpu }: { $process }
gpu-process-outside = GPU { $gpu }: { $process }, outside gpumgr
gpu-process-ignored = GPU { $gpu }: { $process }, ignored
gpu-not-granted = Not granted:
gpu-busy = GPU { $gpu } is used outside gpumgr: { $value }
gpu-draining = GPU { $gpu }: { $value } of its memory are still in use by what cannot be seen
gpu-unknown = GPU { $gpu } cannot be read: { $value }
gpu-missing = GPU { $gpu } is gone: the driver counts fewer
gpu-moved = GPU { $gpu } is now the card that was GPU { $value }
gpu-swapped = GPU { $gpu } is another card now: { $value }
gpu-lost = { "" }; the card that was there is gone: { $uuid }
gpu-held-but = Held, but not usable:
gpu-hint-adopt = gpumgr --adopt TASK --pid { $pid }{ $options } makes a task of that process
gpu-hint-ignore = { $line } under [gpu] in the config lets it be
gpu-hint-reconcile = gpumgr --detect shows what is there; put its gpu_uuids into the config, if you have one, then: gpumgr --init{ $options }
gpu-hint-late = Without persistence mode (nvidia-smi -pm 1) a GPU that nobody uses takes long to wake up: try again in a moment, or set timeout under [gpu] in the config
gpu-hint-trust = trust_bookkeeping = true under [gpu] in the config grants what cannot be read
unreadable-not-told = this card or driver does not tell
unreadable-late = it did not answer in time
status-idle-head = Held but idle:
status-idle = { $task }: not seen to use its GPUs for { $left } ({ $server }, GPUs { $devices })
why-holder-idle = not seen to use them for { $idle }
watch-head = { $time } · every { $every } · Ctrl-C ends
change-cards = { $server }: its GPUs are described anew (model, memory, UUIDs)
init-detected = Initialized with this machine's GPUs, as there is no config
adopt-done = Adopted: { $task } ({ $owner }) holds GPUs { $devices } and { $cpus } CPUs of { $server } until its process ends
check-measured = GPUs: { $count } measured on { $server }
check-unreadable = GPUs: cannot be read: { $why }
check-unmeasured = GPUs: not measured: { $why }
unmeasured-no-driver = there is no NVIDIA driver ({ $why })
unmeasured-no-server = no server is this machine; write host = "{ $host }" under the one that is
unmeasured-several = several servers are this machine ({ $host }), so nobody knows whose its GPUs are
unmeasured-off = only the command line measures them
note-created-detected = Made the state file { $path } for this machine's GPUs, as there is no config
note-gave-back = { $task }: what was granted is not free in fact; given back, waiting on:
detect-head = This machine, as gpumgr found it. Save it as config.toml, then: gpumgr --init
detect-keys = All keys there are: config.example.toml
detect-host = The machine it is: only gpumgr on that machine measures these GPUs
detect-cpus = As many as this process may use, but one a GPU at least
detect-uuids = In the order of CUDA_DEVICE_ORDER=PCI_BUS_ID. A card that is swapped is noticed by these
detect-gpu = GPU { $gpu }
detect-unreadable = GPU { $gpu } cannot be read: { $why }
why-over-cap = its user holds { $held } GPUs, and { $key } allows { $max }
## Programs

program-runs = Running: { $task } (PID { $pid })
program-taken-over = Looked after again: { $task } (PID { $pid })
program-ended = { $task } has ended already, with exit code 0, and what it held is given back
program-log = Log: { $path }
program-follow = Follow it: gpumgr --logs { $word } --follow{ $options }
program-stop = End it: gpumgr --stop-program { $word }{ $options }
program-stopped = Ended: { $task }
summary-head = Summary:
summary-nodes = Total nodes: { $count }
summary-gpus = Total GPUs: { $count }
summary-free = Free GPUs: { $count }
summary-allocated = Allocated GPUs: { $count }
summary-tasks = Active tasks: { $count }
summary-per-node = Node details:
summary-node = { $server }: { $free }/{ $total } free ({ $allocated } allocated)
summary-per-task = Task allocations:
summary-task = Task { $task }: { $gpus ->
        [one] 1 GPU
       *[other] { $gpus } GPUs
    } on { $server } ({ $state })
state-starting = starting
state-running = running
state-retrying = failed, starts again
state-stopping = ending
state-unattended = running, looked after by nobody
state-granted = granted
state-held = held

## What a config says of users, programs and the monitor

check-caps = GPUs per user: { $caps }
check-cap-total = at most { $max } in all
check-cap-manual = at most { $max } asked for
check-cap-auto = at most { $max } acquired automatically
check-prefix = Task names begin with: { $prefix }
check-program = Program: { $command }
check-program-variables = Its variables: { $names }
check-program-log = Its log: up to { $size }, { $count } old ones kept
check-retries = Restarts after failures: at most { $count }, the first after { $delay }
check-no-retries = Restarts after failures: none
check-monitor = Monitor: every { $interval }
check-scaling = Scaling: { $min } to { $max } GPUs; one more at { $up } use, one less under { $down } ({ $window } samples on end; then { $cooldown } of rest)
check-scaling-off = Scaling: off (it takes auto_scale = true, and scaling.enabled not false)
check-auto = Started as GPUs fall free: { $names }
check-notify = Notifications: at { $gpus ->
        [one] 1 free GPU
       *[other] { $gpus } free GPUs
    }, and after waits of { $wait }
check-notify-mail = Mail: to { $to }, by { $server } (encryption: { $security })
check-notify-command = Command: { $command }
check-notify-unencrypted = none
check-notify-nobody = Nobody is told: there is neither email nor command
check-log = Log: up to { $size }, { $count } old ones kept
warning-left-out = Left out, for gpumgr knows no such key: { $key }
    .near = Left out, for gpumgr knows no such key: { $key }; did you mean { $near }?
hint-translated = Hint: save it as config.toml, and describe your servers in it: 'gpumgr --detect' prints this machine. Then: gpumgr --check-config

## The log

column-time = Time
column-user = User
column-action = Action
column-why = Why
history-no-log = Nothing is logged yet: there is no { $path }
history-nothing = Nothing of that is in { $path }
history-owner = of { $owner }
history-asked = asks for { $count ->
        [one] 1 GPU
       *[other] { $count } GPUs
    }
history-waited = waited { $time }
history-held = held { $time }
history-used = used { $time } of one GPU
history-count = { $count } times since { $time }
history-exit = exit { $code }
column-hours-held = GPU-hours held
column-hours-used = GPU-hours used
column-granted = Tasks
column-wait = Mean wait
report-head = From { $from } to { $to }
report-nothing = Nothing is logged yet
report-hours = GPU-hours: { $held } held, { $used } used
report-tasks = Tasks: { $tasks }, mean wait { $wait }

## Notifications

notice-gpus-free = { $free } of { $total } GPUs are free
notice-ended = { $task } ({ $owner }; { $server }) has ended
notice-failed = { $task } ({ $owner }; { $server }) has failed
notice-lapsed = { $task } ({ $owner }; { $server }): its time is over
notice-scaled-up = { $task } ({ $owner }; { $server }) has grown, to GPUs { $gpus }
notice-scaled-down = { $task } ({ $owner }; { $server }) has shrunk, to GPUs { $gpus }
notice-idle = { $task } ({ $owner }; { $server }) holds GPUs, but was not seen to use them for { $time }
notice-waited-long = { $task } ({ $owner }) has been waiting for { $time }
notice-stranger = GPU { $gpu } of { $server } is used outside gpumgr: { $command } (PID { $pid }, { $user })
notice-test = This is a test: notifications come through
notice-exit = { "" }, exit code { $code }
notice-why = { "" }: { $why }
tested-mail = Mail sent to { $to }
tested-command = The command { $program } was told
monitor-head = gpumgr monitor · { $time } · every { $every } · Ctrl-C ends it, and no program
monitor-lately = Lately:
monitor-programs = Programs:
program-told = { $task }: its program was told to end (SIGTERM) and has { $grace ->
        [one] 1 second
       *[other] { $grace } seconds
    }
