# Completion of kindly for bash. Verbs and options come from the command itself.
_kindly() {
    local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words
    if [ "$COMP_CWORD" -eq 1 ]; then
        words=$(kindly --list-verbs 2>/dev/null | cut -f1)
    elif [ "$verb" = help ]; then
        words=$(kindly --list-verbs 2>/dev/null | cut -f1)
    elif [[ $word == -* ]]; then
        words=$(kindly --list-options "$verb" 2>/dev/null | cut -f1)
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _kindly kindly
