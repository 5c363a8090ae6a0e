# shellcheck shell=bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# What demo and demo-network share: a ledger in a folder of its own, and people who type commands.
# Sourced, with BUILD, the folder with ledgerd and pumasi, and NAME, what the demo is called.
#
#   say SENTENCE...            a heading
#   as PERSON ARGUMENT...      shows a command of pumasi as one would type it, and runs it
#   demo_begin                 ends an earlier demo of this name and makes its folder, $DEMO, anew; $URL is
#                              where the ledger will be
#   demo_init OPTION...        ledgerd init
#   demo_start                 starts it; waits until it is ready
#   demo_stop                  ends the one that is running, if there is one
#   demo_fail SENTENCE...      a demo that shows something wrong is worse than none

DEMO=${DEMO_DIR:-${TMPDIR:-/tmp}/pumasi-$NAME-$(id -u)}
ZONE=${DEMO_ZONE:-Asia/Seoul}
export XDG_CONFIG_HOME=$DEMO/config XDG_STATE_HOME=$DEMO/state XDG_CACHE_HOME=$DEMO/cache
unset PUMASI_PROFILE PUMASI_KEY
export PATH=$BUILD:$PATH

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }
as() {
    local who=$1 word
    shift
    printf '%s$ pumasi' "$who"
    for word; do
        case $word in
            *[!A-Za-z0-9@:./_-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    pumasi --profile "$who" --yes "$@"
}
demo_fail() {
    echo "$NAME: $*" >&2
    exit 1
}
free_port() {
    local port
    for port in 7474 7484 7494 17474 27474 37474; do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    demo_fail "no free port found"
}
demo_stop() {
    local pid
    [ -s "$DEMO/pid" ] || return 0
    pid=$(cat "$DEMO/pid")
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = ledgerd ]; then
        kill "$pid"
        for _ in $(seq 300); do
            [ -e "/proc/$pid" ] || return 0
            sleep 0.1
        done
        demo_fail "the ledger of an earlier demo (process $pid) doesn't stop"
    fi
}
demo_begin() {
    if [ -e "$DEMO" ] && [ ! -e "$DEMO/.pumasi-demo" ]; then
        demo_fail "$DEMO is there and is no folder of an earlier demo: name another one, DEMO_DIR=…"
    fi
    demo_stop
    rm -rf "$DEMO"
    mkdir -p "$DEMO/keys"
    touch "$DEMO/.pumasi-demo"
    chmod 711 "$DEMO" # a ledgerd started as root becomes the user ledgerd and must get to its data
    PORT=${DEMO_PORT:-$(free_port)}
    URL=http://127.0.0.1:$PORT
}
demo_init() {
    ledgerd init --data "$DEMO/ledger" --origin demo.example/wonju --name '원주 협동조합 네트워크' \
        --zone "$ZONE" "$@" 2>"$DEMO/init.log" || { cat "$DEMO/init.log" >&2; exit 1; }
}
# Starts it, and waits until it is ready, or shows why it isn't.
demo_start() {
    # In a session of its own, so that it goes on when this script and make have ended.
    setsid ledgerd --data "$DEMO/ledger" --listen "127.0.0.1:$PORT" --metrics_listen "" \
        </dev/null >>"$DEMO/ledgerd.log" 2>&1 &
    echo $! >"$DEMO/pid"
    for _ in $(seq 600); do
        if pumasi --profile probe --yes connect "$URL" >/dev/null 2>&1; then
            return
        fi
        [ -e "/proc/$!" ] || break
        sleep 0.1
    done
    echo "$NAME: ledgerd didn't become ready; its log:" >&2
    tail -n 20 "$DEMO/ledgerd.log" >&2
    exit 1
}
