// SPDX-License-Identifier: AGPL-3.0-or-later
// Section 8.11 of docs/protocol.md with Node's own crypto: a log that is witnessed, a witness that brings
// its cosignature, and what Go's library makes of a checkpoint with both.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ledger } from './ledger.mjs';
import { Client, Key, payloadOf, sign as signAct } from './pumasi.mjs';

const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const LOG = 'sister.example/log';
const WITNESS = 'watch.example';

// Whoever signs notes: name, key, and the type of its signatures.
class Signer {
  constructor(name, type) {
    Object.assign(this, { name, type, ...generateKeyPairSync('ed25519') });
    this.raw = Buffer.from(this.publicKey.export({ format: 'jwk' }).x, 'base64url');
    const typed = Buffer.concat([Buffer.from([type]), this.raw]);
    this.id = sha(Buffer.from(`${name}\n`), typed).subarray(0, 4);
    this.vkey = `${name}+${this.id.toString('hex')}+${typed.toString('base64')}`;
  }

  line(bytes) {
    return `— ${this.name} ${Buffer.concat([this.id, bytes]).toString('base64')}\n`;
  }

  note(text) {
    return `${text}\n${this.line(sign(null, Buffer.from(text), this.privateKey))}`;
  }

  cosign(text, seconds) {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(seconds));
    const message = Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
    return this.line(Buffer.concat([time, sign(null, message, this.privateKey)]));
  }
}

// RFC 6962, section 2.1, of leaves that are hashed already; and the proofs of 2.1.2.
function root(leaves) {
  if (leaves.length <= 1) {
    return leaves[0];
  }
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha(Buffer.from([1]), root(leaves.slice(0, k)), root(leaves.slice(k)));
}
function subproof(m, leaves, whole) {
  if (m === leaves.length) {
    return whole ? [] : [root(leaves)];
  }
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), root(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), root(leaves.slice(0, k))];
}

export async function witnesses(w) {
  const log = new Signer(LOG, 1);
  const watch = new Signer(WITNESS, 4);
  const steward = await Key.make();
  const leaves = Array.from({ length: 40 }, (_, i) => sha(Buffer.from([0, i])));
  const text = (n, from = leaves) => `${LOG}\n${n}\n${root(from.slice(0, n)).toString('base64')}\n`;
  const request = (old, n, from = old) =>
    `old ${old}\n${(from === 0 ? [] : subproof(from, leaves.slice(0, n), true))
      .map((hash) => `${hash.toString('base64')}\n`)
      .join('')}\n${log.note(text(n))}`;
  const two = await Ledger.init('two.example', [steward]);
  const client = () => new Client(two.url, w.contract.watch('outside'));
  const post = async (path, body, from = '192.0.2.1') => {
    const answer = await client().fetch(two.url + path, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'x-forwarded-for': from },
      body,
    });
    return [answer.status, await answer.text()];
  };
  const add = async (...args) => await post('/add-checkpoint', request(...args));

  // Go's sumdb/note, with a verifier of its own for cosignatures: who has signed a note.
  const follow = join(process.env.BUILD, 'interop/follow');
  const go = (note, ...vkeys) =>
    execFileSync(follow, ['note', ...vkeys], { input: note, encoding: 'utf8', stdio: 'pipe' });

  try {
    await two.start(
      ...['--witnesses', watch.vkey, '--cosign_seconds', '1', '--witness_for', log.vkey],
      ...['--trusted_proxy', '127.0.0.1', '--refusals_per_minute', '20'],
    );
    await two.ready();
    const ledger = client();
    const unopened = (await ledger.get('/v1/ledger')).body;
    ledger.aud = unopened.origin;
    const own = await signAct(Buffer.from(unopened.act.payload, 'base64url'), [steward]);
    const act = {
      payload: unopened.act.payload,
      signatures: [...unopened.act.signatures, ...own.signatures],
    };
    assert.equal(payloadOf(act).type, 'ledger.open');
    assert.equal((await ledger.submit({ act })).status, 201);
    const about = (await ledger.get('/v1/ledger')).body;

    await test('a log that grows is cosigned, and the cosignature is as the standard says', async () => {
      const [name, , key] = about.witness.vkey.split(/\+(?=[0-9a-f]{8}\+)|(?<=\+[0-9a-f]{8})\+/);
      const raw = Buffer.from(key, 'base64');
      assert.equal(name, 'two.example');
      assert.equal(raw[0], 4);
      for (const [old, n] of [
        [0, 1],
        [1, 5],
        [5, 6],
        [6, 33],
        [33, 33],
      ]) {
        const [status, line] = await add(old, n);
        assert.equal(status, 200, line);
        const bytes = Buffer.from(/^— two\.example (\S+)\n$/.exec(line)[1], 'base64');
        const id = sha(Buffer.from(`${name}\n`), raw).subarray(0, 4);
        assert.deepEqual(bytes.subarray(0, 4), id);
        const seconds = Number(bytes.readBigUInt64BE(4));
        assert.ok(Math.abs(Date.now() / 1000 - seconds) < 600);
        const key25519 = {
          key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') },
          format: 'jwk',
        };
        const message = Buffer.from(`cosignature/v1\ntime ${seconds}\n${text(n)}`);
        assert.ok(verify(null, message, key25519, bytes.subarray(12)));
        const note = log.note(text(n)) + line;
        assert.equal(
          go(note, log.vkey, about.witness.vkey),
          `${LOG}\ntwo.example ${seconds}\n`,
        );
        assert.throws(() => go(note, log.vkey, watch.vkey), /watch\.example hasn't signed it/);
        bytes[20] ^= 1;
        const spoilt = `${log.note(text(n))}— two.example ${bytes.toString('base64')}\n`;
        assert.throws(() => go(spoilt, log.vkey, about.witness.vkey), /invalid signature/);
      }
      assert.deepEqual((await ledger.get('/v1/ledger')).body.witness.logs, [
        { origin: LOG, size: 33 },
      ]);
    });

    await test('what a witness refuses', async () => {
      assert.deepEqual(await add(6, 34), [409, '33\n']);
      assert.equal((await post('/add-checkpoint', `old 35\n\n${log.note(text(34))}`))[0], 400);
      assert.equal((await add(33, 34, 32))[0], 422);
      assert.equal((await post('/add-checkpoint', 'old x\n'))[0], 400);
      assert.equal((await post('/add-checkpoint', 'x'.repeat(30000)))[0], 413);
      const stranger = new Signer(LOG, 1);
      assert.equal((await post('/add-checkpoint', `old 33\n\n${stranger.note(text(34))}`))[0], 403);
      const other = new Signer('other.example', 1).note(text(34).replace(LOG, 'other.example'));
      assert.equal((await post('/add-checkpoint', `old 33\n\n${other}`))[0], 404);
      assert.deepEqual((await ledger.get('/v1/ledger')).body.forks, []);
    });

    await test('two roots of one size are kept as evidence', async () => {
      const fork = leaves.map((leaf, i) => (i < 20 ? leaf : sha(leaf)));
      const note = log.note(text(33, fork));
      assert.deepEqual(await post('/add-checkpoint', `old 33\n\n${note}`), [409, '33\n']);
      const [seen] = (await ledger.get('/v1/ledger')).body.forks;
      assert.equal(seen.remembered, log.note(text(33)));
      assert.equal(seen.shown, note);
    });

    await test('what can not be remembered is not cosigned', async () => {
      await rm(join(two.data, 'witness'), { recursive: true });
      assert.equal((await add(33, 35))[0], 503);
    });

    await test('a witness brings its cosignature, which Go verifies, and passes over', async () => {
      const bring = async (line) => {
        // Text, blank line, and the ledger's own signature.
        const lines = (await ledger.get('/checkpoint')).body.split('\n');
        const [at, note] = [3, 5].map((n) => `${lines.slice(0, n).join('\n')}\n`);
        return await post('/v1/cosignatures', note + line(at));
      };
      assert.deepEqual(await bring((at) => watch.cosign(at, 1795386169)), [200, '{"taken":1}\n']);
      const shown = (await ledger.get('/checkpoint')).body;
      assert.equal(shown.trimEnd().split('\n').length, 6);
      assert.deepEqual((await ledger.get('/v1/ledger')).body.witnesses, [
        { name: WITNESS, vkey: watch.vkey, size: 1, time: '2026-11-22T22:22:49.000Z' },
      ]);
      assert.equal(
        execFileSync(follow, [two.url, about.vkey], { encoding: 'utf8' }),
        `${shown.split('\n').slice(1, 3).join(' ')}\n`,
      );
      assert.equal(
        go(shown, about.vkey, watch.vkey),
        'two.example\nwatch.example 1795386169\n',
      );

      assert.equal((await bring(() => ''))[0], 403);
      assert.equal((await bring(() => watch.cosign('another text\n', 1)))[0], 400);
      assert.equal((await post('/v1/cosignatures', log.note(text(1))))[0], 409);
      assert.equal((await post('/v1/cosignatures', 'x'.repeat(20000)))[0], 413);
    });

    await test('429 where too much was refused, by address', async () => {
      for (const path of ['/add-checkpoint', '/v1/cosignatures']) {
        let status;
        const from = path === '/add-checkpoint' ? '192.0.2.7' : '192.0.2.8';
        for (let i = 0; i < 300 && status !== 429; i++) {
          [status] = await post(path, 'nonsense', from);
        }
        assert.equal(status, 429, path);
      }
    });
  } finally {
    await two.remove();
  }
}
