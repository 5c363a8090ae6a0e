# SPDX-License-Identifier: AGPL-3.0-or-later
# Completion of pumasi for fish. What there is to complete, pumasi itself knows: `pumasi complete`.

function __pumasi_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program complete -- $words "$word" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$word"
        else
            echo $line
        end
    end
end
complete -c pumasi -f -a '(__pumasi_complete)'
