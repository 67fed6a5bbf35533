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
cpus-in-proportion = 比例配分

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
hint-flush = 変更は反映されましたが、停電で失われる恐れがあります。ディスクを確認してください
hint-no-folder = フォルダーを作成するか、別の場所を指定してください: --state PATH または設定の state_file
hint-permission = フォルダーとファイルへの書き込み権限を所有者に依頼するか、別の場所を指定してください: --state PATH
hint-disk-full = ディスクの空きを増やしてください。状態は元のままです
hint-io = 状態は元のままです

## エラー

error-unconfirmed = リセットはすべてのタスクを消去しますが、確認する相手がいません
    .hint = リセットしてよければ --yes を付けてください
error-task-exists = タスク { $task } はすでに { $server } にあります
    .owner = 所有者は { $owner } です
    .hint = 別の名前にするか、解放してください: gpumgr --release TASK
error-unknown-task = タスク { $task } はありません
    .hint = 実行中のタスクを見るには: gpumgr --detail
error-no-state = そのタスクはありません。状態ファイル { $path } 自体がありません
    .hint = フォルダーや設定は正しいですか? 確認するには: gpumgr --check-config
error-unknown-server = サーバー { $server } はありません
    .names = あるもの: { $names }
    .hint = どれかの名前、または 0 から数えた ID を指定してください
error-not-owner = 他のユーザーのタスクを終わらせることになります
    .task = { $task } の所有者は { $owner } です
    .hint = 本人に確認するか、--force を付けてください
error-below-minimum = GPU { $asked } 個は、タスクの下限より少ないです
    .hint = { $min } 個以上を求めるか、設定の [limits] の min_gpus_per_task を変えてください
error-above-maximum = GPU { $asked } 個は、タスクの上限を超えています
    .hint = { $max } 個以下を求めるか、設定の [limits] の max_gpus_per_task を変えてください
error-impossible = この要求を満たせるサーバーはありません
    .largest = 1 台のサーバーの最大: GPU { $gpus } 個、CPU { $cpus } 個
    .hint = 要求を減らしてください。タスクは 1 台のサーバーで動きます
error-insufficient = リソース不足、後で再試行してください
    .asked = 要求: GPU { $gpus }、CPU { $cpus }
    .nearest = 最も近いのは { $server }: 利用可能なGPU { $free_gpus } 個とCPU { $free_cpus } 個。GPU { $lacks_gpus } 個とCPU { $lacks_cpus } 個が不足
    .nearest-ids = 最も近いのは { $server }: GPU { $taken } が使用中。CPU { $lacks_cpus } 個が不足
    .draining = 十分な大きさのサーバーはすべて割り当て停止中です
    .hint = 使用状況を見るには: gpumgr --detail
error-in-the-way = 変更された設定がなくす資源をタスクが使用中です。何も変更していません
    .server = { $server }: { $tasks }
    .hint = これらのタスクを解放するか、使用中の資源を設定に戻してください
error-read = { $path } を読み込めません
error-lock = { $path } をロックできません
error-write = { $path } に書き込めません
error-keep = { $path } の控えを残せません
error-flush = フォルダー { $path } をディスクに書き出せません
error-not-a-file = { $path } は通常のファイルではありません
    .hint = 別の状態ファイルを指定してください: --state PATH または設定の state_file
error-too-large = { $path } は状態ファイルとしては大きすぎます
    .size = 大きさは { $megabytes } MiB です
    .hint = 状態ファイルならバックアップと置き換えるか、やり直してください: gpumgr --reset --yes（元のファイルは残ります）
error-damaged = 状態ファイル { $path } が破損しています。変更していません
    .hint = その箇所を直すか、バックアップに置き換えるか、やり直してください: gpumgr --reset --yes（元のファイルは残ります）
error-newer = 状態ファイル { $path } は、この gpumgr が知らないバージョンです。変更していません
    .version = ファイルのバージョンは { $version }、この gpumgr が知るのは 0.1 です
    .hint = 新しい gpumgr を使うか、やり直してください: gpumgr --reset --yes（元のファイルは残ります）
error-lock-timeout = ロック取得タイムアウト
    .waited = { $path } は { $seconds } の間に空きませんでした
    .holders = 保持者: { $holders }
    .hint = 再試行するか、設定の lock_timeout を延ばしてください。ロックは保持者の終了とともに解けます。ファイルを消しても解けません
error-cannot-lock = { $path } のファイルシステムにはロックがありません
    .hint = ロックのあるファイルシステムに状態ファイルを置いてください: docs/state-file.md を参照
error-group-lost = 状態ファイル { $path } のグループが失われ、他の人が使えなくなります。変更していません
    .group = あなたはグループ { $group } に属していません
    .hint = そのグループに入るか、chgrp でファイルを自分のグループに変えてください
error-config-missing = 設定ファイル { $path } がありません
    .hint = --config または $GPUMGR_CONFIG のパスを確認してください
error-config-unreadable = 設定ファイル { $path } を読み込めません
    .hint = 権限を確認するか、別の設定を指定してください: --config PATH
error-config-large = 設定ファイル { $path } は大きすぎます
    .limit = 設定ファイルは最大 { $megabytes } MiB です
    .hint = --config または $GPUMGR_CONFIG のパスを確認してください
error-config-mistakes = 設定ファイル { $path } に誤りがあります
    .hint = config.example.toml にすべてのキーの説明があります

## 状態ファイルの問題

damage-server-id = 値は { $found } ですが、サーバーの位置は { $position } です
damage-time = { $text } は時刻ではありません
damage-servers = サーバー { $count } 台、許されるのは { $max } 台までです
damage-gpus = GPU { $count } 個、許されるのは { $max } 個までです
damage-cpus = CPU { $count } 個、許されるのは { $max } 個までです
damage-same-server = { $name } という名前のサーバーが 2 つあります
damage-same-task = { $name } という名前のタスクが 2 つあります
damage-no-such-gpu = サーバーに GPU { $gpu } はありません
damage-gpu-twice = GPU { $gpu } がここと他の箇所にあります
damage-gpu-lost = GPU { $gpu } は空きでもなく、タスクにも使われていません
damage-cpus-disagree = 空き { $free } と使用中 { $held } の和が { $total } になりません
name-empty = 名前が空です
name-dash = 名前を '-' で始めることはできません
name-long = 名前が { $chars } 文字で、長すぎます
name-unprintable = 名前の { $position } 文字目は表示できない文字です

## 設定の問題

config-syntax = TOML として正しくありません: { $message }
config-unknown-key = 不明なキー { $key }
    .near = 不明なキー { $key }。{ $near } のことですか?
config-missing-key = { $key } がありません
config-type-text = { $key } は引用符で囲んだ文字列です
config-type-number = { $key } は整数です
config-type-flag = { $key } は true か false です
config-type-table = { $key } はテーブルです: [{ $key }]
config-type-tables = { $key } はテーブルの並びです: [[{ $key }]]
config-range = { $key } は { $min } から { $max } までです
config-duration = { $key } は "90s"、"8h"、"2d" のような時間の長さです
config-empty = { $key } を空にはできません
config-name = { $why }
config-both-shapes = サーバーは [cluster] か [[server]] のどちらか一方で書いてください
config-min-over-max = max_gpus_per_task は { $max } で、min_gpus_per_task の { $min } より小さいです
config-servers = サーバー { $count } 台ですが、クラスターは 1 から { $max } 台です
