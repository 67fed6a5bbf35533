# 日本語。v0.1 にあった言い方はそのまま。

## エラー

error-unconfirmed = リセットするとすべてのタスクの記録が消去されますが、端末でないため確認できません
    .hint = 実行してよい場合は --yes を付けてください
error-task-exists = タスク { $task } はすでに { $server } に割り当てられています
    .owner = 所有者は { $owner } です
    .hint = 別の名前にするか、解放してください: gpumgr --release { $word }{ $options }
error-unknown-task = タスク { $task } は見つかりません
    .hint = 実行中のタスクを確認: gpumgr --detail{ $options }
error-no-state = そのタスクは見つかりません。状態ファイル { $path } がまだ存在しません
    .hint = フォルダーや設定が正しいか確認してください: gpumgr --check-config{ $options }
error-unknown-server = サーバー { $server } は見つかりません
    .names = 存在するサーバー: { $names }
    .hint = 上のいずれかの名前、または ID（0 から始まる番号）を指定してください
error-not-owner = 他のユーザーのタスクなので解放できません
    .task = { $task } の所有者は { $owner } です
    .hint = 所有者に確認してください。それでも実行する場合は --force を付けてください
error-below-minimum = GPU { $asked } 個は、1 タスクの下限（{ $min } 個）を下回っています
    .hint = { $min } 個以上を指定するか、設定の [limits] の min_gpus_per_task を変更してください
error-above-maximum = GPU { $asked } 個は、1 タスクの上限（{ $max } 個）を超えています
    .hint = { $max } 個以下を指定するか、設定の [limits] の max_gpus_per_task を変更してください
error-impossible = この要求を満たせるサーバーは存在しません
    .largest = 1 台あたりのGPUは最大 { $gpus } 個、CPUは最大 { $cpus } 個
    .hint = 要求を減らしてください。1 つのタスクのリソースは 1 台のサーバーから割り当てます
error-insufficient = リソース不足、後で再試行してください
    .asked = 要求: GPU { $gpus }、CPU { $cpus }
    .nearest = 最も近いのは { $server }（空き: GPU { $free_gpus }、CPU { $free_cpus }、不足: GPU { $lacks_gpus }、CPU { $lacks_cpus }）
    .nearest-ids = 最も近いのは { $server }（使用中: GPU { $taken }、不足: CPU { $lacks_cpus }）
    .draining = 要求を満たせる大きさのサーバーは、すべて新規割り当てを停止しています
    .drained = { $server } には空きがありますが、新規割り当てを停止しています
    .hint = 使用状況を確認: gpumgr --detail{ $options }
error-in-the-way = 設定変更で取り除かれるリソースをタスクが使用中です。何も変更していません
    .server = { $server }: { $tasks }
    .hint = これらのタスクを解放するか、使用中のリソースを設定に戻してください。サーバーを空けるには、先に drain = true を設定してください
error-read = { $path } を読み込めません
error-lock = { $path } をロックできません
error-write = { $path } に書き込めません
error-keep = { $path } のバックアップを作成できません
error-flush = フォルダー { $path } をディスクに書き出せません
error-reserved-name = 状態ファイルに { $path } という名前は使えません
    .hint = ロックファイルの名前か、一時ファイルの接頭辞 (.gpumgr-) で始まる名前です。別の名前にしてください
error-not-a-file = { $path } は通常のファイルではありません
    .hint = 別の状態ファイルを指定してください: --state PATH または設定の state_file
error-too-large = { $path } は状態ファイルとしては大きすぎます
    .size = 大きさは { $megabytes } MiB です
    .hint = 状態ファイルならバックアップと置き換えるか、やり直してください: gpumgr --reset --yes{ $options }（元のファイルは残ります）
error-damaged = 状態ファイル { $path } が破損しています。変更していません
    .hint = その箇所を直すか、バックアップに置き換えるか、やり直してください: gpumgr --reset --yes{ $options }（元のファイルは残ります）
error-newer = 状態ファイル { $path } のバージョンに、この gpumgr は対応していません。変更していません
    .version = ファイルのバージョンは { $version }、対応しているのは 0.1 です
    .hint = 新しい gpumgr を使うか、やり直してください: gpumgr --reset --yes{ $options }（元のファイルは残ります）
error-lock-timeout = ロック取得タイムアウト
    .waited = { $seconds } 待ちましたが、{ $path } のロックを取得できませんでした
    .holders = 保持者: { $holders }
    .hint = 再試行するか、設定の lock_timeout を長くしてください。ロックは保持しているプロセスが終了すると自動的に解放されます。ファイルを削除しても解放されません
error-cannot-lock = { $path } のファイルシステムはファイルロックに対応していません
    .hint = ロックに対応したファイルシステムに状態ファイルを置いてください（docs/state-file.md を参照）
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
cpus-in-proportion = GPU数に比例
hint-flush = 変更は反映されましたが、停電で失われる恐れがあります。ディスクを確認してください
hint-no-folder = フォルダーを作成するか、別の場所を指定してください: --state PATH または設定の state_file
hint-permission = 所有者にフォルダーとファイルへの書き込み権限を付けてもらうか、別の場所を指定してください: --state PATH
hint-disk-full = ディスクの空き容量を確保してください。状態は変更されていません
hint-io = 状態は変更されていません

## 状態ファイルの問題

damage-layout = gpumgr が読める状態ではありません: { $message }
damage-server-id = 値は { $found } ですが、サーバーの位置は { $position } です
damage-time = { $text } は正しい時刻ではありません
damage-servers = サーバーが { $count } 台ありますが、上限は { $max } 台です
damage-gpus = GPU が { $count } 個ありますが、上限は { $max } 個です
damage-cpus = CPU が { $count } 個ありますが、上限は { $max } 個です
damage-same-server = { $name } という名前のサーバーが 2 つあります
damage-same-task = { $name } という名前のタスクが 2 つあります
damage-no-such-gpu = サーバーに GPU { $gpu } はありません
damage-gpu-twice = GPU { $gpu } が重複しています（ここと別の箇所）
damage-gpu-lost = GPU { $gpu } は空きでもなく、タスクにも使われていません
damage-cpus-disagree = 空き { $free } と使用中 { $held } の和が { $total } になりません
name-empty = 名前が空です
name-dash = 名前を '-' で始めることはできません
name-long = 名前が { $chars } 文字で、長すぎます
name-unprintable = 名前の { $position } 文字目は表示できない文字です

## 設定の問題

config-not-text = UTF-8 のテキストではありません
config-syntax = TOML として正しくありません: { $message }
config-unknown-key = 不明なキー { $key }
    .near = 不明なキー { $key }。{ $near } のことですか?
config-missing-key = { $key } がありません
config-type-text = { $key } は引用符で囲んだ文字列で指定してください
config-type-number = { $key } は整数で指定してください
config-type-flag = { $key } は true か false で指定してください
config-type-table = { $key } はテーブルで記述してください: [{ $key }]
config-type-tables = { $key } はテーブルの配列で記述してください: [[{ $key }]]
config-range = { $key } は { $min } から { $max } の範囲で指定してください
config-duration = { $key } は "90s"、"8h"、"2d" のような時間で指定してください
config-no-path = { $key } にはパスを指定してください（空文字列と NUL 文字は不可）
config-name = { $why }
config-both-shapes = サーバーは [cluster] か [[server]] のどちらか一方で書いてください
config-min-over-max = max_gpus_per_task は { $max } で、min_gpus_per_task の { $min } より小さいです
config-servers = サーバーが { $count } 台ですが、1 から { $max } 台の範囲で指定してください
