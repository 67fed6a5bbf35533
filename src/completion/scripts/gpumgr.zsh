#compdef gpumgr
# gpumgr's completion for zsh: source <(gpumgr --completions zsh), after compinit
_gpumgr() {
    local -a reply values shown
    local line about
    reply=("${(@f)$(
        command gpumgr --complete-for zsh "${(@Q)words[2,CURRENT-1]}" "=$PREFIX" 2>/dev/null
    )}")
    case $reply[1] in
        words)
            for line in "${(@)reply[2,-1]}"; do
                about=${line#*$'\t'}
                values+=("${line%%$'\t'*}")
                shown+=("${line%%$'\t'*}${about:+  -- $about}")
            done
            compadd -l -V gpumgr -d shown -a values
            ;;
        files) _files ;;
        command*)
            shift $((${reply[1]#command } + 1)) words
            ((CURRENT -= ${reply[1]#command } + 1))
            _normal
            ;;
    esac
}
if [[ ${funcstack[1]-} == _gpumgr ]]; then
    _gpumgr "$@"
else
    compdef _gpumgr gpumgr
fi
