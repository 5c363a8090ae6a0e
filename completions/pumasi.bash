# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
# Completion of pumasi for bash. What there is to complete, pumasi itself knows: `pumasi complete`.

_pumasi() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word rest before candidate i

    # bash takes 1:30, alice@hansalim and --role=x apart; what no blank parts is one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        [ ${#word} -le ${#rest} ] || word=$rest
        if [ ${#words[@]} -eq 0 ] || [ "$rest" != "$line" ]; then
            words+=("$word")
            before=
        else
            before=${words[-1]}
            words[-1]+=$word
        fi
        line=${rest#"$word"}
    done
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        if [ "$candidate" = :files ]; then
            compopt -o filenames 2> /dev/null
            while IFS= read -r candidate; do
                COMPREPLY+=("$candidate")
            done < <(compgen -f -- "$word")
        else
            COMPREPLY+=("${candidate#"$before"}")
        fi
    done < <("${COMP_WORDS[0]}" complete -- "${words[@]:1}" 2> /dev/null)
}
complete -F _pumasi pumasi
