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
step-runs = 步骤 PID { $pid }: GPU { $gpus }，CPU { $cpus }，已运行 { $age }
step-waits = 步骤 PID { $pid }: 等待 GPU { $gpus }，CPU { $cpus }，已等待 { $age }
cluster-size = { $servers } 台服务器，{ $gpus } 个GPU，{ $cpus } 个CPU
state-file = 状态文件: { $path }
column-left = 剩余
column-place = 位置
column-waiting = 已等待
time-over = 已到期
totals-waiting = 排队: { $count }
status-ends = 自动结束:
status-ended = { $task }: 其进程已结束；下一个操作会释放它 ({ $server }，GPU { $devices })
status-lapsed = { $task }: 时间已到；下一个操作会释放它 ({ $server }，GPU { $devices })
status-untaken = { $task }: 等待中的 gpumgr 已暂停，未领取分配的资源；下一个操作会释放它 ({ $server }，GPU { $devices })
status-overdue = { $task }: 时间已到，但其命令仍在运行 ({ $server }，GPU { $devices })
status-left = { $task }: 剩余 { $left } ({ $server }，GPU { $devices })
change-host = { $server }: 现在是主机 { $host }
change-no-host = { $server }: 不再属于某一台主机
allocate-until = 到期: { $end } ({ $left })
renew-done = 已延长: { $task } 至 { $end } ({ $left })
cancel-done = 不再排队: { $task }
cpus-in-proportion = 按比例
queue-empty = 没有人在排队
queue-why = 为何尚未分配:
queue-task = { $task }:
why-needs = 需要一台服务器上的 { $count } 个 GPU
why-needs-ids = 需要一台服务器的 GPU { $ids }
why-ready = 现在有空闲；即将开始
why-name-taken = 同名任务仍在运行
why-draining = 所有足够大的服务器都在排空
why-impossible = 已没有足够大的服务器
why-behind = 有空闲，但 { $server } 为先来的 { $task } 保留
why-nearest = 最接近的是 { $server }，空闲 { $gpus } 个
why-nearest-cpus = 最接近的是 { $server }，但只有 { $cpus } 个 CPU 空闲
why-start = 最迟 { $left } 后可以开始
why-holder = { $task } ({ $gpus } 个 GPU，{ $owner }) 最迟 { $left } 后结束
why-holder-endless = { $task } ({ $gpus } 个 GPU，{ $owner }) 结束时间未知
why-holder-overdue = { $task } ({ $gpus } 个 GPU，{ $owner }) 时间已到，但仍在运行
why-more = 以及另外 { $count } 个
check-ttl = 每个任务的时间: 默认 { $default }，最长 { $max }；结束宽限 { $grace }
check-environment = 每个任务的变量: { $names }
check-server-host = { $server }: { $gpus } 个 GPU，{ $cpus } 个 CPU，主机 { $host }
no-limit = 无

## 操作

init-created = 初始化完成
init-unchanged = 已经初始化，没有改动
init-reconciled = 已按新配置调整，所有任务均已保留
change-added = + { $server }: { $gpus } 个GPU，{ $cpus } 个CPU
change-removed = - { $server }
change-gpus = { $server }: GPU { $from } → { $to }
change-cpus = { $server }: CPU { $from } → { $to }
change-drain = { $server }: 停止分配新任务（运行中的任务不受影响）
change-undrain = { $server }: 恢复分配新任务
change-reordered = 服务器顺序已更改
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
check-no-config-detected = 配置: 未找到，使用本机的 GPU
check-no-config = 配置: 未找到，使用 v0.1 的默认集群
check-state = 状态文件: { $path }
check-state-absent = 状态文件: { $path }（尚未创建）
check-timeout = 锁等待上限: { $timeout }
check-limits = 每个任务的GPU数: { $min } 到 { $max }
check-server = { $server }: { $gpus } 个GPU，{ $cpus } 个CPU

## 说明、警告、提示、提问

note-created = 已创建状态文件 { $path }
note-created-by-default = 没有配置，已按 v0.1 的 4 台服务器（每台 8 个GPU、64 个CPU）创建状态文件 { $path }
note-not-initialized = 尚未初始化，以下是配置所描述的集群。运行 'gpumgr --init{ $options }' 或首次分配时会创建 { $path }
note-passed-over = 跳过 { $path }：其中没有 [cluster]、[[server]] 或 state_file，应属于其他程序
note-lock = 正在等待锁 { $path } …
    .held = 正在等待锁 { $path }，持有者: { $holders } …
warning-open = 警告: 既非所有者也不在属组中的用户可以读取并锁住 { $path } 或其中的文件，从而让所有人停下。补救: chmod o= { $path }
warning-open-to-all = 警告: 任何用户都可以读取并锁住 { $path }，从而让所有人停下。请把状态文件放在只有同组用户能打开的专用目录
warning-local-locks = 警告: { $why }。除非配置写有 allow_local_locks = true，否则 gpumgr 不会改动那里
warning-local-locks-allowed = 警告: { $why }；allow_local_locks = true 表示信任这些锁
local-locks = { $kind } 类文件系统上的锁可能只在本机有效
local-locks-option = 此文件系统（{ $kind }）因挂载选项 { $option }，锁只在本机有效
warning-sticky = 警告: { $path } 设有粘滞位，只有您能修改其中的状态文件。要与他人共享，请使用没有粘滞位且同组可写的文件夹
warning-untold = 分配已生效: { $task } 占用 { $server } 的GPU { $devices }。如不需要请释放
warning-untold-change = 更改已生效
note-granted = { $task }: { $server }，GPU { $devices }
warning-stdout = 无法输出结果: { $error }
hint-differs = 提示: 配置描述的集群与状态文件不同；运行 'gpumgr --init{ $options }' 可调整状态，不会丢失任务
confirm-reset = 确定清除 { $path } 中的所有任务记录吗? 正在运行的程序不会停止，但其GPU可能会分配给别人。[y/N]
reset-declined = 没有改动
note-freed-ended = 已释放 { $task } ({ $owner }；{ $server }，GPU { $devices }): 其进程已结束
note-freed-lapsed = 已释放 { $task } ({ $owner }；{ $server }，GPU { $devices }): 时间已到
note-freed-untaken = 已释放 { $task } ({ $owner }；{ $server }，GPU { $devices }): 等待中的 gpumgr 已暂停，未领取分配的资源
note-inside = 在 { $outer } 之内: { $server }，GPU { $devices }
wait-place = { $task }: 排队中，第 { $place } 位，共 { $of } 位
wait-inside = 在 { $task } 之内: 排队中，第 { $place } 位，共 { $of } 位
wait-looks = 此处系统不通知更改；每秒查看两次
warning-time-over = { $task }: 时间已到；已要求其命令结束 (SIGTERM)，还有 { $grace } 秒
warning-killed = { $task }: 未按时结束的进程已被强制终止: { $processes }
warning-lives-on = 警告: { $task }: gpumgr 无法结束 { $processes }。在其消失之前，{ $task } 继续占用其 GPU，gpumgr 也一直等待；再次中断即可离开 (GPU 仍被占用)
warning-survived = 警告: { $task } 的命令已结束，但其部分进程仍在运行；将先结束它们再释放 { $task } (宽限 { $grace } 秒): { $processes }
warning-still-runs = 警告: { $task } 已释放，但其命令仍在运行: { $processes }
warning-not-released = 警告: { $task } 占用的资源未能释放:

## GPU

gpus-heading = { $server } 的 GPU:
column-gpu = GPU
column-use = 使用率
column-memory = 显存
column-temperature = 温度
column-power = 功耗
column-task-owner = 任务（所有者）
gpu-free = 空闲
gpu-withheld = 不分配
gpu-processes = 进程:
gpu-process = GPU { $gpu }: { $process }
gpu-process-outside = GPU { $gpu }: { $process }，不属于 gpumgr 的任务
gpu-process-ignored = GPU { $gpu }: { $process }，已忽略
gpu-not-granted = 不分配:
gpu-busy = GPU { $gpu } 正被 gpumgr 之外的进程使用: { $value }
gpu-draining = GPU { $gpu }: 仍有 { $value } 显存被看不到的进程占用
gpu-unknown = GPU { $gpu } 无法读取: { $value }
gpu-missing = GPU { $gpu } 已不存在: 驱动报告的数量更少
gpu-moved = GPU { $gpu } 现在是原来的 GPU { $value }
gpu-swapped = GPU { $gpu } 已换成另一块卡: { $value }
gpu-lost = { "" }；原来的卡已不存在: { $uuid }
gpu-held-but = 已占用但不可用:
gpu-hint-adopt = gpumgr --adopt TASK --pid { $pid }{ $options } 可将该进程登记为任务
gpu-hint-ignore = 在配置的 [gpu] 下写 { $line } 可忽略它
gpu-hint-reconcile = gpumgr --detect 显示现有的卡；如有配置，请把其中的 gpu_uuids 写入配置，然后执行: gpumgr --init{ $options }
gpu-hint-late = 未开启持久模式 (nvidia-smi -pm 1) 时，空闲 GPU 唤醒很慢: 请稍后重试，或在配置的 [gpu] 下设置 timeout
gpu-hint-trust = 在配置的 [gpu] 下写 trust_bookkeeping = true 可分配无法读取的 GPU
unreadable-not-told = 该卡或驱动不提供此信息
unreadable-late = 未及时响应
status-idle-head = 占用但闲置:
status-idle = { $task }: 已有 { $left } 未见使用其 GPU ({ $server }，GPU { $devices })
why-holder-idle = 已有 { $idle } 未见使用
watch-head = { $time } · 每 { $every } 刷新 · Ctrl-C 结束
change-cards = { $server }: 更新了 GPU 描述（型号、显存、UUID）
init-detected = 没有配置，已按本机的 GPU 初始化
adopt-done = 已登记: { $task } ({ $owner }) 占用 { $server } 的 GPU { $devices } 和 { $cpus } 个 CPU，直到其进程结束
check-measured = GPU: 在 { $server } 上测量 { $count } 块
check-unreadable = GPU: 无法读取: { $why }
check-unmeasured = GPU: 不测量: { $why }
unmeasured-no-driver = 没有 NVIDIA 驱动 ({ $why })
unmeasured-no-server = 没有服务器是本机；请在对应的服务器下写 host = "{ $host }"
unmeasured-several = 多台服务器都是本机 ({ $host })，无法确定 GPU 属于哪一台
unmeasured-off = 只有命令行会测量
note-created-detected = 没有配置，已按本机的 GPU 创建状态文件 { $path }
note-gave-back = { $task }: 分配到的 GPU 实际并不空闲；已归还，继续等待:
detect-head = gpumgr 检测到的本机。请保存为 config.toml，然后执行: gpumgr --init
detect-keys = 全部配置项: config.example.toml
detect-host = 对应的机器: 只有在该机器上运行的 gpumgr 才会测量这些 GPU
detect-cpus = 本进程可用的数量，但每个 GPU 至少一个
detect-uuids = 按 CUDA_DEVICE_ORDER=PCI_BUS_ID 的顺序。换卡时据此发现
detect-gpu = GPU { $gpu }
detect-unreadable = GPU { $gpu } 无法读取: { $why }
why-over-cap = 该用户已占用 { $held } 个 GPU，{ $key } 允许 { $max } 个
## 程序

program-runs = 正在运行: { $task } (PID { $pid })
program-taken-over = 已重新接管: { $task } (PID { $pid })
program-ended = { $task } 已结束，退出码 0，其资源已释放
program-log = 日志: { $path }
program-follow = 跟踪输出: gpumgr --logs { $word } --follow{ $options }
program-stop = 结束程序: gpumgr --stop-program { $word }{ $options }
program-stopped = 已结束: { $task }
summary-head = 摘要:
summary-nodes = 节点总数: { $count }
summary-gpus = GPU 总数: { $count }
summary-free = 空闲 GPU: { $count }
summary-allocated = 已分配 GPU: { $count }
summary-tasks = 活动任务: { $count }
summary-per-node = 节点详情:
summary-node = { $server }: { $free }/{ $total } 空闲 (已分配 { $allocated })
summary-per-task = 任务分配:
summary-task = 任务 { $task }: { $gpus } 个 GPU，位于 { $server } ({ $state })
state-starting = 正在启动
state-running = 运行中
state-retrying = 已失败，将重新启动
state-stopping = 正在结束
state-unattended = 运行中，无人监管
state-granted = 已授予
state-held = 已占用

## 配置中关于用户、程序和监控的内容

check-caps = 每个用户的GPU数: { $caps }
check-cap-total = 总共最多 { $max } 个
check-cap-manual = 手动申请最多 { $max } 个
check-cap-auto = 自动获取最多 { $max } 个
check-prefix = 任务名称前缀: { $prefix }
check-program = 程序: { $command }
check-program-variables = 程序的变量: { $names }
check-program-log = 程序的日志: 最大 { $size }，保留 { $count } 个旧文件
check-retries = 失败后重启: 最多 { $count } 次，首次等待 { $delay }
check-no-retries = 失败后重启: 不重启
check-monitor = 监控间隔: { $interval }
check-scaling = 自动扩展: { $min } 到 { $max } 个GPU；使用率达到 { $up } 时增加一个，低于 { $down } 时减少一个（连续 { $window } 次采样；之后暂停 { $cooldown }）
check-scaling-off = 自动扩展: 关闭（需要 auto_scale = true，且 scaling.enabled 不为 false）
check-auto = GPU 空闲时启动: { $names }
check-notify = 通知: 有 { $gpus } 个空闲GPU时，以及等待超过 { $wait } 时
check-notify-mail = 邮件: 发送至 { $to }，经由 { $server }（加密: { $security }）
check-notify-command = 命令: { $command }
check-notify-unencrypted = 无
check-notify-nobody = 不会通知任何人：没有 email，也没有 command
check-log = 日志: 最大 { $size }，保留 { $count } 个旧文件
warning-left-out = 已略去 gpumgr 不认识的键: { $key }
    .near = 已略去 gpumgr 不认识的键: { $key }；是否想写 { $near }?
hint-translated = 提示: 请保存为 config.toml，并在其中描述服务器：'gpumgr --detect' 会打印本机的描述。然后: gpumgr --check-config

## 日志

column-time = 时间
column-user = 用户
column-action = 操作
column-why = 原因
history-no-log = 还没有任何记录: { $path } 不存在
history-nothing = { $path } 中没有符合条件的记录
history-owner = 属于 { $owner }
history-asked = 请求 { $count } 个GPU
history-waited = 等待了 { $time }
history-held = 占用了 { $time }
history-used = 使用量相当于单个GPU { $time }
history-count = 自 { $time } 起共 { $count } 次
history-exit = 退出码 { $code }
column-hours-held = 占用GPU小时
column-hours-used = 使用GPU小时
column-granted = 任务数
column-wait = 平均等待
report-head = { $from } 至 { $to }
report-nothing = 还没有任何记录
report-hours = GPU小时: 占用 { $held }, 使用 { $used }
report-tasks = 任务数: { $tasks }, 平均等待 { $wait }

## 通知

notice-gpus-free = { $total } 个 GPU 中有 { $free } 个空闲
notice-ended = { $task } ({ $owner }；{ $server }) 已结束
notice-failed = { $task } ({ $owner }；{ $server }) 已失败
notice-lapsed = { $task } ({ $owner }；{ $server }): 时间已到
notice-scaled-up = { $task } ({ $owner }；{ $server }) 已扩展，现有 GPU { $gpus }
notice-scaled-down = { $task } ({ $owner }；{ $server }) 已收缩，现有 GPU { $gpus }
notice-idle = { $task } ({ $owner }；{ $server }) 占用 GPU，但已有 { $time } 未见使用
notice-waited-long = { $task } ({ $owner }) 已等待 { $time }
notice-stranger = { $server } 的 GPU { $gpu } 正被 gpumgr 之外的进程使用: { $command } (PID { $pid }，{ $user })
notice-test = 这是一次测试：通知可以送达
notice-exit = ，退出码 { $code }
notice-why = { "" }: { $why }
tested-mail = 邮件已发送给 { $to }
tested-command = 已通知命令 { $program }
monitor-head = gpumgr 监控 · { $time } · 每 { $every } · Ctrl-C 结束监控，不影响程序
monitor-lately = 最近:
monitor-programs = 程序:
program-told = { $task }: 已通知其程序结束 (SIGTERM)，有 { $grace } 秒时间
