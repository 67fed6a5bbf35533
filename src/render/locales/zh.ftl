# 简体中文。v0.1 已有的说法照旧。

## 表格

title = GPU资源状态
column-server = 服务器
column-gpu-free = GPU可用/总数
column-gpu-use = GPU利用率
column-cpu-free = CPU可用/总数
column-cpu-use = CPU利用率
column-tasks = 运行任务数
column-task = 任务
column-gpus = GPU
column-cpus = CPU
column-owner = 所有者
column-start = 开始时间
column-age = 已运行
totals = 总计:
totals-gpus = GPU: { $free }/{ $total } 可用
totals-cpus = CPU: { $free }/{ $total } 可用
totals-tasks = 运行任务: { $tasks }
server-draining = { $server }（停止分配）
detail-server = { $server } (ID { $id })
detail-gpus = 可用GPU: { $ids } ({ $free }/{ $total })
detail-cpus = 可用CPU: { $free }/{ $total }
detail-no-tasks = 没有任务
cluster-size = { $servers } 台服务器，{ $gpus } 个GPU，{ $cpus } 个CPU
state-file = 状态文件: { $path }
cpus-in-proportion = 按比例

## 操作

init-created = 初始化完成
init-unchanged = 已经初始化，没有改动
init-reconciled = 已按新配置调整，所有任务保留
change-added = + { $server }: { $gpus } 个GPU，{ $cpus } 个CPU
change-removed = - { $server }
change-gpus = { $server }: GPU { $from } → { $to }
change-cpus = { $server }: CPU { $from } → { $to }
change-drain = { $server }: 停止分配，不再分配新任务
change-undrain = { $server }: 恢复分配
change-reordered = 服务器的顺序
allocate-trying = 尝试分配资源:
allocate-task = 任务ID: { $task }
allocate-count = GPU数量: { $count }
allocate-cpus = CPU数量: { $cpus }
allocate-done = 资源分配成功!
allocate-server = 服务器: { $server }
allocate-ids = GPU IDs: { $ids }
allocate-devices = GPU设备字符串: { $devices }
allocate-use = 使用提示:
allocate-release = 释放资源:
release-trying = 尝试释放资源: { $task }
release-done = 资源已释放: { $task }
reset-done = 已重置
reset-forgot = 已清除 { $task } (GPU { $gpus })
reset-kept = 旧文件保留为 { $path }
check-config = 配置: { $path }
check-no-config = 配置: 未找到，使用 v0.1 的集群
check-state = 状态文件: { $path }
check-state-absent = 状态文件: { $path }（尚未创建）
check-timeout = 锁等待上限: { $timeout }
check-limits = 每个任务的GPU数: { $min } 到 { $max }
check-server = { $server }: { $gpus } 个GPU，{ $cpus } 个CPU

## 说明、警告、提示、提问

note-created = 已创建状态文件 { $path }
note-not-initialized = 尚未初始化，以上是配置所描述的集群。运行 'gpumgr --init' 或第一次分配时会创建 { $path }
note-passed-over = 跳过 { $path }：其中没有 [cluster]、[[server]] 或 state_file，应属于其他程序
note-lock = 正在等待锁 { $path } …
    .held = 正在等待锁 { $path }，持有者: { $holders } …
warning-sticky = 警告: { $path } 设有粘滞位，只有您能修改其中的状态文件。要与他人共享，请使用没有粘滞位且同组可写的文件夹
warning-untold = 分配仍然有效: { $task } 占有 { $server } 的GPU { $devices }。不需要时请释放
hint-differs = 提示: 配置描述的集群与状态文件不同；运行 'gpumgr --init' 可调整状态，不会丢失任务
confirm-reset = 清除 { $path } 中的所有任务吗? 正在运行的程序不会停止，而它们的GPU会被分给别人。[y/N]
reset-declined = 没有改动
hint-flush = 改动已生效，但断电时可能丢失。请检查磁盘
hint-no-folder = 请创建该文件夹，或指定其他位置: --state PATH，或配置中的 state_file
hint-permission = 请向所有者申请该文件夹和文件的写权限，或指定其他位置: --state PATH
hint-disk-full = 请清理磁盘空间；状态没有改变
hint-io = 状态没有改变

## 错误

error-unconfirmed = 重置会清除所有任务，而这里无法询问
    .hint = 确认要重置时，请加上 --yes
error-task-exists = 任务 { $task } 已存在，在 { $server } 上
    .owner = 它属于 { $owner }
    .hint = 请换一个名称，或先释放它: gpumgr --release TASK
error-unknown-task = 没有任务 { $task }
    .hint = 查看运行中的任务: gpumgr --detail
error-no-state = 没有这个任务，也没有任何任务: 状态文件 { $path } 不存在
    .hint = 文件夹或配置是否正确? 请看: gpumgr --check-config
error-unknown-server = 没有服务器 { $server }
    .names = 现有: { $names }
    .hint = 请指定其中之一，或其 ID（从 0 开始）
error-not-owner = 这会结束其他用户的任务
    .task = { $task } 属于 { $owner }
    .hint = 请先与对方确认，或加上 --force
error-below-minimum = { $asked } 个GPU少于每个任务的下限
    .hint = 请申请 { $min } 个或更多，或修改配置中 [limits] 的 min_gpus_per_task
error-above-maximum = { $asked } 个GPU超过每个任务的上限
    .hint = 请申请 { $max } 个或更少，或修改配置中 [limits] 的 max_gpus_per_task
error-impossible = 没有服务器能满足这个请求
    .largest = 单台服务器最多: { $gpus } 个GPU，{ $cpus } 个CPU
    .hint = 请减少申请。一个任务只在一台服务器上运行
error-insufficient = 资源不足，请稍后重试
    .asked = 申请: GPU { $gpus }，CPU { $cpus }
    .nearest = 最接近: { $server }，可用 { $free_gpus } 个GPU和 { $free_cpus } 个CPU；还缺 { $lacks_gpus } 个GPU和 { $lacks_cpus } 个CPU
    .nearest-ids = 最接近: { $server }，GPU { $taken } 已被占用；还缺 { $lacks_cpus } 个CPU
    .draining = 足够大的服务器都已停止分配
    .hint = 查看占用情况: gpumgr --detail
error-in-the-way = 新配置要去掉的资源正被任务占用；没有改动
    .server = { $server }: { $tasks }
    .hint = 请释放这些任务，或在配置中恢复它们占用的资源
error-read = 无法读取 { $path }
error-lock = 无法锁定 { $path }
error-write = 无法写入 { $path }
error-keep = 无法保留 { $path } 的副本
error-flush = 无法把文件夹 { $path } 写入磁盘
error-not-a-file = { $path } 不是普通文件
    .hint = 请指定其他状态文件: --state PATH，或配置中的 state_file
error-too-large = { $path } 太大，不可能是状态文件
    .size = 大小为 { $megabytes } MiB
    .hint = 如果确实是状态文件，请用备份替换，或重新开始: gpumgr --reset --yes（原文件会保留）
error-damaged = 状态文件 { $path } 已损坏；没有改动它
    .hint = 请修复该处，用备份替换，或重新开始: gpumgr --reset --yes（原文件会保留）
error-newer = 状态文件 { $path } 的版本不被此 gpumgr 支持；没有改动它
    .version = 文件版本是 { $version }，此 gpumgr 支持 0.1
    .hint = 请使用更新的 gpumgr，或重新开始: gpumgr --reset --yes（原文件会保留）
error-lock-timeout = 获取锁超时
    .waited = { $path } 在 { $seconds } 内未能获得
    .holders = 持有者: { $holders }
    .hint = 请重试，或在配置中调大 lock_timeout。持有者结束后锁自动释放，删除锁文件没有用
error-cannot-lock = { $path } 所在的文件系统不支持锁
    .hint = 请把状态文件放在支持锁的文件系统上: 见 docs/state-file.md
error-group-lost = 状态文件 { $path } 会失去它的组，其他人将无法使用；没有改动它
    .group = 您不在组 { $group } 中
    .hint = 请加入该组，或用 chgrp 把文件改为您所在的组
error-config-missing = 没有配置文件 { $path }
    .hint = 请检查 --config 或 $GPUMGR_CONFIG 中的路径
error-config-unreadable = 无法读取配置文件 { $path }
    .hint = 请检查其权限，或指定其他配置: --config PATH
error-config-large = 配置文件 { $path } 太大
    .limit = 配置文件最大 { $megabytes } MiB
    .hint = 请检查 --config 或 $GPUMGR_CONFIG 中的路径
error-config-mistakes = 配置文件 { $path } 有误
    .hint = config.example.toml 说明了每个键

## 状态文件的问题

damage-server-id = 值为 { $found }，而服务器的位置是 { $position }
damage-time = { $text } 不是时间
damage-servers = { $count } 台服务器，最多允许 { $max } 台
damage-gpus = { $count } 个GPU，最多允许 { $max } 个
damage-cpus = { $count } 个CPU，最多允许 { $max } 个
damage-same-server = 又一台名为 { $name } 的服务器
damage-same-task = 又一个名为 { $name } 的任务
damage-no-such-gpu = 服务器没有GPU { $gpu }
damage-gpu-twice = GPU { $gpu } 在此处和别处重复
damage-gpu-lost = GPU { $gpu } 既不空闲，也不被任务占用
damage-cpus-disagree = 空闲 { $free } 加占用 { $held } 不等于 { $total }
name-empty = 名称不能为空
name-dash = 名称不能以 '-' 开头
name-long = 名称有 { $chars } 个字符，太长
name-unprintable = 名称的第 { $position } 个字符不可打印

## 配置的问题

config-syntax = 不是有效的 TOML: { $message }
config-unknown-key = 未知的键 { $key }
    .near = 未知的键 { $key }；是否想写 { $near }?
config-missing-key = 缺少 { $key }
config-type-text = { $key } 必须是带引号的文本
config-type-number = { $key } 必须是整数
config-type-flag = { $key } 必须是 true 或 false
config-type-table = { $key } 必须是表: [{ $key }]
config-type-tables = { $key } 必须是表的列表: [[{ $key }]]
config-range = { $key } 必须在 { $min } 到 { $max } 之间
config-duration = { $key } 必须是时长，例如 "90s"、"8h" 或 "2d"
config-empty = { $key } 不能为空
config-name = { $why }
config-both-shapes = 服务器用 [cluster] 或 [[server]] 描述，不能同时使用
config-min-over-max = max_gpus_per_task 为 { $max }，小于 min_gpus_per_task 的 { $min }
config-servers = { $count } 台服务器，而集群应有 1 到 { $max } 台
