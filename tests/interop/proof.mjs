// SPDX-License-Identifier: AGPL-3.0-or-later
// Section 7 of docs/protocol.md: notes, proofs and receipts, verified with nothing but WebCrypto.
// Each function throws what is wrong.
import { webcrypto } from 'node:crypto';
import { b64u, b64uBytes, bytesOf, concat, sha256, textHash } from './pumasi.mjs';

const { subtle } = globalThis.crypto ?? webcrypto;

function must(condition, what) {
  if (!condition) {
    throw new Error(what);
  }
}

function b64Bytes(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  must(btoa(String.fromCharCode(...bytes)) === text, `not plain base64 with padding: ${text}`);
  return bytes;
}

const b64 = (bytes) => btoa(String.fromCharCode(...bytes));
const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');

async function keyId(origin, key) {
  return (await sha256(bytesOf(`${origin}\n`), Uint8Array.of(1), key)).slice(0, 4);
}

export async function vkey(origin, x) {
  const key = b64uBytes(x);
  return `${origin}+${hex(await keyId(origin, key))}+${b64(concat(Uint8Array.of(1), key))}`;
}

// A signed note that is a checkpoint of that origin, signed by that key: its size and root.
export async function checkpoint(note, { origin, x }) {
  const split = note.indexOf('\n\n');
  must(split > 0 && note.endsWith('\n'), 'the note has no text or no signatures');
  const signed = note.slice(0, split + 1);
  const lines = signed.split('\n');
  must(lines.length >= 4 && lines[0] === origin, `the checkpoint is not of ${origin}`);
  must(/^(0|[1-9][0-9]{0,15})$/.test(lines[1]), 'the size is no number');
  const root = b64Bytes(lines[2]);
  must(root.length === 32, 'the root is no hash');

  const raw = b64uBytes(x);
  const id = hex(await keyId(origin, raw));
  const key = await subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']);
  let good = 0;
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const match = /^— (\S+) (\S+)$/.exec(line);
    must(match, `no signature line: ${line}`);
    const bytes = b64Bytes(match[2]);
    if (match[1] === origin && hex(bytes.slice(0, 4)) === id) {
      must(
        await subtle.verify('Ed25519', key, bytes.slice(4), bytesOf(signed)),
        'the log signature is wrong',
      );
      good++;
    }
  }
  must(good === 1, 'the note has no signature of the log key');
  return { size: Number(lines[1]), root };
}

// RFC 9162, section 2.1.3.2.
export async function inclusion(leaf, index, size, path, root) {
  must(index < size, 'the index lies past the tree');
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  let r = leaf;
  for (const p of path) {
    must(sn !== 0n, 'the path is too long');
    if ((fn & 1n) === 1n || fn === sn) {
      r = await sha256(Uint8Array.of(1), p, r);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      r = await sha256(Uint8Array.of(1), r, p);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  must(sn === 0n, 'the path is too short');
  must(hex(r) === hex(root), 'the path does not lead to the root');
}

// RFC 9162, section 2.1.4.2.
export async function consistency(old, size, path, oldRoot, root) {
  must(old > 0 && old <= size, 'the older tree is not the smaller one');
  let fn = BigInt(old) - 1n;
  let sn = BigInt(size) - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  const [seed, ...rest] = fn === 0n ? [oldRoot, ...path] : path;
  must(seed, 'the proof is empty');
  let fr = seed;
  let sr = seed;
  for (const c of rest) {
    must(sn !== 0n, 'the proof is too long');
    if ((fn & 1n) === 1n || fn === sn) {
      fr = await sha256(Uint8Array.of(1), c, fr);
      sr = await sha256(Uint8Array.of(1), c, sr);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      sr = await sha256(Uint8Array.of(1), sr, c);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  must(sn === 0n, 'the proof is too short');
  must(hex(fr) === hex(oldRoot), 'the proof does not lead to the older root');
  must(hex(sr) === hex(root), 'the proof does not lead to the newer root');
}

export async function leafHash(header) {
  return await sha256(Uint8Array.of(0), await sha256(bytesOf(header)));
}

// A tlog-proof: its index, audit path, and the checkpoint as verified.
export async function tlogProof(text, pins) {
  const split = text.indexOf('\n\n');
  must(split > 0, 'the proof carries no checkpoint');
  const [magic, indexLine, ...hashes] = text.slice(0, split).split('\n');
  must(magic === 'c2sp.org/tlog-proof@v1', `no tlog-proof: ${magic}`);
  const match = /^index (0|[1-9][0-9]{0,15})$/.exec(indexLine);
  must(match, `no index: ${indexLine}`);
  const path = hashes.map(b64Bytes);
  must(
    path.every((hash) => hash.length === 32),
    'not every line of the path is a hash',
  );
  return { index: Number(match[1]), path, ...(await checkpoint(text.slice(split + 2), pins)) };
}

export async function headerProved(header, proof, pins) {
  const parsed = JSON.parse(header);
  const found = await tlogProof(proof, pins);
  must(parsed.index === found.index, 'header and proof are of different records');
  await inclusion(await leafHash(header), found.index, found.size, found.path, found.root);
  if (found.index === 0) {
    must(
      `${pins.origin}#${b64u(await sha256(bytesOf(header)))}` === pins.id,
      'record 0 is not that of the ledger id',
    );
  }
  return { header: parsed, size: found.size };
}

// A receipt under the ledger id and the log key that one has pinned: {id, origin, x}.
export async function receipt(r, pins) {
  const { header } = await headerProved(r.header, r.proof, pins);
  must(
    header.index === r.index && header.time === r.time,
    'index or time are not those of the header',
  );
  return header;
}

// 6: the parts of a record that one was shown against its header, and the texts against the act's
// hashes. The parsed parts.
export async function parts(header, shown, texts = {}) {
  const { parts: hashes } = JSON.parse(header);
  let at = 0;
  for (const part of shown) {
    const found = hashes.indexOf(b64u(await sha256(bytesOf(part))), at);
    must(found >= 0, `a part is not in the header, or out of order: ${part}`);
    at = found + 1;
  }
  const parsed = shown.map((part) => JSON.parse(part));
  for (const [field, beside] of Object.entries(texts)) {
    must(parsed[0]?.part === 'act', 'texts without their act');
    const payload = JSON.parse(new TextDecoder().decode(b64uBytes(parsed[0].act.payload)));
    must(
      payload[`${field}_hash`] === (await textHash(beside)),
      `the ${field} is not the one that was signed`,
    );
  }
  return parsed;
}
