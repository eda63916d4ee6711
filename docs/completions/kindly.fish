# Completion of kindly for fish. What there is to complete, the command itself says.
function __kindly_complete
    set -l words (commandline -opc)[2..-1] (commandline -ct)
    for line in (kindly --complete $words 2>/dev/null)
        switch $line
            case \tfiles
                __fish_complete_path (commandline -ct)
            case \tcommands
                __fish_complete_command
            case '*'
                echo $line
        end
    end
end
complete -c kindly -f -a '(__kindly_complete)'
