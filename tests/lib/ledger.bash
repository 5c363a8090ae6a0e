# SPDX-License-Identifier: AGPL-3.0-or-later
# Ledgers for bats tests: each a real ledgerd with a private PostgreSQL, in a folder of the test's own.
# Works as an ordinary user, and as root, where ledgerd becomes its user, who has to be let in.
#
#   setup()    { ledger_setup; }         makes $LEDGERS, the folder; ledger NAME is $LEDGERS/NAME
#   teardown() { ledger_teardown; }      ends all that was started; shows the logs of a failed test
# or one for all tests of a file, each of which says which ledgers it means:
#   setup_file()    { ledger_setup; ...; }
#   setup()         { ledger_adopt NAME...; }
#   teardown()      { ledger_show_logs; }
#   teardown_file() { ledger_teardown_file; }
#
#   ledger_init NAME [OPTION...]         ledgerd init
#   ledger_start NAME [OPTION...]        starts ledgerd in the background on ports of its own
#   ledger_url NAME, ledger_pid NAME     where it is
#   ledger_wait NAME [SECONDS]           until /readyz says 200
#   ledger_stop NAME                     SIGTERM; answers its exit status
#   ledger_kill NAME                     SIGKILL
#   ledger_pg_pids NAME                  every PostgreSQL process of its private cluster
#   ledger_psql NAME ARGUMENT...         psql into its private cluster, rows without decoration
#   ledger_psql_super NAME ARGUMENT...   the same as the superuser, where ledgerd's own rights don't do
#   ledger_checkpoint NAME               the note that its file holds: the newer one of two
#   is_true JQ-CONDITION [ARGUMENT...]   of the JSON on standard input
#   until_ok SECONDS COMMAND...          runs it every 50 ms until it succeeds, on a slow machine for longer
#   end_children                         ends what a test started in the background, but for its ledgers
#   die SENTENCE...                      fails the test
#
# Options of a ledger that hold for every start stand in its ledgerd.conf, or in OPTIONS[NAME].

LEDGERD=${LEDGERD:-${BUILD:?BUILD is the absolute folder of ledgerd}/ledgerd}
HAMMER=$BUILD/load/hammer
declare -gA LEDGER_PID LEDGER_PORT LEDGER_SOCKET OPTIONS

# No day ends where these ledgers are, and no month, while a file of tests runs: the clerk would post a snapshot or
# levies among the records that a test counts. When it is late in Seoul, they are where it is early in the evening of
# the same day. The tests of a file are told by it what was decided for them all.
if [ -z "${LEDGER_ZONE:-}" ]; then
    LEDGER_ZONE=Asia/Seoul
    case $(date -u +%H) in 13 | 14) LEDGER_ZONE=Asia/Dhaka ;; esac
    export LEDGER_ZONE
fi

# The folder of a build that a library can be preloaded to, as faketime is: not one with a sanitizer, which
# wants to be the first. PLAIN_BUILD then names another one, whose ledgerd and pumasi live the past.
plain_build() {
    if [ -z "$(grep -l __asan_init "$LEDGERD")" ]; then
        echo "$BUILD"
    else
        echo "${PLAIN_BUILD:-}"
    fi
}

die() {
    echo "$@" >&2
    return 1
}

# (jq -e takes no JSON at all for true: what comes through a pipe may be none, as its sender failed.)
is_true() { # JQ-CONDITION [JQ-ARGUMENT...]
    [ "$(jq "$@")" = true ]
}

# SECONDS are more than enough where nothing else goes on. A machine may be ten times slower, and stand still for a
# while: nothing fails for that.
until_ok() { # SECONDS COMMAND...
    local patience=$(($1 * 10))
    [ "$patience" -ge 60 ] || patience=60
    [ "$patience" -le 240 ] || patience=240
    within "$patience" "${@:2}"
}

# Ever more seldom, up to twice a second: asking takes from what is waited for.
within() { # SECONDS COMMAND...
    local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000)) pause=50
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/[.,]/}" -lt "$deadline" ] || return 1
        sleep "${pause}e-3"
        [ "$pause" -ge 400 ] || pause=$((pause * 6 / 5))
    done
}

ledger_setup() {
    # bats' own folders may be closed to other users.
    LEDGERS=$(mktemp -d "${TMPDIR:-/tmp}/ledger.XXXXXX")
    chmod 755 "$LEDGERS"
    mkdir -m 1777 "$LEDGERS/open" # where ledgerd's user may make folders
    export LEDGERS
}

# In a test: a ledger that another process started.
ledger_adopt() { # NAME...
    local name
    for name; do
        read -r "LEDGER_PID[$name]" "LEDGER_PORT[$name]" < "$LEDGERS/$name.run"
    done
}

# Whatever became of a test, what it started in the background ends with it: also what that started in its turn.
# A ledger of the whole file's goes on, even if it was this test that started it.
end_children() {
    # bats' own watch over the time goes on: it is known as killer_pid, and by what it waits for.
    local spared="$BASHPID ${killer_pid:-} ${LEDGER_PID[*]}"
    spared+=" $(cut -d ' ' -f 1 "$LEDGERS"/*.run 2> /dev/null | tr '\n' ' ')"
    disown -a # or bash tells of each that is killed
    # A child can have a smaller number than its parent: so until nothing is added. (In awk, as bats traces each line.)
    # shellcheck disable=SC2046
    kill -KILL $(ps -eo pid=,ppid=,stat=,args= |
        awk -v top=$$ -v spared="$spared" -v watch="sleep ${BATS_TEST_TIMEOUT:-}" '
        BEGIN { n = split(spared, pids, " "); for (i = 1; i <= n; i++) ours[pids[i]] = 1; doomed[top] = 1 }
        $4 " " $5 == watch { ours[$1] = ours[$2] = 1 }
        $3 !~ /^Z/ { parent[$1] = $2 }
        END {
            do {
                more = 0
                for (pid in parent)
                    if (!(pid in doomed) && !(pid in ours) && parent[pid] in doomed) { doomed[pid] = 1; more = 1 }
            } while (more)
            for (pid in doomed) if (pid != top) print pid
        }') 2> /dev/null
    return 0
}

# The logs of a failed test.
ledger_show_logs() {
    local log
    end_children
    [ -z "${BATS_TEST_COMPLETED:-}" ] || return 0
    for log in "$LEDGERS"/*.log; do
        echo "--- $log"
        tail -n 20 "$log"
    done
}

ledger_teardown_file() {
    local BATS_TEST_COMPLETED=1
    ledger_teardown
}

ledger_teardown() {
    local run name
    end_children
    for run in "$LEDGERS"/*.run; do
        [ ! -e "$run" ] || ledger_adopt "$(basename "$run" .run)" # also those that a subshell started
    done
    for name in "${!LEDGER_PID[@]}"; do
        # A process that was killed takes its time, and could make files as its folder is taken away.
        until_ok 60 ledger_has_ended "$name" || echo "processes of $name stay"
        if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
            echo "--- log of $name"
            tail -n 40 "$LEDGERS/$name.log"
        fi
    done
    if [ -z "${BATS_TEST_COMPLETED:-}" ] && [ -n "${KEEP_LEDGERS:-}" ]; then
        echo "--- kept: $LEDGERS"
    else
        rm -rf "$LEDGERS"
    fi
}

ledger_has_ended() { # NAME: kills what is left of it, and has found nothing
    local pid=${LEDGER_PID[$1]} left=0
    # That number may be another process's by now.
    if ! ledger_is_gone "$pid" && { grep -qsF "$LEDGERS/" "/proc/$pid/cmdline" || [ "$(ps -o ppid= -p "$pid")" -eq $$ ]; }; then
        kill -KILL "$pid" 2> /dev/null
        left=1
    fi
    for pid in $(ledger_pg_pids "$1"); do
        kill -KILL "$pid" 2> /dev/null
        left=1
    done
    [ "$left" -eq 0 ]
}

# A port that nobody listens on just now, and nobody on the one for /metrics, and that no other file of this run
# was given: its ledger may be down for a moment. Both lie below those that the system gives to connections.
METRICS_ABOVE=11000
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((10000 + (RANDOM * 32768 + RANDOM) % METRICS_ABOVE))
        if ! { : < "/dev/tcp/127.0.0.1/$port"; } 2> /dev/null &&
            ! { : < "/dev/tcp/127.0.0.1/$((port + METRICS_ABOVE))"; } 2> /dev/null &&
            mkdir "${BATS_RUN_TMPDIR:-$LEDGERS}/port.$port" 2> /dev/null; then
            echo "$port"
            return 0
        fi
    done
    die "no free port"
}

ledger_init() { # NAME [OPTION...]
    local name=$1
    shift
    [ -s "$LEDGERS/steward.jwk" ] || "$HAMMER" jwk > "$LEDGERS/steward.jwk"
    "$LEDGERD" init --data "$LEDGERS/$name" --origin "test.example/$name" --name 'A ledger for tests' \
        --steward "$LEDGERS/steward.jwk" --zone "$LEDGER_ZONE" "$@" > "$LEDGERS/$name.init" 2>&1 3>&- ||
        die "ledgerd init: $(cat "$LEDGERS/$name.init")"
}

ledger_start() { # NAME [OPTION...]
    local name=$1
    shift
    [ -n "${LEDGER_PORT[$name]:-}" ] || LEDGER_PORT[$name]=$(free_port)
    # shellcheck disable=SC2086
    "$LEDGERD" --data "$LEDGERS/$name" --listen "127.0.0.1:${LEDGER_PORT[$name]}" \
        --metrics_listen "127.0.0.1:$((LEDGER_PORT[$name] + METRICS_ABOVE))" --log_format plain \
        ${OPTIONS[$name]:-} "$@" >> "$LEDGERS/$name.log" 2>&1 < /dev/null 3>&- &
    LEDGER_PID[$name]=$!
    echo "$! ${LEDGER_PORT[$name]}" > "$LEDGERS/$name.run"
}

ledger_pid() {
    echo "${LEDGER_PID[$1]}"
}

ledger_url() {
    echo "http://127.0.0.1:${LEDGER_PORT[$1]}"
}

ledger_metrics() { # NAME METRIC
    curl -sf -m 60 "http://127.0.0.1:$((LEDGER_PORT[$1] + METRICS_ABOVE))/metrics" | sed -n "s/^pumasi_$2 //p"
}

ledger_is_up() { # NAME: /readyz says that it posts or stands by
    curl -sf -m 20 -o /dev/null "$(ledger_url "$1")/readyz"
}

ledger_mode() { # NAME: posting, standby, ...
    curl -s -m 20 "$(ledger_url "$1")/readyz" | jq -r .mode
}

# Where it serves in that mode it also reads: the next request isn't put off.
ledger_in_mode() { # NAME MODE
    curl -s -m 20 "$(ledger_url "$1")/readyz" |
        is_true --arg mode "$2" '.mode == $mode and (.ready or (.mode | test("^(connecting|stopped)")))'
}

ledger_wait() { # NAME [SECONDS]
    until_ok "${2:-60}" ledger_is_up "$1" ||
        die "$1 is not ready after ${2:-60} s: $(curl -sS -m 2 "$(ledger_url "$1")/readyz" 2>&1)"
}

ledger_stop() { # NAME
    local pid=${LEDGER_PID[$1]} status=0
    kill -TERM "$pid"
    wait "$pid" || status=$?
    if [ "$status" -eq 127 ]; then # adopted: nobody here is told its status
        until_ok 60 ledger_is_gone "$pid" || die "$1 doesn't stop"
        status=$?
    fi
    return "$status"
}

# No thread of it is left that could hold its lock: what isn't waited for yet is a zombie with one task.
ledger_is_gone() { # PID
    local state
    ! state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2> /dev/null) ||
        { [ "$state" = Z ] && [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 2> /dev/null | wc -l)" -le 1 ]; }
}

ledger_kill() { # NAME
    local pid=${LEDGER_PID[$1]} status=0
    kill -KILL "$pid" 2> /dev/null || true # it may have ended by itself
    wait "$pid" 2> /dev/null || status=$?
    [ "$status" -ne 127 ] || until_ok 60 ledger_is_gone "$pid" || die "$1 doesn't die"
}

ledger_pg_pids() { # NAME
    local pg
    pg=$(readlink -f "$LEDGERS/$1/pg") || return 0
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$pg" 2> /dev/null | cut -d / -f 3
}

# Each slot is a note and newlines, which $(…) takes away.
ledger_checkpoint() { # NAME
    local one other
    one=$(head -c 4096 "$LEDGERS/$1/checkpoint")
    other=$(tail -c +4097 "$LEDGERS/$1/checkpoint")
    if [ "$(sed -n 2p <<< "$other")" -gt "$(sed -n 2p <<< "$one")" ]; then
        one=$other
    fi
    echo "$one"
}

# In front of a command: runs it as the user that ledgerd runs as.
if [ "$(id -u)" -eq 0 ]; then
    AS_LEDGERD=(setpriv --reuid=ledgerd --regid=ledgerd --init-groups)
else
    AS_LEDGERD=(env)
fi

# The folder of PostgreSQL's programs, the newest there are.
pg_bin() {
    dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb 2> /dev/null | sort -V | tail -n 1)"
}

# The folder of the socket of its cluster: of the private one, as PostgreSQL says itself, unless
# LEDGER_SOCKET[NAME] says otherwise.
ledger_socket() { # NAME
    if [ -n "${LEDGER_SOCKET[$1]:-}" ]; then
        echo "${LEDGER_SOCKET[$1]}"
    else
        sed -n 5p "$LEDGERS/$1/pg/postmaster.pid"
    fi
}

# As the superuser, whom the cluster lets nobody be: its files are changed for that, as their owner
# may, until it is started again.
ledger_psql_super() { # NAME ARGUMENT...
    local pg=$LEDGERS/$1/pg psql
    psql=("${AS_LEDGERD[@]}" psql -XqAt -v ON_ERROR_STOP=1 -h "$(ledger_socket "$1")" -U ledger_superuser -d ledger)
    shift
    if ! grep -q ledger_superuser "$pg/ledgerd-ident.conf"; then
        sed -i '2i local all ledger_superuser peer map=owner' "$pg/ledgerd-hba.conf"
        echo "owner \"$("${AS_LEDGERD[@]}" id -un)\" ledger_superuser" >> "$pg/ledgerd-ident.conf"
        chmod go= "$pg"/ledgerd-*.conf
        [ "$(id -u)" -ne 0 ] || chown ledgerd: "$pg"/ledgerd-*.conf
        kill -HUP "$(head -n 1 "$pg/postmaster.pid")"
    fi
    let_in() { (cd / && "${psql[@]}" -c 'SELECT 1' 3>&-); }
    until_ok 30 let_in > /dev/null 2>&1 || die "the superuser isn't let in" || return 1
    (cd / && "${psql[@]}" "$@" 3>&-)
}

ledger_psql() { # NAME ARGUMENT...
    local socket
    socket=$(ledger_socket "$1")
    shift
    (cd / && "${AS_LEDGERD[@]}" psql -XqAt -v ON_ERROR_STOP=1 -h "$socket" -U ledger ledger "$@" 3>&-)
}
