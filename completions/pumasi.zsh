#compdef pumasi
# SPDX-License-Identifier: AGPL-3.0-or-later
# Completion of pumasi for zsh. What there is to complete, pumasi itself knows: `pumasi complete`.

_pumasi() {
    local line name
    local -a names shown
    local -i files=0 width=0

    for line in "${(@f)$($words[1] complete -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2> /dev/null)}"; do
        if [[ $line == :files ]]; then
            files=1
        elif [[ -n $line ]]; then
            name=${line%%$'\t'*}
            names+=("$name")
            (( ${#name} > width )) && width=${#name}
        fi
        [[ $line == *$'\t'* ]] && shown+=("${line#*$'\t'}")
    done
    for (( line = 1; line <= ${#names}; line++ )); do
        [[ -n $shown[line] ]] && shown[line]="${(r:width:)names[line]}  $shown[line]" ||
            shown[line]=$names[line]
    done
    (( ${#names} > 0 )) && compadd -l -d shown -- "${names[@]}"
    (( files )) && _files
    return 0
}
_pumasi "$@"
