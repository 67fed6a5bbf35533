# gpumgr's completion for PowerShell: gpumgr --completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName gpumgr -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = Get-Command gpumgr -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $program) { return }
    $before = @(
        $commandAst.CommandElements | Select-Object -Skip 1 |
            Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object {
                if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
                else { $_.Extent.Text }
            }
    )
    $current = $wordToComplete.Trim("'", '"')
    $reply = @(& $program --complete-for powershell @before "=$current" 2>$null)
    if ($reply.Count -eq 0 -or $reply[0] -ne 'words') { return }
    $reply | Select-Object -Skip 1 | ForEach-Object {
        $inserted, $shown, $about = $_ -split "`t", 3
        if ($shown.StartsWith($current)) {
            if (-not $about) { $about = $shown }
            [System.Management.Automation.CompletionResult]::new($inserted, $shown, 'ParameterValue', $about)
        }
    }
}
