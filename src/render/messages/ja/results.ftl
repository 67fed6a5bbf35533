# 日本語。v0.1 にあった言い方はそのまま。

## 表

title = GPU リソース状態
column-server = サーバー
column-gpu-free = GPU利用可/合計
column-gpu-use = GPU使用率
column-cpu-free = CPU利用可/合計
column-cpu-use = CPU使用率
column-tasks = 実行中タスク
column-task = タスク
column-gpus = GPU
column-cpus = CPU
column-owner = 所有者
column-start = 開始時刻
column-age = 経過
totals = 合計:
totals-gpus = GPU: { $free }/{ $total } 利用可能
totals-cpus = CPU: { $free }/{ $total } 利用可能
totals-tasks = 実行中タスク: { $tasks }
server-draining = { $server }（割り当て停止中）
detail-server = { $server } (ID { $id })
detail-gpus = 利用可能なGPU: { $ids } ({ $free }/{ $total })
detail-cpus = 利用可能なCPU: { $free }/{ $total }
detail-no-tasks = タスクなし
step-runs = ステップ PID { $pid }: GPU { $gpus }、CPU { $cpus }、経過 { $age }
step-waits = ステップ PID { $pid }: GPU { $gpus }、CPU { $cpus } を待機中、待ち時間 { $age }
cluster-size = サーバー { $servers } 台、GPU { $gpus } 個、CPU { $cpus } 個
state-file = 状態ファイル: { $path }
column-left = 残り
column-place = 順番
column-waiting = 待ち時間
time-over = 超過
totals-waiting = 待ち: { $count }
status-ends = 自動で終わるもの:
status-ended = { $task }: プロセスは終了しました。次の操作で解放されます ({ $server }、GPU { $devices })
status-lapsed = { $task }: 期限が切れました。次の操作で解放されます ({ $server }、GPU { $devices })
status-untaken = { $task }: 待機中の gpumgr が停止しているため、割り当てが受け取られていません。次の操作で解放されます ({ $server }、GPU { $devices })
status-overdue = { $task }: 期限が切れましたが、コマンドはまだ動いています ({ $server }、GPU { $devices })
status-left = { $task }: 残り { $left } ({ $server }、GPU { $devices })
change-host = { $server }: マシン { $host } になりました
change-no-host = { $server }: 特定のマシンではなくなりました
allocate-until = 期限: { $end } ({ $left })
renew-done = 延長しました: { $task } は { $end } まで ({ $left })
cancel-done = 待つのをやめました: { $task }
cpus-in-proportion = GPU数に比例
queue-empty = 誰も待っていません
queue-why = まだ割り当てられない理由:
queue-task = { $task }:
why-needs = 1 台のサーバーに { $count } GPU が必要
why-needs-ids = 1 台のサーバーの GPU { $ids } が必要
why-ready = 今は空きがあり、まもなく始まります
why-name-taken = 同じ名前のタスクがまだ動いています
why-draining = 十分な大きさのサーバーはすべて退避中です
why-impossible = 十分な大きさのサーバーがなくなりました
why-behind = 空きはありますが、{ $server } は先に来た { $task } のために確保されています
why-nearest = { $server } が最も近く、空きは { $gpus }
why-nearest-cpus = { $server } が最も近いですが、空き CPU は { $cpus } だけです
why-start = 遅くとも { $left } 後に開始できます
why-holder = { $task } ({ $gpus } GPU、{ $owner }) は遅くとも { $left } 後に終わります
why-holder-endless = { $task } ({ $gpus } GPU、{ $owner }) はいつ終わるか分かりません
why-holder-overdue = { $task } ({ $gpus } GPU、{ $owner }) は期限を過ぎましたが、まだ動いています
why-more = ほか { $count } 件
check-ttl = タスクの期間: 既定 { $default }、最大 { $max }。終了の猶予 { $grace }
check-environment = 全タスクの変数: { $names }
check-server-host = { $server }: { $gpus } GPU、{ $cpus } CPU、マシン { $host }
no-limit = なし

## 操作

init-created = 初期化完了
init-unchanged = 初期化済みです。変更はありません
init-reconciled = 設定の変更を反映しました。タスクはすべて維持されています
change-added = + { $server }: GPU { $gpus } 個、CPU { $cpus } 個
change-removed = - { $server }
change-gpus = { $server }: GPU { $from } → { $to }
change-cpus = { $server }: CPU { $from } → { $to }
change-drain = { $server }: 新規割り当てを停止（実行中のタスクはそのまま）
change-undrain = { $server }: 新規割り当てを再開
change-reordered = サーバーの順序を変更しました
allocate-trying = リソース割り当てを試行中:
allocate-task = タスクID: { $task }
allocate-count = GPU数: { $count }
allocate-cpus = CPU数: { $cpus }
allocate-done = リソース割り当て成功！
allocate-server = サーバー: { $server }
allocate-ids = GPU ID: { $ids }
allocate-devices = GPUデバイス文字列: { $devices }
allocate-use = 使用ヒント:
allocate-release = リソース解放:
release-trying = リソース解放を試行中: { $task }
release-done = リソース解放完了: { $task }
reset-done = リセット完了
reset-forgot = { $task } を消去しました (GPU { $gpus })
reset-kept = 元のファイルは { $path } に残しました
check-config = 設定: { $path }
check-no-config-detected = 設定: 見つかりません（このマシンの GPU を使用）
check-no-config = 設定: 見つかりません（v0.1 の既定構成を使用）
check-state = 状態ファイル: { $path }
check-state-absent = 状態ファイル: { $path }（未作成）
check-timeout = ロック待ちの上限: { $timeout }
check-limits = タスクあたりのGPU数: { $min } から { $max }
check-server = { $server }: GPU { $gpus } 個、CPU { $cpus } 個

## お知らせ、警告、ヒント、質問

note-created = 状態ファイル { $path } を作成しました
note-created-by-default = 設定がないため、v0.1 の構成（サーバー 4 台、各 GPU 8 個、CPU 64 個）で状態ファイル { $path } を作成しました
note-not-initialized = まだ初期化されていません。以下は設定どおりのクラスターです。'gpumgr --init{ $options }' または最初の割り当てで { $path } が作成されます
note-passed-over = { $path } には [cluster]、[[server]]、state_file のいずれもないため、他のプログラムの設定とみなして無視しました
note-lock = ロック { $path } の解放を待っています …
    .held = ロック { $path } の解放を待っています。保持者: { $holders } …
warning-open = 警告: 所有者でもグループのメンバーでもないユーザーが { $path } やその中のファイルを読み取り、ロックして、全員を止められます。対処: chmod o= { $path }
warning-open-to-all = 警告: すべてのユーザーが { $path } を読み取り、ロックして、全員を止められます。グループだけが開ける専用のフォルダーに状態ファイルを置いてください
warning-local-locks = 警告: { $why }。設定に allow_local_locks = true がない限り、gpumgr はそこを変更しません
warning-local-locks-allowed = 警告: { $why }。allow_local_locks = true により、このロックを信頼します
local-locks = { $kind } のファイルシステムのロックは、このマシンでしか効かないおそれがあります
local-locks-option = このファイルシステム（{ $kind }）のロックは、マウントオプション { $option } により、このマシンでしか効きません
warning-sticky = 警告: { $path } にはスティッキービットが設定されているため、状態ファイルを変更できるのはあなただけです。共有するには、スティッキービットがなく、グループで書き込めるフォルダーを使ってください
warning-untold = 割り当ては有効です: { $task } が { $server } の GPU { $devices } を保持しています。不要なら解放してください
warning-untold-change = 変更は有効です
note-granted = { $task }: { $server }、GPU { $devices }
warning-stdout = 結果を出力できません: { $error }
hint-differs = ヒント: 設定と状態ファイルのクラスター構成が異なります。'gpumgr --init{ $options }' で状態を設定に合わせられます（タスクは失われません）
confirm-reset = { $path } のタスクの記録をすべて消去しますか? 実行中のプログラムは止まりませんが、使用中のGPUが他の人に割り当てられる可能性があります。[y/N]
reset-declined = 何も変更していません
note-freed-ended = { $task } を解放しました ({ $owner }、{ $server }、GPU { $devices }): プロセスは終了していました
note-freed-lapsed = { $task } を解放しました ({ $owner }、{ $server }、GPU { $devices }): 期限が切れていました
note-freed-untaken = { $task } を解放しました ({ $owner }、{ $server }、GPU { $devices }): 待機中の gpumgr が停止しており、割り当てを受け取っていませんでした
note-inside = { $outer } の中: { $server }、GPU { $devices }
wait-place = { $task }: 待機中、{ $of } 件中 { $place } 番目
wait-inside = { $task } の中: 待機中、{ $of } 件中 { $place } 番目
wait-looks = ここではシステムが変更を通知しません。毎秒 2 回確認します
warning-time-over = { $task }: 期限が切れました。コマンドに終了を求めました (SIGTERM)。猶予は { $grace } 秒です
warning-killed = { $task }: 時間内に終わらないプロセスを強制終了しました: { $processes }
warning-lives-on = 警告: { $task }: gpumgr は { $processes } を終了できません。それがなくなるまで { $task } は GPU を保持し、gpumgr も待ちます。もう一度割り込むと gpumgr だけが終わります (GPU は保持されたまま)
warning-survived = 警告: { $task } のコマンドは終わりましたが、その一部がまだ動いています。終了させてから { $task } を解放します (猶予 { $grace } 秒): { $processes }
warning-still-runs = 警告: { $task } は解放されましたが、コマンドはまだ動いています: { $processes }
warning-not-released = 警告: { $task } が保持していたものを解放できませんでした:

## GPU

gpus-heading = { $server } の GPU:
column-gpu = GPU
column-use = 使用率
column-memory = メモリ
column-temperature = 温度
column-power = 電力
column-task-owner = タスク（所有者）
gpu-free = 空き
gpu-withheld = 割り当て対象外
gpu-processes = プロセス:
gpu-process = GPU { $gpu }: { $process }
gpu-process-outside = GPU { $gpu }: { $process }、gpumgr の管理外
gpu-process-ignored = GPU { $gpu }: { $process }、無視
gpu-not-granted = 割り当て対象外:
gpu-busy = GPU { $gpu } は gpumgr の管理外で使用中です: { $value }
gpu-draining = GPU { $gpu }: メモリ { $value } が、見えないプロセスによってまだ使われています
gpu-unknown = GPU { $gpu } を読み取れません: { $value }
gpu-missing = GPU { $gpu } がなくなりました。ドライバーが数える GPU はそれより少数です
gpu-moved = GPU { $gpu } は、以前 GPU { $value } だったカードです
gpu-swapped = GPU { $gpu } は別のカードに替わりました: { $value }
gpu-lost = { "" }。元のカードはなくなりました: { $uuid }
gpu-held-but = 確保されていますが使えません:
gpu-hint-adopt = gpumgr --adopt TASK --pid { $pid }{ $options } でそのプロセスをタスクにできます
gpu-hint-ignore = 設定の [gpu] に { $line } と書けば無視します
gpu-hint-reconcile = gpumgr --detect で現在のカードを確認し、設定があればその gpu_uuids を書き写してから実行してください: gpumgr --init{ $options }
gpu-hint-late = 永続モード (nvidia-smi -pm 1) でないと、未使用の GPU は起動に時間がかかります。少し待って再試行するか、設定の [gpu] の timeout を変更してください
gpu-hint-trust = 設定の [gpu] に trust_bookkeeping = true と書けば、読み取れない GPU も割り当てます
unreadable-not-told = このカードまたはドライバーは情報を提供しません
unreadable-late = 時間内に応答がありませんでした
status-idle-head = 確保されたまま未使用:
status-idle = { $task }: GPU の使用が { $left } 見られません ({ $server }、GPU { $devices })
why-holder-idle = 使用が { $idle } 見られません
watch-head = { $time } · { $every } ごとに更新 · Ctrl-C で終了
change-cards = { $server }: GPU の記述（モデル、メモリ、UUID）を更新
init-detected = 設定がないため、このマシンの GPU で初期化しました
adopt-done = 登録しました: { $task } ({ $owner }) は { $server } の GPU { $devices } と CPU { $cpus } 個を、プロセスが終わるまで保持します
check-measured = GPU: { $server } で { $count } 個を測定
check-unreadable = GPU: 読み取れません: { $why }
check-unmeasured = GPU: 測定しません: { $why }
unmeasured-no-driver = NVIDIA ドライバーがありません ({ $why })
unmeasured-no-server = このマシンであるサーバーがありません。該当するサーバーに host = "{ $host }" と書いてください
unmeasured-several = 複数のサーバーがこのマシン ({ $host }) なので、GPU がどれのものか分かりません
unmeasured-off = 測定するのはコマンドラインだけです
note-created-detected = 設定がないため、このマシンの GPU で状態ファイル { $path } を作成しました
note-gave-back = { $task }: 割り当てられた GPU は実際には空いていません。返却して待ち続けます:
detect-head = gpumgr が検出したこのマシンです。config.toml として保存し、gpumgr --init を実行してください
detect-keys = すべての項目: config.example.toml
detect-host = どのマシンか: そのマシン上の gpumgr だけがこれらの GPU を測定します
detect-cpus = このプロセスが使える数。ただし GPU ごとに最低 1 つ
detect-uuids = CUDA_DEVICE_ORDER=PCI_BUS_ID の順。カードの交換はこれで分かります
detect-gpu = GPU { $gpu }
detect-unreadable = GPU { $gpu } を読み取れません: { $why }
why-over-cap = このユーザーは GPU を { $held } 個使用中で、{ $key } は { $max } 個までです
## プログラム

program-runs = 実行中: { $task } (PID { $pid })
program-taken-over = 監視を再開しました: { $task } (PID { $pid })
program-ended = { $task } は終了コード 0 ですでに終了し、リソースは解放されました
program-log = ログ: { $path }
program-follow = 出力を追う: gpumgr --logs { $word } --follow{ $options }
program-stop = 終了する: gpumgr --stop-program { $word }{ $options }
program-stopped = 終了しました: { $task }
summary-head = 概要:
summary-nodes = ノード数: { $count }
summary-gpus = GPU 合計: { $count }
summary-free = 空き GPU: { $count }
summary-allocated = 割り当て済み GPU: { $count }
summary-tasks = 実行中タスク: { $count }
summary-per-node = ノードの詳細:
summary-node = { $server }: { $free }/{ $total } 空き（割り当て済み { $allocated }）
summary-per-task = タスクの割り当て:
summary-task = タスク { $task }: { $gpus } GPU、{ $server }（{ $state }）
state-starting = 起動中
state-running = 実行中
state-retrying = 失敗、再起動待ち
state-stopping = 終了処理中
state-unattended = 実行中、監視なし
state-granted = 付与済み
state-held = 確保中

## 設定のうち、ユーザー、プログラム、監視について

check-caps = ユーザーあたりのGPU数: { $caps }
check-cap-total = 合計で最大 { $max } 個
check-cap-manual = 手動の要求で最大 { $max } 個
check-cap-auto = 自動取得で最大 { $max } 個
check-prefix = タスク名の接頭辞: { $prefix }
check-program = プログラム: { $command }
check-program-variables = プログラムの変数: { $names }
check-program-log = プログラムのログ: 最大 { $size }、古いものを { $count } 個保存
check-retries = 失敗後の再起動: 最大 { $count } 回、最初は { $delay } 後
check-no-retries = 失敗後の再起動: なし
check-monitor = 監視の間隔: { $interval }
check-scaling = 自動スケーリング: GPU { $min } から { $max } 個。使用率 { $up } 以上で 1 個増やし、{ $down } 未満で 1 個減らします（連続 { $window } 回の測定。その後 { $cooldown } は変更しません）
check-scaling-off = 自動スケーリング: オフ（auto_scale = true で、scaling.enabled が false でないことが必要です）
check-auto = GPU が空いたら起動: { $names }
check-notify = 通知: 空き GPU が { $gpus } 個になったとき、待ち時間が { $wait } を超えたとき
check-notify-mail = メール: { $to } 宛て、{ $server } 経由（暗号化: { $security }）
check-notify-command = コマンド: { $command }
check-notify-unencrypted = なし
check-notify-nobody = 誰にも通知されません：email も command もありません
check-log = ログ: 最大 { $size }、古いものを { $count } 個保存
warning-left-out = gpumgr にないキーなので省きました: { $key }
    .near = gpumgr にないキーなので省きました: { $key }。{ $near } のことですか?
hint-translated = ヒント: config.toml として保存し、サーバーを書き加えてください。'gpumgr --detect' はこのマシンの記述を表示します。その後: gpumgr --check-config

## ログ

column-time = 時刻
column-user = ユーザー
column-action = 操作
column-why = 理由
history-no-log = まだ何も記録されていません: { $path } がありません
history-nothing = { $path } に該当する記録はありません
history-owner = { $owner } のもの
history-asked = GPU を { $count } 個要求
history-waited = 待機 { $time }
history-held = 占有 { $time }
history-used = 使用量は GPU 1 個で { $time } に相当
history-count = { $time } から { $count } 回
history-exit = 終了コード { $code }
column-hours-held = 占有GPU時間
column-hours-used = 使用GPU時間
column-granted = タスク数
column-wait = 平均待機
report-head = { $from } から { $to } まで
report-nothing = まだ何も記録されていません
report-hours = GPU時間: 占有 { $held }、使用 { $used }
report-tasks = タスク数: { $tasks }、平均待機 { $wait }

## 通知

notice-gpus-free = GPU { $total } 個のうち { $free } 個が空いています
notice-ended = { $task } ({ $owner }、{ $server }) が終了しました
notice-failed = { $task } ({ $owner }、{ $server }) が失敗しました
notice-lapsed = { $task } ({ $owner }、{ $server }): 期限が切れました
notice-scaled-up = { $task } ({ $owner }、{ $server }) が拡大し、GPU は { $gpus } になりました
notice-scaled-down = { $task } ({ $owner }、{ $server }) が縮小し、GPU は { $gpus } になりました
notice-idle = { $task } ({ $owner }、{ $server }) は GPU を確保していますが、使用が { $time } 見られません
notice-waited-long = { $task } ({ $owner }) は { $time } 待っています
notice-stranger = { $server } の GPU { $gpu } は gpumgr の管理外で使用中です: { $command } (PID { $pid }、{ $user })
notice-test = これはテストです：通知は届いています
notice-exit = （終了コード { $code }）
notice-why = { "" }: { $why }
tested-mail = { $to } にメールを送信しました
tested-command = コマンド { $program } に通知しました
monitor-head = gpumgr モニター · { $time } · { $every } ごと · Ctrl-C でモニターだけを終了
monitor-lately = 最近:
monitor-programs = プログラム:
program-told = { $task }: プログラムに終了を伝えました (SIGTERM)。猶予は { $grace } 秒です
