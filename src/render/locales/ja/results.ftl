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
cluster-size = サーバー { $servers } 台、GPU { $gpus } 個、CPU { $cpus } 個
state-file = 状態ファイル: { $path }

## 操作

init-created = 初期化完了
init-unchanged = 初期化済みです。変更はありません
init-reconciled = 変更された設定に合わせました。タスクはすべて残っています
change-added = + { $server }: GPU { $gpus } 個、CPU { $cpus } 個
change-removed = - { $server }
change-gpus = { $server }: GPU { $from } → { $to }
change-cpus = { $server }: CPU { $from } → { $to }
change-drain = { $server }: 割り当て停止、新しいタスクは割り当てません
change-undrain = { $server }: 割り当て再開
change-reordered = サーバーの順序
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
check-no-config = 設定: 見つからないため v0.1 のクラスターを使います
check-state = 状態ファイル: { $path }
check-state-absent = 状態ファイル: { $path }（未作成）
check-timeout = ロック待ちの上限: { $timeout }
check-limits = タスクあたりのGPU数: { $min } から { $max }
check-server = { $server }: GPU { $gpus } 個、CPU { $cpus } 個

## お知らせ、警告、ヒント、質問

note-created = 状態ファイル { $path } を作成しました
note-not-initialized = まだ初期化されていません。これは設定が表すクラスターです。'gpumgr --init' または最初の割り当てで { $path } を作成します
note-passed-over = { $path } は [cluster]、[[server]]、state_file のどれもないため、他のプログラムのものとして読み飛ばしました
note-lock = ロック { $path } を待っています …
    .held = ロック { $path } を待っています。保持者: { $holders } …
warning-sticky = 警告: { $path } にはスティッキービットがあり、状態ファイルを変更できるのはあなただけです。共有するには、スティッキービットがなくグループが書き込めるフォルダーを使ってください
warning-untold = 割り当ては有効です: { $task } が { $server } の GPU { $devices } を保持しています。不要なら解放してください
hint-differs = ヒント: 設定が表すクラスターは状態ファイルと異なります。'gpumgr --init' で状態を合わせられます。タスクは失われません
confirm-reset = { $path } のタスクをすべて消去しますか? 実行中のプログラムは止まらず、そのGPUが他の人に割り当てられます。[y/N]
reset-declined = 何も変更していません
