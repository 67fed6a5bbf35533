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
warning-sticky = 警告: { $path } にはスティッキービットが設定されているため、状態ファイルを変更できるのはあなただけです。共有するには、スティッキービットがなく、グループで書き込めるフォルダーを使ってください
warning-untold = 割り当ては有効です: { $task } が { $server } の GPU { $devices } を保持しています。不要なら解放してください
note-granted = { $task }: { $server }、GPU { $devices }
warning-stdout = 結果を出力できません: { $error }
hint-differs = ヒント: 設定と状態ファイルのクラスター構成が異なります。'gpumgr --init{ $options }' で状態を設定に合わせられます（タスクは失われません）
confirm-reset = { $path } のタスクの記録をすべて消去しますか? 実行中のプログラムは止まりませんが、使用中のGPUが他の人に割り当てられる可能性があります。[y/N]
reset-declined = 何も変更していません
