#!/usr/bin/env bats
# SPDX-License-Identifier: AGPL-3.0-or-later
# /metrics of a running ledger: what it counts is what was done, Prometheus' own tool has nothing to
# complain about, and docs/operations.md tells the operator what each is.

load ../lib/ledger
load ../lib/wire

setup_file() {
    ledger_setup
    wire_start main 4
}

setup() {
    wire_adopt main
}

teardown() {
    ledger_show_logs
}

teardown_file() {
    ledger_teardown_file
}

page() {
    curl -sf -m 60 "http://127.0.0.1:$((LEDGER_PORT[main] + METRICS_ABOVE))/metrics"
}

metric() { # NAME
    ledger_metrics main "$1"
}

# The metric has grown by that much since its value BEFORE.
grown() { # NAME BEFORE BY
    [ "$(metric "$1")" -eq $(($2 + $3)) ] || die "$1: $(metric "$1"), before $2"
}

@test "promtool finds nothing to complain about" {
    command -v promtool > /dev/null || skip 'promtool is not installed (scripts/deps all)'
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    page > "$BODY"
    run promtool check metrics < "$BODY"
    [ "$status" -eq 0 ] && [ -z "$output" ] || die "promtool: status $status: $output"
    # It reads what it is given.
    run promtool check metrics < <(sed '/^# HELP pumasi_records /d' "$BODY")
    [[ $output == *pumasi_records*help* ]] || die "promtool doesn't look: $output"
}

@test "batches, commits and waiting acts are counted" {
    local batches acts commits checkpoints
    batches=$(metric batch_acts_count)
    acts=$(metric batch_acts_sum)
    commits=$(metric commit_seconds_count)
    checkpoints=$(metric checkpoint_seconds_count)
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    grown batch_acts_count "$batches" 2
    grown batch_acts_sum "$acts" 2
    grown commit_seconds_count "$commits" 2
    grown checkpoint_seconds_count "$checkpoints" 2
    [ "$(metric 'batch_acts_bucket{le="+Inf"}')" -eq $((batches + 2)) ]
    [ "$(metric 'commit_seconds_bucket{le="+Inf"}')" -eq $((commits + 2)) ]
    # Each class has those below it too, and the smallest has the two single ones.
    page | sed -n 's/^pumasi_batch_acts_bucket{.*} //p' | sort -nc
    [ "$(metric 'batch_acts_bucket{le="1"}')" -ge 2 ]

    [ "$(metric pending_acts)" -eq 0 ]
    post "$(act coop.policy hansalim \
        '{"coop":"hansalim","unit":"hour","floor":-600,"ceiling":null,"registrar_floor":-600,"registrar_ceiling":null,"reversal_days":1}' \
        treasurer1@hansalim)"
    answered 202
    [ "$(metric pending_acts)" -eq 1 ]
    grown commit_seconds_count "$commits" 3
    grown batch_acts_count "$batches" 2
}

@test "what ledgerd does now, where its log stands, and the disk" {
    local now free began
    began=$(date +%s)
    [ "$(metric 'mode{mode="posting"}')" -eq 1 ]
    [ "$(page | grep -c '^pumasi_mode{.* 1$')" -eq 1 ]
    [ "$(page | grep -c '^pumasi_mode{')" -eq 6 ]
    [ "$(metric "build_info{version=\"$("$LEDGERD" --version | cut -d ' ' -f 2)\"}")" -eq 1 ]
    posted "$(payment m0000@hansalim m0002@hansalim 1)"
    [ "$(metric records)" -eq "$(log_size)" ]
    [ "$(metric checkpoint_records)" -eq "$(log_size)" ]
    now=$(date +%s)
    [ "$(metric checkpoint_timestamp_seconds)" -ge "$began" ] && [ "$(metric checkpoint_timestamp_seconds)" -le "$now" ]
    [ "$(metric checkpoint_timestamp_seconds)" -ge "$(metric start_time_seconds)" ]
    [ "$(metric read_connections)" -ge 1 ]
    [ "$(metric reads_waiting)" -eq 0 ]
    [ "$(metric queue_max)" -eq 20000 ]
    free=$(($(metric data_free_bytes) - $(df --output=avail -B1 "$LEDGERS/main" | tail -n 1)))
    [ "${free#-}" -lt 2000000000 ] # others write to this disk, too
    [ "$(metric data_size_bytes)" -eq "$(df --output=size -B1 "$LEDGERS/main" | tail -n 1)" ]
}

@test "the operator's page has every metric, and no other" {
    # Those of TLS are there with TLS only (tls.bats), most of witnesses with witnesses (witness.bats).
    page | sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' | sort > "$BODY"
    [ "$(wc -l < "$BODY")" -ge 20 ]
    grep -oE '`pumasi_[a-z_]+' "$BATS_TEST_DIRNAME/../../docs/operations.md" | tr -d '`' | grep -vE '^pumasi_(tls|cosigned|witnesses_ahead|sister|courier_up)' | sort -u |
        diff - "$BODY"
}
