# gpumgr's completion for fish: gpumgr --completions fish | source
function __gpumgr_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l reply (command gpumgr --complete-for fish $before[2..-1] "=$current" 2>/dev/null)
    switch "$reply[1]"
        case words
            string join \n -- $reply[2..-1]
        case files
            __fish_complete_path (commandline -ct)
        case 'command *'
            complete -C (string replace -r '^.*?\s--\s+' '' -- (commandline -cp | string collect))
    end
end
complete -c gpumgr -f -k -a '(__gpumgr_complete)'
