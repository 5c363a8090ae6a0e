# SPDX-License-Identifier: AGPL-3.0-or-later
# Somebody between a ledger and whoever asks it, without TLS. Needs ledger.bash.
#
#   liar_start URL        a proxy before that address; it is $LIAR, an address, from then on
#   liar_says MODE        honest: hands on what it gets
#                         lie: changes a bit of each tile and of each proof
#                         tiles: a plain log of tlog-tiles: /checkpoint and whole or growing tiles, no more
#                         partials: the same, and of the partial tiles only those that are the last
#                         keep: honest, and keeps the checkpoint of now
#                         old: shows the one that it kept
#   liar_edits PATH CODE  changes the JSON of answers whose path matches: Python, j is the answer
#   liar_stop             in teardown

liar_start() { # URL
    local port
    port=$(free_port)
    LIAR_MODE=$LEDGERS/liar
    echo honest > "$LIAR_MODE"
    python3 - "$port" "$1" "$LIAR_MODE" << 'PY' 3>&- &
import http.server, json, re, sys, urllib.request, urllib.error

port, url, mode_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]

def get(path, method="GET", body=None, headers={}):
    rq = urllib.request.Request(url + path, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(rq) as a:
            return a.status, a.headers.get("Content-Type", ""), a.read()
    except urllib.error.HTTPError as a:
        return a.code, a.headers.get("Content-Type", ""), a.read()

def changed(path, body):
    if path.startswith("/tile/"):
        return bytes(b ^ 1 for b in body)
    if path.startswith("/v1/consistency"):
        j = json.loads(body)
        j["hashes"] = [h[1:-1] + h[0] + h[-1] for h in j["hashes"]]
        return json.dumps(j).encode()
    return body

class Liar(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def go(self, body=None):
        mode = open(mode_file).read().strip()
        path = self.path
        if mode in ("tiles", "partials") and path != "/checkpoint" and not path.startswith("/tile/"):
            return self.answer(404, "text/plain", b"no such thing\n")
        if mode == "partials" and ".p/" in path:
            size = int(get("/checkpoint")[2].split(b"\n")[1])
            level = int(path.split("/")[2])
            if int(path.split("/")[-1]) != (size >> 8 * level) % 256:
                return self.answer(404, "text/plain", b"not any more\n")
        headers = {k: v for k, v in self.headers.items() if k in ("Authorization", "Content-Type")}
        status, kind, data = get(path, self.command, body, headers)
        if status == 200 and mode == "lie":
            data = changed(path, data)
        if status == 200 and mode == "edit":
            where, code = open(mode_file + ".edit").read().split("\n", 1)
            if re.search(where, path):
                j = json.loads(data)
                exec(code)
                data = json.dumps(j).encode()
        if path == "/checkpoint":
            if mode == "old":
                data = open(mode_file + ".kept", "rb").read()
        self.answer(status, kind, data)

    def do_GET(self):
        self.go()

    def do_POST(self):
        self.go(self.rfile.read(int(self.headers["Content-Length"])))

http.server.ThreadingHTTPServer(("127.0.0.1", port), Liar).serve_forever()
PY
    LIAR_PID=$!
    LIAR=http://127.0.0.1:$port
    until_ok 20 curl -sf -m 30 -o /dev/null "$LIAR/healthz"
}

liar_says() { # MODE
    echo "$1" > "$LIAR_MODE.new"
    mv "$LIAR_MODE.new" "$LIAR_MODE"
    [ "$1" != keep ] || curl -sf -m 60 -o "$LIAR_MODE.kept" "$LIAR/checkpoint"
}

liar_edits() { # PATH CODE
    printf '%s\n%s\n' "$1" "$2" > "$LIAR_MODE.edit"
    liar_says edit
}

liar_stop() {
    [ -z "${LIAR_PID:-}" ] || kill -KILL "$LIAR_PID" 2> /dev/null || true
}
