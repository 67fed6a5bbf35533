# 简体中文。v0.1 已有的说法照旧。

## 错误

error-unconfirmed = 重置会清除所有任务，但当前不是交互终端，无法确认
    .hint = 如确定要重置，请加上 --yes
error-task-exists = 任务 { $task } 已存在（在 { $server } 上）
    .owner = 它属于 { $owner }
    .hint = 请换一个名称，或先释放它: gpumgr --release { $word }{ $options }
error-unknown-task = 任务 { $task } 不存在
    .hint = 查看运行中的任务: gpumgr --detail{ $options }
error-no-state = 任务不存在: 状态文件 { $path } 尚未创建
    .hint = 请确认所在文件夹和配置是否正确: gpumgr --check-config{ $options }
error-unknown-server = 服务器 { $server } 不存在
    .names = 现有服务器: { $names }
    .hint = 请指定其中之一，或其 ID（从 0 开始）
error-not-owner = 不能释放其他用户的任务
    .task = { $task } 属于 { $owner }
    .hint = 请先与对方确认；如仍要执行，请加上 --force
error-below-minimum = 申请的GPU数（{ $asked }）低于每个任务的下限（{ $min }）
    .hint = 请申请 { $min } 个或更多，或修改配置中 [limits] 的 min_gpus_per_task
error-above-maximum = 申请的GPU数（{ $asked }）超过每个任务的上限（{ $max }）
    .hint = 请申请 { $max } 个或更少，或修改配置中 [limits] 的 max_gpus_per_task
error-impossible = 没有服务器能满足这个请求
    .largest = 单台服务器的GPU最多 { $gpus } 个，CPU最多 { $cpus } 个
    .hint = 请减少申请: 一个任务的全部资源必须来自同一台服务器
error-insufficient = 资源不足，请稍后重试
    .asked = 申请: GPU { $gpus }，CPU { $cpus }
    .nearest = 最接近的是 { $server }（可用: GPU { $free_gpus }，CPU { $free_cpus }；还缺: GPU { $lacks_gpus }，CPU { $lacks_cpus }）
    .nearest-ids = 最接近的是 { $server }（已被占用: GPU { $taken }；还缺: CPU { $lacks_cpus }）
    .draining = 能满足该请求的服务器均已停止分配新任务
    .drained = { $server } 有足够资源，但已停止分配新任务
    .hint = 查看占用情况: gpumgr --detail{ $options }
error-in-the-way = 新配置要移除的资源正被任务占用；未做任何改动
    .server = { $server }: { $tasks }
    .hint = 请释放这些任务，或在配置中恢复它们占用的资源。要腾空服务器，请先对它设置 drain = true
error-read = 无法读取 { $path }
error-lock = 无法锁定 { $path }
error-write = 无法写入 { $path }
error-keep = 无法保留 { $path } 的副本
error-flush = 无法将文件夹 { $path } 的改动刷新到磁盘
error-reserved-name = 状态文件不能命名为 { $path }
    .hint = 这是锁文件的名称，或以临时文件的前缀 (.gpumgr-) 开头。请换一个名称
error-not-a-file = { $path } 不是普通文件
    .hint = 请指定其他状态文件: --state PATH，或配置中的 state_file
error-too-large = { $path } 太大，不可能是状态文件
    .size = 大小为 { $megabytes } MiB
    .hint = 如果确实是状态文件，请用备份替换，或重新开始: gpumgr --reset --yes{ $options }（原文件会保留）
error-damaged = 状态文件 { $path } 已损坏；文件未被改动
    .hint = 请修复该处，用备份替换，或重新开始: gpumgr --reset --yes{ $options }（原文件会保留）
error-newer = 此 gpumgr 不支持状态文件 { $path } 的版本；文件未被改动
    .version = 文件版本是 { $version }，此 gpumgr 支持 0.1
    .hint = 请使用更新的 gpumgr，或重新开始: gpumgr --reset --yes{ $options }（原文件会保留）
error-lock-timeout = 获取锁超时
    .waited = 等待 { $seconds } 后仍未获得 { $path } 的锁
    .holders = 持有者: { $holders }
    .hint = 请重试，或在配置中调大 lock_timeout。持有锁的进程结束后锁会自动释放，删除锁文件无济于事
error-cannot-lock = { $path } 所在的文件系统不支持锁
    .hint = 请把状态文件放在支持锁的文件系统上: 见 docs/state-file.md
error-group-lost = 写入后状态文件 { $path } 会失去原来的属组，其他人将无法使用；文件未被改动
    .group = 您不属于组 { $group }
    .hint = 请加入该组，或用 chgrp 把文件改为您所在的组
error-config-missing = 找不到配置文件 { $path }
    .hint = 请检查 --config 或 $GPUMGR_CONFIG 中的路径
error-config-unreadable = 无法读取配置文件 { $path }
    .hint = 请检查其权限，或指定其他配置: --config PATH
error-config-large = 配置文件 { $path } 过大
    .limit = 配置文件最大 { $megabytes } MiB
    .hint = 请检查 --config 或 $GPUMGR_CONFIG 中的路径
error-config-mistakes = 配置文件 { $path } 有误
    .hint = 所有配置项的说明见 config.example.toml
cpus-in-proportion = 按比例
hint-flush = 改动已生效，但断电时可能丢失。请检查磁盘
hint-no-folder = 请创建该文件夹，或指定其他位置: --state PATH，或配置中的 state_file
hint-permission = 请让所有者授予该文件夹和文件的写权限，或指定其他位置: --state PATH
hint-disk-full = 请清理磁盘空间；状态没有改变
hint-io = 状态没有改变

## 状态文件的问题

damage-layout = 不是 gpumgr 能读取的状态: { $message }
damage-server-id = 值为 { $found }，而服务器的位置是 { $position }
damage-time = { $text } 不是有效的时间
damage-servers = { $count } 台服务器，最多允许 { $max } 台
damage-gpus = { $count } 个GPU，最多允许 { $max } 个
damage-cpus = { $count } 个CPU，最多允许 { $max } 个
damage-same-server = 服务器名称 { $name } 重复
damage-same-task = 任务ID { $name } 重复
damage-no-such-gpu = 服务器没有GPU { $gpu }
damage-gpu-twice = GPU { $gpu } 重复出现（此处和别处）
damage-gpu-lost = GPU { $gpu } 既不空闲，也不被任务占用
damage-cpus-disagree = 空闲 { $free } 加占用 { $held } 不等于 { $total }
name-empty = 名称不能为空
name-dash = 名称不能以 '-' 开头
name-long = 名称有 { $chars } 个字符，太长
name-unprintable = 名称的第 { $position } 个字符不可打印

## 配置的问题

config-not-text = 不是 UTF-8 文本
config-syntax = 不是有效的 TOML: { $message }
config-unknown-key = 未知的配置项 { $key }
    .near = 未知的配置项 { $key }；您是否想写 { $near }?
config-missing-key = 缺少 { $key }
config-type-text = { $key } 必须是带引号的字符串
config-type-number = { $key } 必须是整数
config-type-flag = { $key } 必须是 true 或 false
config-type-table = { $key } 必须是表: [{ $key }]
config-type-tables = { $key } 必须是表数组: [[{ $key }]]
config-range = { $key } 必须在 { $min } 到 { $max } 之间
config-duration = { $key } 必须是时长，例如 "90s"、"8h" 或 "2d"
config-no-path = { $key } 必须是路径: 不能为空，也不能含有 NUL 字符
config-name = { $why }
config-both-shapes = 服务器只能用 [cluster] 或 [[server]] 之一描述，不能同时使用
config-min-over-max = max_gpus_per_task 为 { $max }，小于 min_gpus_per_task 的 { $min }
config-servers = 共 { $count } 台服务器，但集群只允许 1 到 { $max } 台
