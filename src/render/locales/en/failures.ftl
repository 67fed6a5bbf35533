# English. Every message here must be in zh/ and ja/, too; a test compares them.

## Errors

error-unconfirmed = A reset forgets all tasks, and there is nobody to ask
    .hint = Add --yes if that is what you want
error-task-exists = Task { $task } exists already, on { $server }
    .owner = It belongs to { $owner }
    .hint = Choose another name, or release it: gpumgr --release { $word }{ $options }
error-unknown-task = There is no task { $task }
    .hint = See the running ones: gpumgr --detail{ $options }
error-no-state = There is no such task: nothing is allocated yet, for the state file { $path } does not exist
    .hint = Is it the right folder or config? See: gpumgr --check-config{ $options }
error-unknown-server = There is no server { $server }
    .names = There are: { $names }
    .hint = Name one of them, or its ID, counted from 0
error-not-owner = This would end another user's task
    .task = { $task } belongs to { $owner }
    .hint = Ask them, or add --force
error-below-minimum = A task must ask for at least { $min } GPUs, not { $asked }
    .hint = Ask for { $min } or more, or change min_gpus_per_task under [limits] in the config
error-above-maximum = A task may ask for at most { $max } GPUs, not { $asked }
    .hint = Ask for { $max } or fewer, or change max_gpus_per_task under [limits] in the config
error-impossible = No server could ever meet this request
    .largest = The most GPUs on one server: { $gpus }; the most CPUs on one server: { $cpus }
    .hint = Ask for less: a task needs one server that has all of it
error-insufficient = Not enough resources free, try again later
    .asked = Asked for: GPUs { $gpus }, CPUs { $cpus }
    .nearest = Nearest: { $server } (free: GPUs { $free_gpus }, CPUs { $free_cpus }; lacking: GPUs { $lacks_gpus }, CPUs { $lacks_cpus })
    .nearest-ids = Nearest: { $server } (taken: GPUs { $taken }; lacking: CPUs { $lacks_cpus })
    .draining = All servers large enough are draining
    .drained = { $server } would have room, but is draining
    .hint = See who holds what: gpumgr --detail{ $options }
error-in-the-way = The changed config takes away what tasks hold; nothing was changed
    .server = { $server }: { $tasks }
    .hint = Release these tasks, or put what they hold back into the config. To empty a server first, set drain = true on it
error-read = Could not read { $path }
error-lock = Could not lock { $path }
error-write = Could not write { $path }
error-keep = Could not keep a copy of { $path }
error-flush = Could not flush the folder { $path }
error-reserved-name = The state file cannot be named { $path }
    .hint = That is the lock's name, or begins as temporary files do (.gpumgr-). Choose another
error-not-a-file = { $path } is not a regular file
    .hint = Name another state file: --state PATH, or state_file in the config
error-too-large = { $path } is too large to be a state file
    .size = It has { $megabytes } MiB
    .hint = If it is one, put a backup in its place, or begin anew: gpumgr --reset --yes{ $options } (the file is kept)
error-damaged = The state file { $path } is damaged; it was left as it is
    .hint = Mend that place, put a backup there, or begin anew: gpumgr --reset --yes{ $options } (the file is kept)
error-newer = The state file { $path } is of a version that this gpumgr does not know; it was left as it is
    .version = Its version is { $version }, and this gpumgr knows 0.1
    .hint = Use a newer gpumgr, or begin anew: gpumgr --reset --yes{ $options } (the file is kept)
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
cpus-in-proportion = in proportion
hint-flush = The change is in place, but may not survive a power cut. Check the disk
hint-no-folder = Make the folder, or name another place: --state PATH, or state_file in the config
hint-permission = Ask its owner for write access to the folder and the file, or name another place: --state PATH
hint-disk-full = Free some space on that disk; the state is as it was
hint-io = The state is as it was

## What is wrong with a state file

damage-layout = not a state that gpumgr can read: { $message }
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

config-not-text = not UTF-8 text
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
config-no-path = { $key } must be a path: not empty, and without NUL characters
config-name = { $why }
config-both-shapes = describe the servers by [cluster] or by [[server]], not by both
config-min-over-max = max_gpus_per_task is { $max }, less than min_gpus_per_task, which is { $min }
config-servers = { $count } servers, but a cluster has 1 to { $max }
