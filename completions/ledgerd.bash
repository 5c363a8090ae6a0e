# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
# Completion of ledgerd for bash; a test compares it with `ledgerd --help`.

_ledgerd() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' i
    local options='--help --version --config --data --user --sandbox --listen --metrics_listen --tls_listen --tls_certificate --tls_key
        --trusted_proxy --database --pg_bin
        --request_timeout_ms --publish_minutes --read_connections --statement_timeout_ms --snapshot_days --verify_threads --batch_max --queue_max --takeover_ms
        --rounds --answer_days
        --refusals_per_minute --member_acts_per_day --strangers_per_day
        --witnesses --cosign_seconds --witness_for --witness_name --follow_seconds
        --log_format --log_level'

    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in init | migrate | export | key | recover) command=${COMP_WORDS[i]} ;; esac
    done
    [ "$command" = init ] &&
        options+=' --origin --name --steward --threshold --zone --from --keys'
    [ "$command" = recover ] && options+=' --from --continue'
    COMPREPLY=()
    case $before in
    --log_format) mapfile -t COMPREPLY < <(compgen -W 'auto plain json' -- "$word") ;;
    --sandbox) mapfile -t COMPREPLY < <(compgen -W 'auto require off' -- "$word") ;;
    --log_level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error' -- "$word") ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
    --zone) mapfile -t COMPREPLY < <(
        cd /usr/share/zoneinfo 2> /dev/null && compgen -f -- "$word"
    ) ;;
    --data | --pg_bin | --keys | export)
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        ;;
    --config | --steward | --from | --tls_certificate | --tls_key)
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        ;;
    --help | --version) ;;
    *)
        if [[ $word == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
        elif [ "$before" = key ]; then
            COMPREPLY=(new-log)
        elif [ -z "$command" ] && [[ $before != --* ]]; then
            mapfile -t COMPREPLY < <(compgen -W 'init migrate export key recover' -- "$word")
        fi
        ;;
    esac
}
complete -F _ledgerd ledgerd
