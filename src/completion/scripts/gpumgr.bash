# gpumgr's completion for bash (4.4 or newer): source <(gpumgr --completions bash)
_gpumgr() {
    local reply
    COMPREPLY=()
    mapfile -t reply < <(
        command gpumgr --complete-for bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null
    )
    case ${reply[0]-} in
        words) COMPREPLY=("${reply[@]:1}") ;;
        files) compopt -o default ;;
        command*)
            compopt -o default
            if [[ ${COMP_WORDS[COMP_CWORD - 1]} == -- ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -A command -- "$2")
            fi
            ;;
    esac
}
complete -F _gpumgr gpumgr
