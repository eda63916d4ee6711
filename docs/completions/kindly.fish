# Completion of kindly for fish. Verbs and options come from the command itself.
complete -c kindly -n __fish_use_subcommand -f -a '(kindly --list-verbs 2>/dev/null)'
complete -c kindly -n '__fish_seen_subcommand_from help' -f -a '(kindly --list-verbs 2>/dev/null)'
complete -c kindly -n 'string match -q -- "-*" (commandline -ct)' -f -a '(kindly --list-options (commandline -opc)[2] 2>/dev/null)'
