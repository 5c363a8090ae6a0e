#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# What the shells complete: every command and option that there is, and the values that this machine knows.
# bash is asked as its line editor asks it; fish and zsh are asked themselves where they are installed.

setup() {
    ROOT=$BATS_TEST_DIRNAME/../..
    HERE=$(mktemp -d "${TMPDIR:-/tmp}/completion.XXXXXX")
    export HOME=$HERE XDG_CONFIG_HOME=$HERE/config XDG_STATE_HOME=$HERE/state PUMASI_BATCH=1
    export PATH=$BUILD:$PATH
    unset PUMASI_PROFILE PUMASI_KEY PUMASI_PASSPHRASE_FILE
    pumasi key new --holder alice@hansalim --no-passphrase > /dev/null 2>&1
    pumasi key new --holder hansalim --role treasurer --no-passphrase > /dev/null 2>&1
    mkdir -p "$HERE/config/pumasi/office" "$HERE/state/pumasi/default"
    # As `pumasi connect` leaves them.
    cat > "$HERE/state/pumasi/default/units.json" << 'JSON'
{"units": [{"unit": "hour", "name": "시간", "scale": 60, "kind": "time"},
           {"unit": "bread", "name": "빵", "scale": 1, "kind": "goods"}]}
JSON
    cat > "$HERE/config/pumasi/default/profile.json" << 'JSON'
{"url": "http://127.0.0.1:1", "ledger_id": "", "origin": "ledger.example.org",
 "log_key": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}
JSON
    cd "$HERE"
    touch roster.csv
}

teardown() {
    rm -rf "$HERE"
}

# bash's own way: it takes the line apart at COMP_WORDBREAKS and asks the function. One candidate a line.
in_bash() { # FILE FUNCTION LINE
    bash --norc -c '
        source "$1"
        COMP_LINE=$3 COMP_POINT=${#3}
        # As readline does: quotes aside, words end at blanks, and :, = and @ are words of their own.
        COMP_WORDS=()
        while read -r word; do COMP_WORDS+=("$word"); done < <(grep -oE "[=:@]+|[^[:space:]=:@]+" <<< "$3")
        [[ $3 == *[[:space:]=:@] ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        "$2" && printf "%s\n" "${COMPREPLY[@]}"' bash "$ROOT/completions/$1" "$2" "$3"
}
of_pumasi() { in_bash pumasi.bash _pumasi "$1"; }
of_ledgerd() { in_bash ledgerd.bash _ledgerd "$1"; }

has() { # WORD...: each is a line of what came out
    local word
    for word; do
        grep -qxF -- "$word" <<< "$output" || {
            printf 'no "%s" among:\n%s\n' "$word" "$output"
            return 1
        }
    done
}
lacks() { # WORD
    ! grep -qxF -- "$1" <<< "$output"
}

# "WORD [WORD]" of every command, as the help lists them.
commands_of_help() {
    pumasi --help | awk '/^Options/ { exit }
        /^  [a-z]/ { print $1, ($2 ~ /^[a-z]+$/ && $2 !~ /^(yes|no)/ ? $2 : "") }'
}

@test "bash knows every command and every option that the help knows" {
    local n=0 name sub option
    while read -r name sub; do
        run of_pumasi "pumasi ${name:0:2}"
        has "$name"
        # Two words where the help of the first one lists more than one, or with the second one.
        if [ -n "$sub" ] && pumasi "$name" "$sub" --help > /dev/null 2>&1 && ! pumasi "$name" --help |
            grep -q "^Usage: pumasi $name \[OPTION"; then
            run of_pumasi "pumasi $name "
            has "$sub"
        else
            sub=
        fi
        run of_pumasi "pumasi $name${sub:+ $sub} --"
        for option in $(pumasi "$name" ${sub:+"$sub"} --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
            has "$option"
            n=$((n + 1))
        done
    done < <(commands_of_help)
    [ "$n" -gt 300 ]
    run of_pumasi 'pumasi '
    lacks complete
}

@test "bash completes the values that this machine knows" {
    run of_pumasi 'pumasi -k '
    has alice@hansalim hansalim-treasurer
    run of_pumasi 'pumasi --key=hans'
    has hansalim-treasurer
    run of_pumasi 'pumasi --profile '
    has default office
    run of_pumasi 'pumasi key new --role '
    has member treasurer registrar steward auditor
    run of_pumasi 'pumasi key new --role=tr'
    has treasurer
    run of_pumasi 'pumasi unit create x --kind '
    has time credit goods
    run of_pumasi 'pumasi export --format '
    has csv hledger beancount
    # An address and a time are one word each, whatever bash thinks.
    run of_pumasi 'pumasi pay bob@hansalim 1:30 '
    has hour bread
    run of_pumasi 'pumasi pay bob@hansalim 1:30 h'
    has hour
    lacks bread
    run of_pumasi 'pumasi balance alice@h'
    has hansalim
    run of_pumasi 'pumasi member allow '
    has yes no
    run of_pumasi 'pumasi import rost'
    has roster.csv
    run of_pumasi 'pumasi -p office balance '
    lacks alice@hansalim
    # After an option without a value the command's own argument follows; after -- no options.
    run of_pumasi 'pumasi --json coop show '
    has hansalim
    run of_pumasi 'pumasi pay -- --'
    [ -z "$output" ]
}

@test "what is offered says what it is, in the language of the reader" {
    run pumasi complete -- pa
    [ "$output" = $'pay\tPay a member' ]
    LANGUAGE=ko run pumasi complete -- pa
    [ "$output" = $'pay\t조합원에게 지급합니다' ]
}

@test "ledgerd's completions know every option of its help" {
    local option command n=0
    for option in $(ledgerd --help | grep -oE -- '--[a-z_]+' | sort -u); do
        [ "$option" = --OPTION ] && continue
        command=init
        [ "$option" != --continue ] || command=recover
        run of_ledgerd "ledgerd $command ${option:0:4}"
        has "$option"
        grep -qE -- "-l ${option#--} " "$ROOT/completions/ledgerd.fish"
        grep -qE -- "'\*?$option\[" "$ROOT/completions/ledgerd.zsh"
        n=$((n + 1))
    done
    [ "$n" -gt 20 ]
    run of_ledgerd 'ledgerd '
    has init migrate export
    run of_ledgerd 'ledgerd --log_level w'
    has warn
}

@test "fish completes" {
    command -v fish > /dev/null || skip 'fish is not installed'
    for file in pumasi ledgerd; do
        fish -n "$ROOT/completions/$file.fish"
    done
    in_fish() { fish --no-config -c "source '$ROOT/completions/$1.fish'; complete -C '$2'"; }
    run in_fish pumasi 'pumasi p'
    has $'pay\tPay a member'
    run in_fish pumasi 'pumasi pay bob@hansalim 1:30 '
    has $'hour\t시간'
    run in_fish pumasi 'pumasi key new --ro'
    [[ $output == --role$'\t'* ]]
    run in_fish pumasi 'pumasi key new --role=tr'
    [[ $output == --role=treasurer* ]]
    run in_fish pumasi 'pumasi import rost'
    [[ $output == roster.csv* ]]
    run in_fish ledgerd 'ledgerd --log_level w'
    [[ $output == *warn* ]]
    run in_fish ledgerd 'ledgerd init --thr'
    [[ $output == *--threshold* ]]
}

@test "zsh completes" {
    command -v zsh > /dev/null || skip 'zsh is not installed'
    mkdir functions
    for file in pumasi ledgerd; do
        zsh -n "$ROOT/completions/$file.zsh"
        cp "$ROOT/completions/$file.zsh" "functions/_$file"
    done
    # A zsh on a terminal of its own, which types the line and a tab.
    cat > ask.zsh << 'ZSH'
zmodload zsh/zpty
zpty shell zsh -f -i
answer() { # until what is given comes out
    local seen= piece
    local -F end=$((SECONDS + 120))
    while (( SECONDS < end )); do
        zpty -r -t shell piece && seen+=$piece && [[ $seen == *$~1* ]] && break
        [[ -z $piece ]] && read -t 0.05 < /dev/null
        piece=
    done
    print -r -- "$seen"
}
typeset -F SECONDS
zpty -w shell "PS1=; unsetopt zle_bracketed_paste; fpath=($HOME/functions \$fpath); autoload -U compinit; compinit -u -D; print up"
answer $'*\nup*' > /dev/null
zpty -n -w shell "$1"$'\t'
answer "$2"
zpty -d shell
ZSH
    run zsh -f ask.zsh 'pumasi rece' '*receipts*'
    [[ $output == *receipts* ]]
    run zsh -f ask.zsh 'pumasi pay bob@hansalim 1:30 ho' '*hour*'
    [[ $output == *hour* ]]
    run zsh -f ask.zsh 'pumasi key new --ro' '*--role*'
    [[ $output == *--role* ]]
    run zsh -f ask.zsh 'ledgerd --log_level w' '*warn*'
    [[ $output == *warn* ]]
}

@test "they are installed where the shells look for them" {
    # As it was built: other flags would build it anew, without sanitizers too, under those who use it.
    local config
    read -ra config < "$BUILD/config"
    make -s -C "$ROOT" install BUILD="$BUILD" "${config[@]}" DESTDIR="$HERE/root" PREFIX=/usr > install.log 2>&1
    for file in share/bash-completion/completions/pumasi share/bash-completion/completions/ledgerd \
        share/zsh/site-functions/_pumasi share/zsh/site-functions/_ledgerd \
        share/fish/vendor_completions.d/pumasi.fish share/fish/vendor_completions.d/ledgerd.fish \
        share/locale/ko/LC_MESSAGES/pumasi.mo share/locale/ko/LC_MESSAGES/ledgerd.mo; do
        [ -s "$HERE/root/usr/$file" ]
    done
    # The catalogue is found from where the program is.
    LANGUAGE=ko run "$HERE/root/usr/bin/pumasi" --help
    [[ $output == *'조합원에게 지급합니다'* ]]
    LANGUAGE=ko run "$HERE/root/usr/bin/ledgerd" --help
    [[ $output == *'데이터 폴더'* ]]
}
