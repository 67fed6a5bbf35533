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
warning-sticky = 警告: { $path } 设有粘滞位，只有您能修改其中的状态文件。要与他人共享，请使用没有粘滞位且同组可写的文件夹
warning-untold = 分配已生效: { $task } 占用 { $server } 的GPU { $devices }。如不需要请释放
note-granted = { $task }: { $server }，GPU { $devices }
warning-stdout = 无法输出结果: { $error }
hint-differs = 提示: 配置描述的集群与状态文件不同；运行 'gpumgr --init{ $options }' 可调整状态，不会丢失任务
confirm-reset = 确定清除 { $path } 中的所有任务记录吗? 正在运行的程序不会停止，但其GPU可能会分配给别人。[y/N]
reset-declined = 没有改动
