// SPDX-License-Identifier: AGPL-3.0-or-later
// Envelopes and tokens that a JOSE library makes with ease and a ledger must not take.
import * as jose from 'jose';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { b64u, b64uBytes, bytesOf, now, payload, sign, text, token } from './pumasi.mjs';

const header64 = (header) =>
  b64u(bytesOf(typeof header === 'string' ? header : JSON.stringify(header)));

// The last character of base64url of 64 bytes carries 4 bits that must be zero.
function loosen(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) + 1];
}

export async function hostile(w) {
  const alice = w.who.alice.key;
  const bob = w.who.bob.key;
  const own = { from: 'alice@hansalim', to: 'bob@hansalim', unit: 'hour', amount: 1 };
  const pay = (more = {}, options = {}) =>
    payload('transfer', w.client.aud, 'alice@hansalim', { ...own, ...more }, options);
  const good = { alg: 'EdDSA', kid: alice.kid, typ: 'pumasi-act+json' };

  // A JWS with that protected header, whatever it says, and a signature that is right for it.
  const withHeader = async (header, body = pay(), key = alice) => {
    const encoded = header64(header);
    const bytes = typeof body === 'string' ? body : JSON.stringify(body);
    const input = `${encoded}.${header64(bytes)}`;
    const signature = new Uint8Array(
      await webcrypto.subtle.sign('Ed25519', await cryptoKey(key), bytesOf(input)),
    );
    return {
      payload: header64(bytes),
      signatures: [{ protected: encoded, signature: b64u(signature) }],
    };
  };

  const envelopes = {
    crit: async () => {
      const jws = new jose.GeneralSign(bytesOf(JSON.stringify(pay())));
      jws
        .addSignature(alice.privateKey, { crit: { x: true } })
        .setProtectedHeader({ ...good, crit: ['x'], x: 1 });
      return await jws.sign();
    },
    'b64 false': async () => {
      const jws = new jose.FlattenedSign(bytesOf(JSON.stringify(pay())));
      jws.setProtectedHeader({ ...good, crit: ['b64'], b64: false });
      const { protected: header, signature } = await jws.sign(alice.privateKey);
      return { payload: JSON.stringify(pay()), signatures: [{ protected: header, signature }] };
    },
    'b64 true': async () => {
      const jws = new jose.GeneralSign(bytesOf(JSON.stringify(pay())));
      jws.addSignature(alice.privateKey).setProtectedHeader({ ...good, crit: ['b64'], b64: true });
      return await jws.sign();
    },
    'jwk beside the kid': async () => await sign(pay(), [alice], { jwk: alice.jwk }),
    'jwk in place of the kid': async () =>
      await withHeader({ alg: 'EdDSA', jwk: bob.jwk, typ: good.typ }, pay(), bob),
    jku: async () => await sign(pay(), [alice], { jku: 'https://example.org/keys' }),
    'alg none': async () => {
      const made = await withHeader({ ...good, alg: 'none' });
      return { ...made, signatures: [{ protected: made.signatures[0].protected, signature: '' }] };
    },
    'alg none, signed': async () => await withHeader({ ...good, alg: 'none' }),
    'HMAC with the public key': async () => {
      const jws = new jose.GeneralSign(bytesOf(JSON.stringify(pay())));
      jws.addSignature(b64uBytes(alice.jwk.x)).setProtectedHeader({ ...good, alg: 'HS256' });
      return await jws.sign();
    },
    'alg missing': async () => await withHeader({ kid: alice.kid, typ: good.typ }),
    'typ missing': async () => await withHeader({ alg: good.alg, kid: alice.kid }),
    "a token's typ": async () => await sign(pay(), [alice], { typ: 'pumasi-query+jwt' }),
    cty: async () => await sign(pay(), [alice], { cty: 'json' }),
    'kid twice in a header': async () =>
      await withHeader(
        `{"alg":"EdDSA","kid":"${bob.kid}","kid":"${alice.kid}","typ":"${good.typ}"}`,
      ),
    'unprotected header': async () => {
      const jws = new jose.GeneralSign(bytesOf(JSON.stringify(pay())));
      jws
        .addSignature(alice.privateKey)
        .setProtectedHeader(good)
        .setUnprotectedHeader({ note: 'x' });
      return await jws.sign();
    },
    'kid outside of the protected header': async () => {
      const jws = new jose.GeneralSign(bytesOf(JSON.stringify(pay())));
      jws
        .addSignature(alice.privateKey)
        .setProtectedHeader({ alg: good.alg, typ: good.typ })
        .setUnprotectedHeader({ kid: alice.kid });
      return await jws.sign();
    },
    'the flattened serialization': async () => {
      const jws = new jose.FlattenedSign(bytesOf(JSON.stringify(pay()))).setProtectedHeader(good);
      return await jws.sign(alice.privateKey);
    },
    'the compact serialization': async () => {
      const jws = new jose.CompactSign(bytesOf(JSON.stringify(pay()))).setProtectedHeader(good);
      return await jws.sign(alice.privateKey);
    },
    'another member': async () => ({ ...(await sign(pay(), [alice])), extra: 1 }),
    'the same signature twice': async () => {
      const act = await sign(pay(), [alice]);
      return { ...act, signatures: [...act.signatures, ...act.signatures] };
    },
    'no signature': async () => ({ ...(await sign(pay(), [alice])), signatures: [] }),
    'base64 with loose bits': async () => {
      const act = await sign(pay(), [alice]);
      act.signatures[0].signature = loosen(act.signatures[0].signature);
      return act;
    },
    'base64 with padding': async () => {
      const act = await sign(pay(), [alice]);
      return { ...act, payload: `${act.payload}=` };
    },
    'a member twice': async () =>
      await withHeader(
        good,
        JSON.stringify(pay()).replace('"amount":1', '"amount":1,"am\\u006funt":1'),
      ),
    'an amount with a fraction': async () =>
      await withHeader(good, JSON.stringify(pay()).replace('"amount":1', '"amount":1.0')),
    'an amount with an exponent': async () =>
      await withHeader(good, JSON.stringify(pay()).replace('"amount":1', '"amount":1e0')),
    'an amount as a string': async () => await sign(pay({ amount: '1' }), [alice]),
    'nothing paid': async () => await sign(pay({ amount: 0 }), [alice]),
    'a negative amount': async () => await sign(pay({ amount: -1 }), [alice]),
    'an amount past 10^15': async () => await sign(pay({ amount: 1e15 + 1 }), [alice]),
    'a member that no act has': async () => await sign(pay({ note: 'x' }), [alice]),
    'a null': async () => await sign(pay({ memo_hash: null }), [alice]),
    'a byte order mark': async () => await withHeader(good, `\uFEFF${JSON.stringify(pay())}`),
    'an act of no type': async () =>
      await sign(payload('gift', w.client.aud, 'alice@hansalim', own), [alice]),
    '31 days': async () => await sign(pay({}, { exp: now() + 31 * 86400 }), [alice]),
  };

  await test('envelopes and payloads that are not of the one right form are malformed', async () => {
    const before = (await w.ok('/v1/ledger')).size;
    for (const [what, make] of Object.entries(envelopes)) {
      const answer = await w.client.submit({ act: await make() });
      assert.equal(
        `${what}: ${answer.status} ${answer.body.type}`,
        `${what}: 400 /problems/malformed`,
      );
    }
    assert.equal((await w.ok('/v1/ledger')).size, before);
  });

  await test('docs/openapi.yaml takes no payload that the ledger finds malformed', async () => {
    const schema = w.contract.component('Act');
    for (const what of [
      'crit',
      'jwk beside the kid',
      'cty',
      'unprotected header',
      'another member',
      'an amount as a string',
      'nothing paid',
      'a negative amount',
      'an amount past 10^15',
      'a member that no act has',
      'a null',
      'an act of no type',
    ]) {
      const act = await envelopes[what]();
      assert.throws(() => w.contract.hold(act, schema, 'open', what), Error, what);
    }
    w.contract.hold(await sign(pay(), [alice]), schema, 'open', 'a good one');
  });

  await test('signatures that are wrong, or of the wrong people', async () => {
    const act = await sign(pay(), [alice]);
    const other = await sign(pay({ amount: 2 }), [alice]);
    await w.refused(
      401,
      'bad-signature',
      await w.client.submit({ act: { ...act, payload: other.payload } }),
    );
    const both = {
      ...act,
      signatures: [...act.signatures, ...(await sign(pay(), [bob])).signatures],
    };
    await w.refused(401, 'bad-signature', await w.client.submit({ act: both }));
    await w.refused(
      401,
      'bad-signature',
      await w.client.submit({ act: await withHeader(good, pay(), bob) }),
    );
    await w.refused(
      401,
      'unknown-key',
      await w.client.submit({ act: await sign(pay(), [w.who.stranger.key]) }),
    );
    await w.refused(403, 'not-permitted', await w.client.submit({ act: await sign(pay(), [bob]) }));
    await w.refused(
      403,
      'not-permitted',
      await w.client.submit({ act: await sign(pay(), [alice, bob]) }),
    );
    // What was signed as a query is no act.
    const query = await token(alice, pay());
    const [protectedHeader, body, signature] = query.split('.');
    const made = { payload: body, signatures: [{ protected: protectedHeader, signature }] };
    await w.refused(400, 'malformed', await w.client.submit({ act: made }));
  });

  await test('every rule of a transfer has its word', async () => {
    const refused = async (status, word, more, options) =>
      await w.refused(
        status,
        word,
        await w.act('transfer', 'alice@hansalim', { ...own, ...more }, ['alice'], options),
      );
    const poor = await refused(422, 'insufficient-credit', { amount: 1e6 });
    assert.equal(poor.available, poor.balance - poor.floor);
    assert.equal(poor.needed, 1e6);
    await refused(422, 'expired', {}, { iat: now() - 900 });
    await refused(422, 'not-yet-valid', {}, { iat: now() + 900 });
    await refused(422, 'unknown-unit', { unit: 'pear' });
    await refused(422, 'same-account', { to: 'alice@hansalim' });
    await refused(422, 'payee-cannot-receive', { to: 'nobody@hansalim' });
    await refused(422, 'line-exhausted', { to: 'mina@mapo' });
    await refused(422, 'unknown-record', { request: 0 });
    await refused(400, 'malformed', { value_date: '2999-01-01' });
    const noDay = await sign(pay({ value_date: '2026-02-30' }), [alice]);
    await w.refused(400, 'malformed', await w.client.submit({ act: noDay }));
    await w.refused(
      422,
      'wrong-audience',
      await w.client.submit({
        act: await sign(
          payload('transfer', `${w.pins.origin}#${alice.kid}`, 'alice@hansalim', own),
          [alice],
        ),
      }),
    );
    await w.refused(
      422,
      'unknown-account',
      await w.act('transfer', 'hansalim', { ...own, from: 'nobody@hansalim' }, ['registrar']),
    );
    const memo = await text('this');
    const act = await sign(pay({ memo_hash: memo.hash }), [alice]);
    const swapped = { act, texts: { memo: { ...memo.beside, text: 'that' } } };
    await w.refused(422, 'text-mismatch', await w.client.submit(swapped));
    await w.refused(
      422,
      'text-mismatch',
      await w.client.submit({ act: await sign(pay(), [alice]), texts: { memo: memo.beside } }),
    );
    assert.equal((await w.client.submit({ act })).status, 201, 'the text itself may stay away');
  });

  await test('tokens that are not for this very request are refused', async () => {
    const path = '/v1/accounts/alice@hansalim/hour';
    const claims = {
      aud: w.client.aud,
      by: 'alice@hansalim',
      iat: now(),
      exp: now() + 60,
      htm: 'GET',
      htu: path,
    };
    const ask = async (authorization) =>
      await w.fetch(w.ledger.url + path, {
        headers: authorization === null ? {} : { authorization },
      });
    const status = async (more, key = alice, header = {}) =>
      (await ask(`Bearer ${await token(key, { ...claims, ...more }, header)}`)).status;
    assert.equal(await status({}), 200);
    assert.equal(await status({}, alice, { alg: 'Ed25519' }), 200);
    assert.equal(await status({ htu: path.replace('@', '%40') }), 200);
    for (const [what, more, key, header] of [
      ['of another ledger', { aud: 'elsewhere' }],
      ['of another holder', { by: 'bob@hansalim' }],
      ['with another key', {}, bob],
      ["with a stranger's key", {}, w.who.stranger.key],
      ['for another path', { htu: '/v1/accounts/alice@hansalim/won' }],
      ['for another method', { htm: 'POST' }],
      ['too old', { iat: now() - 400, exp: now() - 100 }],
      ['not yet good', { iat: now() + 400, exp: now() + 460 }],
      ['too long', { exp: now() + 301 }],
      ['with another claim', { jti: 'x' }],
      ['without a claim', { htm: undefined }],
      ["with an act's typ", {}, alice, { typ: 'pumasi-act+json' }],
      ['with another header', {}, alice, { cty: 'x' }],
    ]) {
      assert.equal(`${what}: ${await status(more, key, header)}`, `${what}: 401`);
    }
    const unsigned = `${header64({ alg: 'none', kid: alice.kid, typ: 'pumasi-query+jwt' })}.${header64(claims)}.`;
    for (const authorization of [
      null,
      'Bearer',
      'Bearer x',
      'Basic YTpi',
      `Bearer ${unsigned}`,
      `Bearer ${'x'.repeat(3000)}`,
    ]) {
      assert.equal((await ask(authorization)).status, 401, String(authorization));
    }
  });
}

async function cryptoKey(key) {
  const jwk = await jose.exportJWK(key.privateKey);
  return await webcrypto.subtle.importKey('jwk', { ...jwk, alg: undefined }, 'Ed25519', false, [
    'sign',
  ]);
}
