// SPDX-License-Identifier: AGPL-3.0-or-later
// The examples in docs/protocol.md must be what they say they are.
import * as jose from 'jose';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DOCUMENT, ROOT } from './contract.mjs';
import * as proof from './proof.mjs';
import { b64u, b64uBytes, bytesOf, sha256, textOf } from './pumasi.mjs';

const page = await readFile(join(ROOT, 'docs/protocol.md'), 'utf8');
const blocks = page
  .match(/(?:^ {4}.*\n(?:^\n(?=^ {4}))?)+/gm)
  .map((block) => block.replace(/^ {4}/gm, ''));
const block = (start) => {
  const found = blocks.filter((text) => text.startsWith(start));
  assert.equal(found.length, 1, `blocks that start with ${start}`);
  return found[0];
};
const origin = 'ledger.example/test';

await test('RFC 8037: the thumbprint of its key', async () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  const kid = await jose.calculateJwkThumbprint(jwk, 'sha256');
  assert.equal(kid, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  assert.equal(kid, b64u(await sha256(bytesOf(`{"crv":"Ed25519","kty":"OKP","x":"${jwk.x}"}`))));
  assert.ok(page.includes(`\`${kid}\``));
});

await test('docs/protocol.md: the record, its parts and its proof', async () => {
  const header = block(
    '{"v":1,"index":9,"time":"2026-11-22T00:12:57.717Z","rules":1,"parts":["je0',
  ).trimEnd();
  const parts = block('{"part":"act","salt":"jhz8').trimEnd().split('\n');
  const [act, payer, payee] = await proof.parts(header, parts);
  assert.equal(parts.length, JSON.parse(header).parts.length);
  assert.equal(payer.amount + payee.amount, 0);
  assert.equal(
    `${textOf(b64uBytes(act.act.payload))}\n`,
    block('{"type":"transfer","aud":"ledger.example/test#'),
  );

  assert.ok(page.includes(`\`${b64u(await sha256(bytesOf(header)))}\``), 'the entry of the leaf');
  assert.ok(page.includes(`\`${b64u(await proof.leafHash(header))}\``), 'the leaf hash');
  const vkey = block(`${origin}+`).trimEnd();
  const x = b64u(Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').subarray(1));
  assert.equal(await proof.vkey(origin, x), vkey);
  const note = block(`${origin}\n10\n`);
  assert.equal((await proof.checkpoint(note, { origin, x })).size, 10);
  await proof.headerProved(header, block('c2sp.org/tlog-proof@v1\n'), { origin, x });

  // And the key whose signature stands in it is the one that the text names.
  const signer = { kty: 'OKP', crv: 'Ed25519', x: /her key\n`([\w-]+)`/.exec(page)[1] };
  const verified = await jose.generalVerify(act.act, await jose.importJWK(signer, 'EdDSA'));
  assert.equal(verified.protectedHeader.kid, await jose.calculateJwkThumbprint(signer, 'sha256'));
});

await test('proofs that are not what they say are seen through', async () => {
  const header = block(
    '{"v":1,"index":9,"time":"2026-11-22T00:12:57.717Z","rules":1,"parts":["je0',
  ).trimEnd();
  const text = block('c2sp.org/tlog-proof@v1\n');
  const vkey = block(`${origin}+`).trimEnd();
  const x = b64u(Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').subarray(1));
  const pins = { origin, x };
  const other = (
    await jose.exportJWK((await jose.generateKeyPair('EdDSA', { crv: 'Ed25519' })).publicKey)
  ).x;
  const path = text.split('\n').slice(2, 4);
  for (const [what, h, t, p] of [
    ['another header', header.replace('717Z', '718Z'), text, pins],
    ['another index', header, text.replace('index 9', 'index 8'), pins],
    ['another size', header, text.replace('\n10\n', '\n11\n'), pins],
    ['another origin', header, text, { origin: 'ledger.example/tesu', x }],
    ['another key', header, text, { origin, x: other }],
    ['a hash left out', header, text.replace(`${path[0]}\n`, ''), pins],
    ['a hash too many', header, text.replace(`${path[0]}\n`, `${path[0]}\n${path[0]}\n`), pins],
    [
      'hashes in another order',
      header,
      text.replace(path.join('\n'), path.reverse().join('\n')),
      pins,
    ],
    ['no signature', header, text.slice(0, text.indexOf('— ')), pins],
  ]) {
    await assert.rejects(proof.headerProved(h, t, p), Error, what);
  }
});

await test('docs/openapi.yaml: the linter is content', async () => {
  const openapi = (await import('@redocly/openapi-core')).default;
  const config = await openapi.loadConfig({ configPath: join(ROOT, 'tests/interop/redocly.yaml') });
  const problems = await openapi.lint({ ref: DOCUMENT, config });
  const told = problems.map(
    (p) => `${p.severity} ${p.ruleId} ${p.location[0].pointer}: ${p.message}`,
  );
  assert.deepEqual(told, []);
});
