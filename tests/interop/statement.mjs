// SPDX-License-Identifier: AGPL-3.0-or-later
// Sections 6.5 and 11 of docs/protocol.md: a snapshot's root made of the records alone, and a statement
// walked by a reader that knows the page and nothing else.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as jose from 'jose';
import { until } from './ledger.mjs';
import * as proof from './proof.mjs';
import { Key, b64u, b64uBytes, bytesOf, payload as newPayload, sha256, sign } from './pumasi.mjs';
import { SAMPLES } from './statuses.mjs';

const KINDS = { posting: 'account', book: 'book', change: 'subject' };
const ORDER = ['account', 'book', 'subject'];

// 6.5: the text of a leaf.
function leafText(leaf, size) {
  const balance = leaf.kind === 'account' ? `,"balance":${leaf.balance}` : '';
  return (
    `{"leaf":"${leaf.kind}","name":"${leaf.name}","size":${size}${balance},"seq":${leaf.seq},` +
    `"index":${leaf.index},"salt":"${leaf.salt}"}`
  );
}

const leafHash = (text) => sha256(Uint8Array.of(0), bytesOf(text));

// RFC 6962, section 2.1.
async function treeRoot(leaves) {
  if (leaves.length === 1) {
    return leaves[0];
  }
  let k = 1;
  while (k * 2 < leaves.length) {
    k *= 2;
  }
  return sha256(
    Uint8Array.of(1),
    await treeRoot(leaves.slice(0, k)),
    await treeRoot(leaves.slice(k)),
  );
}

// Every leaf of the first `size` records, as an auditor of * reads them.
async function leavesOf(w, size) {
  const found = new Map();
  for (let index = 0; index < size; index++) {
    const record = await w.ok(`/v1/records/${index}`, 'auditorOfAll');
    for (const part of record.parts.map((text) => JSON.parse(text)).slice(1)) {
      const kind = KINDS[part.part];
      const name = part.account ?? part.book ?? part.subject;
      found.set(`${kind} ${name}`, { ...part, kind, name, index });
    }
  }
  return [...found.values()].sort(
    (a, b) =>
      ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
      Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
}

async function clerkKey(w) {
  const jwk = JSON.parse(await readFile(join(w.ledger.data, 'clerk.key'), 'utf8'));
  const { kty, crv, x } = jwk;
  const kid = await jose.calculateJwkThumbprint({ kty, crv, x }, 'sha256');
  return new Key(createPrivateKey({ key: jwk, format: 'jwk' }), { kty, crv, x }, kid);
}

// 11: reads a statement and throws what is wrong. Gives the payload with its records parsed.
export async function readStatement(file, { id, origin, x }) {
  const key = await jose.importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA');
  const { payload: bytes, protectedHeader } = await jose.generalVerify(file, key);
  assert.deepEqual(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ']);
  assert.equal(protectedHeader.typ, 'pumasi-statement+json');
  assert.equal(
    protectedHeader.kid,
    await jose.calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x }, 'sha256'),
  );
  const st = JSON.parse(new TextDecoder().decode(bytes));
  assert.equal(st.aud, id);
  const { size, root } = await proof.checkpoint(st.checkpoint, { origin, x });
  assert.equal(new Set(st.hashes).size, st.hashes.length, 'a hash is listed twice');
  const used = new Set();
  const path = (places) =>
    places.map((place) => {
      used.add(place);
      return b64uBytes(st.hashes[place]);
    });

  const read = async (record) => {
    const header = JSON.parse(record.header);
    await proof.inclusion(
      await proof.leafHash(record.header),
      header.index,
      size,
      path(record.proof),
      root,
    );
    let at = -1;
    const parts = [];
    for (const text of record.parts) {
      const next = header.parts.indexOf(b64u(await sha256(bytesOf(text))), at + 1);
      assert.ok(next > at, 'a part that the header does not name');
      at = next;
      parts.push(JSON.parse(text));
    }
    const act = parts.find((part) => part.part === 'act')?.act;
    return {
      ...record,
      header,
      act: act && JSON.parse(Buffer.from(act.payload, 'base64url').toString()),
      jws: act,
      posting: parts.find((part) => part.part === 'posting'),
      changes: parts.filter((part) => part.part === 'change'),
    };
  };
  for (const name of ['entries', 'named', 'keys']) {
    st[name] = await Promise.all(st[name].map(read));
  }
  for (const name of ['before', 'after', 'unit', 'snapshot']) {
    st[name] = st[name] && (await read(st[name]));
  }
  assert.equal(
    `${origin}#${b64u(await sha256(bytesOf(JSON.stringify(st.keys[0].header))))}`,
    id,
    'record 0',
  );

  await checkActs(st);
  checkPostings(st);
  if (st.snapshot) {
    await checkSnapshot(st, path);
  }
  path(st.consistency?.proof ?? []);
  assert.equal(used.size, st.hashes.length, 'a hash that no proof needs');
  return st;
}

// Each signature by a key that one of its holders had at that record.
async function checkActs(st) {
  const changes = {};
  for (const { header, changes: list } of st.keys) {
    for (const change of list) {
      const of = (changes[change.subject] ??= []);
      of.push({ index: header.index, state: change.state });
      assert.equal(change.seq, of.length, `${change.subject} has a gap`);
    }
  }
  for (const { header, act, jws } of [...st.named, ...st.entries]) {
    assert.equal(act.aud, st.aud);
    const keys = new Map();
    for (const list of Object.values(changes)) {
      const state = list.filter((change) => change.index < header.index).at(-1)?.state ?? {};
      for (const x of [state.keys, state.treasurers, state.registrars].flat().filter(Boolean)) {
        const jwk = { kty: 'OKP', crv: 'Ed25519', x };
        keys.set(await jose.calculateJwkThumbprint(jwk, 'sha256'), jwk);
      }
    }
    for (const one of jws.signatures) {
      const { kid } = jose.decodeProtectedHeader(one);
      assert.ok(keys.has(kid), `record ${header.index}: a key that nobody has`);
      const key = await jose.importJWK(keys.get(kid), 'EdDSA');
      await jose.flattenedVerify({ payload: jws.payload, ...one }, key);
    }
  }
}

function checkPostings(st) {
  let { balance, seq, index } = st.opening;
  const totals = { in: 0, out: 0 };
  if (st.before) {
    assert.equal(st.before.posting.seq, seq);
    assert.equal(st.before.posting.balance, balance);
    assert.equal(st.before.header.index, index);
  } else {
    assert.deepEqual(st.opening, { balance: 0, seq: 0, index: -1 });
  }
  for (const { header, posting } of st.entries) {
    assert.equal(posting.account, st.account);
    assert.equal(posting.seq, ++seq);
    assert.equal(posting.balance, (balance += posting.amount));
    assert.ok(header.index > index);
    ({ index } = header);
    totals[posting.amount < 0 ? 'out' : 'in'] += Math.abs(posting.amount);
  }
  assert.deepEqual(st.closing, { balance, seq, index });
  assert.deepEqual(st.totals, totals);
  if (st.after) {
    assert.equal(st.after.posting.seq, seq + 1);
  }
}

async function checkSnapshot(st, path) {
  const { size, count, root } = st.snapshot.act;
  const leaves = new Map();
  for (const { leaf, position, proof: places } of st.snapshot.leaves) {
    await proof.inclusion(await leafHash(leaf), position, count, path(places), b64uBytes(root));
    const said = JSON.parse(leaf);
    assert.equal(said.size, size);
    leaves.set(said.name, said);
  }
  const counted = [st.before, ...st.entries, st.after].filter((r) => r && r.header.index < size);
  const [most, shown] = [leaves.get(st.account)?.seq ?? 0, counted.at(-1)?.posting.seq ?? 0];
  assert.ok(most === shown || (st.after && most > shown), 'the snapshot counts another number');
  for (const name of new Set(st.keys.flatMap((r) => r.changes.map((c) => c.subject)))) {
    const seen = st.keys.filter((r) => r.header.index < size).flatMap((r) => r.changes);
    assert.equal(leaves.get(name)?.seq ?? 0, seen.filter((c) => c.subject === name).length);
  }
}

export async function statements(w) {
  const days = (from, to = from) => `from=${from}&to=${to}`;
  let size;

  await test('a snapshot is made of the records as the page says, by anybody who may see them', async () => {
    ({ size } = await proof.checkpoint(await w.ok('/checkpoint'), w.pins));
    const leaves = await leavesOf(w, size);
    const root = await treeRoot(
      await Promise.all(leaves.map((leaf) => leafHash(leafText(leaf, size)))),
    );
    const own = { size, count: leaves.length, root: b64u(root) };
    const act = await sign(newPayload('snapshot', w.client.aud, 'ledger', own), [await clerkKey(w)]);
    const answer = await w.client.submit({ act });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    SAMPLES['{size}'] = String(size);

    // ledgerd makes the same root of its tables, and then gives paths.
    const paths = [
      ['/accounts/bob@hansalim/hour', 'bob', 'account', 'bob@hansalim/hour'],
      ['/books/hansalim', 'auditor', 'book', 'hansalim'],
      ['/subjects/alice@hansalim', 'alice', 'subject', 'alice@hansalim'],
      ['/subjects/policy:hansalim%2Fhour', 'auditor', 'subject', 'policy:hansalim/hour'],
      ['/subjects/ledger', 'bob', 'subject', 'ledger'],
    ];
    for (const [path, reader, kind, name] of paths) {
      const found = await until(90, 'the paths of the snapshot', async () => {
        const answer = await w.get(`/v1/snapshots/${size}${path}`, reader);
        return answer.status === 503 ? null : answer;
      });
      assert.equal(found.status, 200, path);
      const { leaf, position, count, hashes } = found.body;
      const at = leaves.findIndex((l) => l.kind === kind && l.name === name);
      assert.equal(leaf, leafText(leaves[at], size));
      assert.equal(position, at);
      await proof.inclusion(await leafHash(leaf), position, count, hashes.map(b64uBytes), root);
    }
    const [latest] = (await w.ok('/v1/snapshots', 'bob')).items;
    assert.deepEqual([latest.size, latest.root], [size, b64u(root)]);
    for (const [path, reader] of [
      ['/accounts/bob@hansalim/hour', 'alice'],
      ['/books/hansalim', 'bob'],
      ['/subjects/bob@hansalim', 'alice'],
    ]) {
      await w.refused(404, 'not-found', await w.get(`/v1/snapshots/${size}${path}`, reader));
    }
  });

  await test('a statement of all days is walked from the page alone', async () => {
    const pins = { id: w.client.aud, ...w.pins };
    for (const name of ['alice', 'bob']) {
      const path = `/v1/accounts/${name}@hansalim/hour`;
      const postings = await w.client.list(`${path}/postings`, w.who[name], 100);
      const all = await w.ok(`${path}/statement?${days('2020-01-01', '2999-12-31')}`, name);
      const st = await readStatement(all, pins);
      assert.deepEqual(
        st.entries.map((r) => r.header.index),
        postings.map((p) => p.index).reverse(),
      );
      assert.ok(st.entries.length > 3 && st.snapshot && !st.before && !st.after);
      for (const [i, r] of st.entries.entries()) {
        const memo = r.texts?.memo?.text ?? r.texts?.reason?.text ?? null;
        assert.equal(memo, postings.at(-1 - i).memo);
      }
      // Before all, and connected with an earlier log.
      const none = await w.ok(
        `${path}/statement?${days('2020-01-01')}&since_size=${size - 1}`,
        name,
      );
      const early = await readStatement(none, pins);
      assert.equal(early.entries.length, 0);
      assert.ok(early.after);
      assert.equal(early.consistency.size, size - 1);
    }
  });

  await test('a byte of a statement changed: its signature says so', async () => {
    const pins = { id: w.client.aud, ...w.pins };
    const path = `/v1/accounts/bob@hansalim/hour/statement?${days('2020-01-01', '2999-12-31')}`;
    const file = await w.ok(path, 'bob');
    const at = Math.floor(file.payload.length / 2);
    const other = file.payload[at] === 'A' ? 'B' : 'A';
    const payload = file.payload.slice(0, at) + other + file.payload.slice(at + 1);
    await assert.rejects(readStatement({ ...file, payload }, pins));
    for (const query of [
      '',
      '?from=2026-01-01',
      `?${days('2026-02-01', '2026-01-01')}`,
      `?${days('x')}`,
    ]) {
      const asked = `/v1/accounts/bob@hansalim/hour/statement${query}`;
      await w.refused(400, 'malformed', await w.get(asked, 'bob'));
    }
    await w.refused(404, 'not-found', await w.get(path, 'alice'));
  });
}
