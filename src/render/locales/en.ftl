# English. Every message here must be in zh.ftl and ja.ftl, too; a test compares them.

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
cpus-in-proportion = in proportion

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
change-reordered = The order of the servers
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
check-no-config = Config: none found, so v0.1's cluster
check-state = State: { $path }
check-state-absent = State: { $path } (not made yet)
check-timeout = Lock timeout: { $timeout }
check-limits = GPUs per task: { $min } to { $max }
check-server = { $server }: { $gpus } GPUs, { $cpus } CPUs

## Notes, warnings, hints, questions

note-created = Made the state file { $path }
note-not-initialized = Nothing is initialized yet: this is what the config describes. 'gpumgr --init' or the first allocation makes { $path }
note-passed-over = Passed over { $path }: it has no [cluster], [[server]] or state_file, so it is another program's
note-lock = Waiting for the lock { $path } …
    .held = Waiting for the lock { $path }, held by { $holders } …
warning-sticky = Warning: { $path } has the sticky bit, so only you can change the state file in it. To share it, use a folder without that bit that your group may write
warning-untold = The allocation stands: { $task } holds GPUs { $devices } on { $server }. Release it if it is of no use
hint-differs = Hint: the config describes another cluster than the state holds; 'gpumgr --init' adapts the state, and no task is lost
confirm-reset = Forget all tasks in { $path }? What they run goes on, on GPUs that others will be given. [y/N]
reset-declined = Nothing was changed
hint-flush = The change is in place, but may not survive a power cut. Check the disk
hint-no-folder = Make the folder, or name another place: --state PATH, or state_file in the config
hint-permission = Ask its owner for write access to the folder and the file, or name another place: --state PATH
hint-disk-full = Free some space on that disk; the state is as it was
hint-io = The state is as it was

## Errors

error-unconfirmed = A reset forgets all tasks, and there is nobody to ask
    .hint = Add --yes if that is what you want
error-task-exists = Task { $task } exists already, on { $server }
    .owner = It belongs to { $owner }
    .hint = Choose another name, or release it: gpumgr --release TASK
error-unknown-task = There is no task { $task }
    .hint = See the running ones: gpumgr --detail
error-no-state = There is no such task, nor any: the state file { $path } does not exist
    .hint = Is it the right folder or config? See: gpumgr --check-config
error-unknown-server = There is no server { $server }
    .names = There are: { $names }
    .hint = Name one of them, or its ID, counted from 0
error-not-owner = This would end another user's task
    .task = { $task } belongs to { $owner }
    .hint = Ask them, or add --force
error-below-minimum = { $asked } GPUs are fewer than a task must ask for
    .hint = Ask for { $min } or more, or change min_gpus_per_task under [limits] in the config
error-above-maximum = { $asked } GPUs are more than a task may ask for
    .hint = Ask for { $max } or fewer, or change max_gpus_per_task under [limits] in the config
error-impossible = No server could ever meet this request
    .largest = The most that one server has: { $gpus } GPUs, { $cpus } CPUs
    .hint = Ask for less. A task runs on one server
error-insufficient = Not enough resources free, try again later
    .asked = Asked for: GPUs { $gpus }, CPUs { $cpus }
    .nearest = Nearest: { $server } with { $free_gpus } GPUs and { $free_cpus } CPUs free; it lacks { $lacks_gpus } GPUs and { $lacks_cpus } CPUs
    .nearest-ids = Nearest: { $server }, where GPUs { $taken } are taken; it lacks { $lacks_cpus } CPUs
    .draining = All servers large enough are draining
    .hint = See who holds what: gpumgr --detail
error-in-the-way = The changed config takes away what tasks hold; nothing was changed
    .server = { $server }: { $tasks }
    .hint = Release these tasks, or give the servers back what they hold
error-read = Could not read { $path }
error-lock = Could not lock { $path }
error-write = Could not write { $path }
error-keep = Could not keep a copy of { $path }
error-flush = Could not flush the folder { $path }
error-not-a-file = { $path } is not a regular file
    .hint = Name another state file: --state PATH, or state_file in the config
error-too-large = { $path } is too large to be a state file
    .size = It has { $megabytes } MiB
    .hint = If it is one, put a backup in its place, or begin anew: gpumgr --reset --yes (the file is kept)
error-damaged = The state file { $path } is damaged; it was left as it is
    .hint = Mend that place, put a backup there, or begin anew: gpumgr --reset --yes (the file is kept)
error-newer = The state file { $path } is of a version that this gpumgr does not know; it was left as it is
    .version = Its version is { $version }, and this gpumgr knows 0.1
    .hint = Use a newer gpumgr, or begin anew: gpumgr --reset --yes (the file is kept)
error-lock-timeout = Timed out waiting for the lock
    .waited = { $path } was not free within { $seconds }
    .holders = Held by { $holders }
    .hint = Try again, or wait longer: lock_timeout in the config. The lock ends with its holder; deleting the file frees nothing
error-cannot-lock = The file system of { $path } has no locks
    .hint = Keep the state file on a file system with locks: see docs/state-file.md
error-group-lost = The state file { $path } would lose its group, and others would be shut out; it was left as it is
    .group = You are not in group { $group }
    .hint = Join that group, or give the file one that you are in: chgrp
error-config-missing = There is no config { $path }
    .hint = Check the path in --config or $GPUMGR_CONFIG
error-config-unreadable = Could not read the config { $path }
    .hint = Check its permissions, or name another: --config PATH
error-config-large = The config { $path } is too large
    .limit = A config has at most { $megabytes } MiB
    .hint = Check the path in --config or $GPUMGR_CONFIG
error-config-mistakes = The config { $path } is not valid
    .hint = config.example.toml documents every key

## What is wrong with a state file

damage-server-id = it is { $found }, but the server's position is { $position }
damage-time = { $text } is no time
damage-servers = { $count } servers, but at most { $max } are allowed
damage-gpus = { $count } GPUs, but at most { $max } are allowed
damage-cpus = { $count } CPUs, but at most { $max } are allowed
damage-same-server = a second server named { $name }
damage-same-task = a second task named { $name }
damage-no-such-gpu = the server has no GPU { $gpu }
damage-gpu-twice = GPU { $gpu } is here and elsewhere
damage-gpu-lost = GPU { $gpu } is neither free nor held by a task
damage-cpus-disagree = { $free } free and { $held } held do not make { $total }
name-empty = a name cannot be empty
name-dash = a name cannot begin with '-'
name-long = a name of { $chars } characters is too long
name-unprintable = character { $position } of the name is not printable

## What is wrong with a config

config-syntax = not valid TOML: { $message }
config-unknown-key = unknown key { $key }
    .near = unknown key { $key }; did you mean { $near }?
config-missing-key = { $key } is missing
config-type-text = { $key } must be text in quotes
config-type-number = { $key } must be a whole number
config-type-flag = { $key } must be true or false
config-type-table = { $key } must be a table: [{ $key }]
config-type-tables = { $key } must be a list of tables: [[{ $key }]]
config-range = { $key } must be from { $min } to { $max }
config-duration = { $key } must be a duration such as "90s", "8h" or "2d"
config-empty = { $key } cannot be empty
config-name = { $why }
config-both-shapes = describe the servers by [cluster] or by [[server]], not by both
config-min-over-max = max_gpus_per_task is { $max }, less than min_gpus_per_task, which is { $min }
config-servers = { $count } servers, but a cluster has 1 to { $max }
