// SPDX-License-Identifier: AGPL-3.0-or-later

// follow: what an outsider's program makes of a ledger's log, written with Go's own libraries for
// transparency logs and nothing of ours. It opens the checkpoint with the key that it was given,
// rebuilds the tree from the public tiles alone, and checks that every entry is in it and that every
// smaller tree is its beginning.
//
//	follow URL VKEY [SIZE ROOT]...   prints "size root", root in base64; 1 when something is wrong
//	follow note VKEY WITNESS...      prints who signed the note on its input, "name" of the log's
//	                                 key, "name seconds" of a witness's; 1 unless all of them did
//
// A SIZE and its ROOT, in base64, were seen before, and must be of the same log.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // of a C2SP tile: 256 hashes

type tree struct {
	size int64
	root tlog.Hash
}

type tiles struct {
	url   string
	saved map[tlog.Tile][]byte
}

func fetch(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, answer.Status)
	}
	return body, err
}

func (t *tiles) Height() int { return height }

// Go's paths name the height of a tile, which C2SP fixes.
func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, there := t.saved[tile]
		if !there {
			path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
			var err error
			if data, err = fetch(t.url + "/" + path); err != nil {
				return nil, err
			}
		}
		all = append(all, data)
	}
	return all, nil
}

// Called once the tiles were verified against the tree.
func (t *tiles) SaveTiles(wanted []tlog.Tile, data [][]byte) {
	for i, tile := range wanted {
		t.saved[tile] = data[i]
	}
}

func openCheckpoint(url, vkey string) (tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree{}, err
	}
	text, err := fetch(url + "/checkpoint")
	if err != nil {
		return tree{}, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tree{}, errors.New("the note is no checkpoint of this ledger")
	}
	return parseTree(lines[1], lines[2])
}

func parseTree(size, root string) (tree, error) {
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return tree{}, err
	}
	hash, err := base64.StdEncoding.DecodeString(root)
	if err != nil || len(hash) != tlog.HashSize {
		return tree{}, errors.New("the root is no hash")
	}
	t := tree{size: n}
	copy(t.root[:], hash)
	return t, nil
}

// The bundles of entries, each with its length in two bytes before it.
func checkEntries(url string, t tree, hashes tlog.HashReader) error {
	for first := int64(0); first < t.size; first += 1 << height {
		tile := tlog.Tile{H: height, L: -1, N: first >> height, W: 1 << height}
		if t.size-first < 1<<height {
			tile.W = int(t.size - first)
		}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", height), "tile/entries/", 1)
		bundle, err := fetch(url + "/" + path)
		if err != nil {
			return err
		}
		for i := 0; i < tile.W; i++ {
			if len(bundle) < 2 || len(bundle) < 2+(int(bundle[0])<<8|int(bundle[1])) {
				return fmt.Errorf("%s is cut off", path)
			}
			n := int(bundle[0])<<8 | int(bundle[1])
			index := first + int64(i)
			proof, err := tlog.ProveRecord(t.size, index, hashes)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(proof, t.size, t.root, index, tlog.RecordHash(bundle[2:2+n])); err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
			bundle = bundle[2+n:]
		}
		if len(bundle) > 0 {
			return fmt.Errorf("%s is too long", path)
		}
	}
	return nil
}

func checkBeginnings(t tree, hashes tlog.HashReader) error {
	for n := int64(1); n <= t.size; n++ {
		root, err := tlog.TreeHash(n, hashes)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(t.size, n, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, t.size, t.root, n, root); err != nil {
			return fmt.Errorf("the first %d: %w", n, err)
		}
	}
	return nil
}

func checkSeen(seen []string, hashes tlog.HashReader) error {
	for ; len(seen) >= 2; seen = seen[2:] {
		before, err := parseTree(seen[0], seen[1])
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(before.size, hashes)
		if err != nil {
			return err
		}
		if root != before.root {
			return fmt.Errorf("the log of size %d had another root", before.size)
		}
	}
	return nil
}

// A witness's key for sumdb/note, which knows Ed25519 keys of type 1 only: C2SP tlog-cosignature v1.0.1.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
	time uint64 // of the cosignature that was verified
}

const cosignatureAlgorithm = 4

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("that is no verifier key")
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) != 1+ed25519.PublicKeySize || typed[0] != cosignatureAlgorithm {
		return nil, errors.New("that is no key of a witness")
	}
	hash := sha256.Sum256(append([]byte(parts[0]+"\n"), typed...))
	id := binary.BigEndian.Uint32(hash[:])
	if parts[1] != fmt.Sprintf("%08x", id) {
		return nil, errors.New("the key has another id")
	}
	return &cosigner{name: parts[0], id: id, key: typed[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.id }

func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	if !ed25519.Verify(c.key, []byte(message), sig[8:]) {
		return false
	}
	c.time = time
	return true
}

func openNote(in io.Reader, vkey string, witnesses []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	verifiers := []note.Verifier{verifier}
	for _, vkey := range witnesses {
		c, err := newCosigner(vkey)
		if err != nil {
			return err
		}
		verifiers = append(verifiers, c)
	}
	text, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return err
	}
	opened, err := note.Open(text, note.VerifierList(verifiers...))
	if err != nil {
		return err
	}
	for _, v := range verifiers {
		signed := false
		for _, sig := range opened.Sigs {
			signed = signed || (sig.Name == v.Name() && sig.Hash == v.KeyHash())
		}
		if !signed {
			return fmt.Errorf("%s hasn't signed it", v.Name())
		}
		if c, is := v.(*cosigner); is {
			fmt.Println(c.name, c.time)
		} else {
			fmt.Println(v.Name())
		}
	}
	return nil
}

func follow(url, vkey string, seen []string) (tree, error) {
	t, err := openCheckpoint(url, vkey)
	if err != nil {
		return t, err
	}
	// This reader verifies each tile against the tree before it is used.
	hashes := tlog.TileHashReader(tlog.Tree{N: t.size, Hash: t.root}, &tiles{url, map[tlog.Tile][]byte{}})
	if err := checkEntries(url, t, hashes); err != nil {
		return t, err
	}
	if err := checkBeginnings(t, hashes); err != nil {
		return t, err
	}
	return t, checkSeen(seen, hashes)
}

func main() {
	if len(os.Args) >= 3 && os.Args[1] == "note" {
		if err := openNote(os.Stdin, os.Args[2], os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, "follow:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) < 3 || len(os.Args)%2 == 0 {
		fmt.Fprintln(os.Stderr, "usage: follow URL VKEY [SIZE ROOT]...")
		os.Exit(2)
	}
	t, err := follow(os.Args[1], os.Args[2], os.Args[3:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "follow:", err)
		os.Exit(1)
	}
	fmt.Println(t.size, base64.StdEncoding.EncodeToString(t.root[:]))
}
