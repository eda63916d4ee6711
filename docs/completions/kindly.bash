# Completion of kindly for bash. What there is to complete, the command itself says.
_kindly() {
    local word=${COMP_WORDS[COMP_CWORD]} line
    [ "$word" = = ] && word=
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        $'\tfiles') compopt -o default 2>/dev/null ;;
        $'\tcommands') mapfile -t COMPREPLY < <(compgen -c -- "$word") ;;
        "$word"*) printf -v "COMPREPLY[${#COMPREPLY[@]}]" %q "${line%%$'\t'*}" ;;
        esac
    done < <(kindly --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _kindly kindly
