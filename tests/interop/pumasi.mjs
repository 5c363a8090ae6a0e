// SPDX-License-Identifier: AGPL-3.0-or-later
// A client of a Pumasi ledger, written from docs/protocol.md and with the library jose. It knows
// nothing of the C sources, and nothing in it needs Node: a browser's WebCrypto and fetch would do.
// Numbers of sections are those of docs/protocol.md.
import * as jose from 'jose';
import { webcrypto } from 'node:crypto';

const crypto = globalThis.crypto ?? webcrypto; // Node 18 has it as a module only
const utf8 = new TextEncoder();

export const b64u = (bytes) => jose.base64url.encode(bytes);
export const b64uBytes = (text) => jose.base64url.decode(text);
export const bytesOf = (text) => utf8.encode(text);
export const textOf = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
export const now = () => Math.floor(Date.now() / 1000);
export const random = (n) => crypto.getRandomValues(new Uint8Array(n));

export async function sha256(...pieces) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...pieces)));
}

export function concat(...pieces) {
  const all = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

// --- 2. Keys -----------------------------------------------------------------------------------

export class Key {
  constructor(privateKey, jwk, kid) {
    Object.assign(this, { privateKey, jwk, kid });
  }

  static async make() {
    const pair = await jose.generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const { kty, crv, x } = await jose.exportJWK(pair.publicKey);
    const jwk = { kty, crv, x };
    return new Key(pair.privateKey, jwk, await jose.calculateJwkThumbprint(jwk, 'sha256'));
  }
}

// --- 3. Acts -----------------------------------------------------------------------------------

// 3.3: 6 bytes of milliseconds and 16 random ones.
export function newJti() {
  const id = concat(new Uint8Array(6), random(16));
  let ms = Date.now();
  for (let i = 5; i >= 0; i--, ms = Math.floor(ms / 256)) {
    id[i] = ms % 256;
  }
  return b64u(id);
}

// 3.3: what every payload has, then the type's own members.
export function payload(type, aud, by, own, { jti = newJti(), iat = now(), exp = iat + 600 } = {}) {
  return { type, aud, by, jti, iat, exp, ...own };
}

// 3.1: bytes, or an object that is written as JSON, signed by all those keys.
export async function sign(body, keys, header = {}) {
  const bytes = body instanceof Uint8Array ? body : bytesOf(JSON.stringify(body));
  const jws = new jose.GeneralSign(bytes);
  for (const key of keys) {
    jws
      .addSignature(key.privateKey)
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'pumasi-act+json', ...header });
  }
  return await jws.sign();
}

// 3.2: a text with its salt, and what is signed of it.
export async function text(words) {
  const salt = random(16);
  return {
    hash: b64u(await sha256(salt, bytesOf(words))),
    beside: { salt: b64u(salt), text: words },
  };
}

export async function textHash({ salt, text: words }) {
  return b64u(await sha256(b64uBytes(salt), bytesOf(words)));
}

// A whole submission. `texts` are words by field: {memo: 'Garden'}.
export async function submission(type, aud, by, own, keys, { texts = {}, header, ...when } = {}) {
  const beside = {};
  const hashes = {};
  for (const [field, words] of Object.entries(texts)) {
    const made = await text(words);
    beside[field] = made.beside;
    hashes[`${field}_hash`] = made.hash;
  }
  const act = await sign(payload(type, aud, by, { ...own, ...hashes }, when), keys, header);
  return Object.keys(beside).length > 0 ? { act, texts: beside } : { act };
}

export function payloadOf(act) {
  return JSON.parse(textOf(b64uBytes(act.payload)));
}

// --- 9. Query tokens ---------------------------------------------------------------------------

export async function token(key, claims, header = {}) {
  return await new jose.CompactSign(bytesOf(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'pumasi-query+jwt', ...header })
    .sign(key.privateKey);
}

// --- 8. HTTP -----------------------------------------------------------------------------------

// Who asks: a key and the holder for whom it speaks.
export class Client {
  constructor(url, fetch = globalThis.fetch) {
    Object.assign(this, { url, fetch, aud: null });
  }

  async #ask(path, options) {
    const answer = await this.fetch(this.url + path, options);
    const body = await answer.text();
    const type = answer.headers.get('content-type')?.split(';')[0];
    const json =
      body !== '' && (type === 'application/json' || type === 'application/problem+json');
    return {
      status: answer.status,
      headers: answer.headers,
      type,
      body: json ? JSON.parse(body) : body,
    };
  }

  async get(path, who, method = 'GET') {
    const headers = {};
    if (who) {
      const iat = now();
      const htu = path.split('?')[0];
      const claims = { aud: this.aud, by: who.by, iat, exp: iat + 60, htm: method, htu };
      headers.authorization = `Bearer ${await token(who.key, claims)}`;
    }
    return await this.#ask(path, { method, headers });
  }

  // What is a list, page by page.
  async list(path, who, limit) {
    const items = [];
    for (let next = null; ;) {
      const query = [
        path.includes('?') ? '&' : '?',
        limit ? `limit=${limit}` : '',
        next ? `&cursor=${next}` : '',
      ];
      const page = await this.get(limit || next ? path + query.join('') : path, who);
      if (page.status !== 200) {
        throw new Error(`${path}: ${page.status} ${JSON.stringify(page.body)}`);
      }
      items.push(...page.body.items);
      next = page.body.next;
      if (next === null) {
        return items;
      }
    }
  }

  // 8.3: whoever is told 503 sends the very same again, until another answer comes.
  async submit(what, { type = 'application/json', query = '', tries = 20 } = {}) {
    const body = typeof what === 'string' ? what : JSON.stringify(what);
    for (;;) {
      const answer = await this.#ask(`/v1/acts${query}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      if (answer.status !== 503 || --tries <= 0) {
        return answer;
      }
      await new Promise((done) =>
        setTimeout(done, 1000 * Number(answer.headers.get('retry-after'))),
      );
    }
  }

  async submitLines(submissions, query = '', tries = 20) {
    const lines = submissions.map((s) => (typeof s === 'string' ? s : JSON.stringify(s)));
    const answer = await this.submit(`${lines.join('\n')}\n`, {
      type: 'application/x-ndjson',
      query,
      tries,
    });
    const text = answer.type === 'application/x-ndjson' ? answer.body.trimEnd() : '';
    return {
      ...answer,
      lines: text === '' ? [] : text.split('\n').map((line) => JSON.parse(line)),
    };
  }
}
