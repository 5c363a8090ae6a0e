// SPDX-License-Identifier: AGPL-3.0-or-later
// Every answer of docs/openapi.yaml that the story doesn't come by, provoked; and what the document
// says against what the server's table of requests says.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './contract.mjs';
import { until } from './ledger.mjs';
import * as proof from './proof.mjs';
import { now, submission, token } from './pumasi.mjs';
import { QUEUE_MAX, REFUSALS } from './world.mjs';

// One of each path that is there, and who may read it.
export const SAMPLES = {
  '{by}': 'alice@hansalim',
  '{jti}': 'A'.repeat(22),
  '{member}': 'alice@hansalim',
  '{unit}': 'hour',
  '{coop}': 'hansalim',
  '{index}': '0',
  '{level}': 'entries',
  '{tile}': '000',
  '{width}': '3',
  '{subject}': 'alice@hansalim', // and '{size}' of the snapshot, by statement.mjs
};
const sample = (path) =>
  path
    .replace('{tile}/{width}', '{tile}.p/{width}')
    .replace(/\{[a-z]+\}/g, (name) => SAMPLES[name]);
// The same with what a request must say in its query.
const QUERIES = {
  '/v1/consistency': '?old=1',
  '/v1/accounts/{member}/{unit}/statement': '?from=2026-01-01&to=2999-12-31',
};
const urlOf = (o) => sample(o.path) + (QUERIES[o.path] ?? '');
const READER = 'auditorOfAll';

// What Node's fetch doesn't send: a body with GET, and the promise of one that is too large.
function ask(url, method, headers, body) {
  return new Promise((done, fail) => {
    const asked = request(url, { method, headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        done({
          method,
          url: new URL(url),
          status: answer.statusCode,
          headers: new Headers(answer.headers),
          text: Buffer.concat(chunks).toString(),
        });
        asked.destroy();
      });
    });
    asked.on('error', fail);
    asked.flushHeaders();
    if (body) {
      asked.end(body);
    }
  });
}

async function routesOfTheServer() {
  const source = await readFile(join(ROOT, 'ledgerd/route.c'), 'utf8');
  const table = (name) => {
    const body = new RegExp(`struct route ${name}\\[\\] = \\{\\n([\\s\\S]*?)\\n\\};`).exec(
      source,
    )[1];
    const rows = body.split('\n').map((line) => /^\s*\{"([A-Z]+)", *"([^"]+)",/.exec(line));
    return rows.filter((row) => row).map((row) => `${row[1]} ${row[2]}`);
  };
  return {
    outside: table('routes'),
    inside: table('routes_inside'),
    rows: source.match(/"(GET|POST|PUT|DELETE|PATCH)", *"\//g).length,
  };
}

export async function statuses(w) {
  const operations = w.contract.operations();
  // Each operation on each listener where it is.
  const everywhere = operations.flatMap((o) => [
    ...(o.outside ? [[o, w.client]] : []),
    ...(o.inside ? [[o, w.inside]] : []),
  ]);
  const wantsToken = (o) => (o.operation.security ?? []).some((way) => way.queryToken);
  const get = (o, client, name = READER) =>
    client.get(urlOf(o), wantsToken(o) ? w.who[name] : null);

  await test('the document lists the requests of ledgerd, all of them and no others', async () => {
    const routes = await routesOfTheServer();
    assert.ok(routes.outside.length >= 17 && routes.inside.length >= 3);
    assert.equal(
      routes.rows,
      routes.outside.length + routes.inside.length,
      'rows of route.c that could not be read',
    );
    // A tile's path has as many segments as its number needs; the document has the common ones.
    const documented = (where) => [
      ...new Set(
        operations
          .filter((o) => o[where])
          .map((o) => o.key.replace(/ \/tile\/.*/, ' /tile/*'))
          .sort(),
      ),
    ];
    assert.deepEqual(documented('outside'), routes.outside.sort());
    assert.deepEqual(documented('inside'), routes.inside.sort());
    assert.deepEqual(w.contract.unusedComponents(), []);
    assert.ok(w.contract.holdExamples() > 10);
  });

  await test("the document's tokens are those that are sent", async () => {
    const claims = {
      aud: w.client.aud,
      by: 'alice@hansalim',
      iat: now(),
      exp: now() + 60,
      htm: 'GET',
      htu: '/v1/pending',
    };
    const [header, body] = (await token(w.who.alice.key, claims))
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    w.contract.hold(JSON.parse(header), w.contract.component('TokenHeader'), 'open', 'the header');
    w.contract.hold(JSON.parse(body), w.contract.component('TokenClaims'), 'open', 'the claims');
  });

  await test('405, HEAD and bodies where there may be none, everywhere', async () => {
    for (const [o, client] of everywhere) {
      const url = client.url + urlOf(o);
      for (const method of ['DELETE', 'PUT', o.method === 'GET' ? 'POST' : 'GET', 'PATCH']) {
        const answer = await client.fetch(url, { method });
        assert.equal(`${o.key}: ${method} ${answer.status}`, `${o.key}: ${method} 405`);
        assert.equal(answer.headers.get('allow'), o.method);
      }
      if (o.method === 'GET') {
        const answer = await ask(url, 'GET', { 'content-length': 2 }, '{}');
        assert.equal(answer.status, 400, o.key);
        await w.contract.exchange(answer, client === w.inside ? 'inside' : 'outside');
        const head = await client.get(urlOf(o), wantsToken(o) ? w.who[READER] : null, 'HEAD');
        const got = await get(o, client);
        assert.equal(head.status, got.status, o.key);
        assert.equal(head.headers.get('content-type'), got.headers.get('content-type'));
      }
    }
    for (const [client, path] of [
      [w.client, '/'],
      [w.client, '/v2'],
      [w.client, '/v1/ledger/'],
      [w.client, '/metrics'],
      [w.inside, '/v1/ledger'],
    ]) {
      await w.refused(404, 'not-found', await client.get(path));
    }
  });

  await test('401 and 404, everywhere', async () => {
    for (const [o, client] of everywhere.filter(([o]) => wantsToken(o))) {
      const open = o.operation.security.some((way) => Object.keys(way).length === 0);
      await w.refused(401, 'bad-token', await client.get(urlOf(o), w.who.stranger));
      if (!open) {
        await w.refused(401, 'bad-token', await client.get(urlOf(o), null));
      }
      if (o.operation.responses['404'] && o.path.includes('{')) {
        for (const path of [
          o.path
            .replace('{member}', 'nobody@hansalim')
            .replace('{coop}', 'nowhere')
            .replace('{index}', '999999')
            .replace('clearing/{unit}', 'clearing/pear')
            .replace('settlement/{unit}', 'settlement/pear')
            .replace('{subject}', 'nobody@hansalim')
            .replace(/\{by\}.*/, `alice@hansalim/${'B'.repeat(22)}`),
          o.path
            .replace('{member}', 'No Such')
            .replace('{coop}', '!')
            .replace('{index}', '-1')
            .replace('clearing/{unit}', 'clearing/!')
            .replace('settlement/{unit}', 'settlement/!')
            .replace('{subject}', '!')
            .replace(/\{by\}.*/, 'x/y'),
        ]) {
          const url = sample(path).replace(' ', '%20');
          await w.refused(404, 'not-found', await client.get(url, w.who[READER]));
        }
      }
    }
    for (const path of [
      '/v1/accounts/bob@hansalim/hour',
      '/v1/accounts/bob@hansalim/hour/postings',
      '/v1/coops/hansalim/members',
      '/v1/coops/hansalim/accounts',
      '/v1/coops/hansalim/postings',
      '/v1/coops/hansalim/positions',
      '/v1/accounts/alice@hansalim/pear',
    ]) {
      await w.refused(404, 'not-found', await w.get(path, 'alice'));
    }
    await w.refused(404, 'not-found', await w.get('/v1/coops/hansalim/postings', 'mapoTreasurer'));
    await w.refused(404, 'not-found', await w.get('/v1/log', 'alice'));
    await w.refused(404, 'not-found', await w.get('/v1/log?book=hansalim', 'mapoTreasurer'));
  });

  await test('tiles: as far as the log goes, under one name each, kept by caches', async () => {
    const pay = () =>
      submission(
        'transfer',
        w.client.aud,
        'alice@hansalim',
        { from: 'alice@hansalim', to: 'bob@hansalim', unit: 'hour', amount: 1 },
        w.keys('alice'),
      );
    const back = () =>
      submission(
        'transfer',
        w.client.aud,
        'bob@hansalim',
        { from: 'bob@hansalim', to: 'alice@hansalim', unit: 'hour', amount: 1 },
        w.keys('bob'),
      );
    const acts = await Promise.all([...Array(256)].map((_, i) => (i % 2 ? back() : pay())));
    for (let i = 0; i < acts.length; i += QUEUE_MAX) {
      const { lines } = await w.client.submitLines(acts.slice(i, i + QUEUE_MAX));
      for (const line of lines) {
        assert.equal(line.status, 201, JSON.stringify(line));
        await w.keep(line.receipt);
      }
    }
    const { size } = await proof.checkpoint(await w.ok('/checkpoint'), w.pins);
    const there = async (path, bytes) => {
      const found = await w.client.fetch(w.client.url + path);
      assert.equal(found.status, 200, path);
      assert.equal(found.headers.get('content-type'), 'application/octet-stream');
      assert.match(found.headers.get('cache-control'), /immutable/);
      assert.equal((await found.arrayBuffer()).byteLength, bytes, path);
    };
    await there('/tile/0/000', 256 * 32);
    await there('/tile/1/000.p/1', 32);
    await there(`/tile/0/001.p/${size % 256}`, (size % 256) * 32);
    await there('/tile/entries/000', 256 * 34);
    await there(`/tile/entries/001.p/${size % 256}`, (size % 256) * 34);
    for (const path of [
      '0/999', '1/000', '1/000.p/2', '2/000.p/1', '8/000.p/1', '63/000', '64/000', '00/000', '-1/000',
      `0/001.p/${(size % 256) + 1}`, '0/000.p/0', '0/000.p/256', '0/000.p/01', '0/000.p', '0/000.p/x',
      '0/0', '0/00', '0/0000', '0/x000/000', '0/x00/000', '0/000/000', '0/x999/999', '0/x001',
      '0/x9223372/x036/x854/x775/807', '0/x999/x999/x999/x999/999', 'entries/x001', 'x/000', '0/',
      'entries/000.p/256', 'leaves/000', '0/ 00', '0/+00',
    ]) {
      const answer = await w.client.fetch(`${w.client.url}/tile/${path.replace(' ', '%20')}`);
      assert.equal(answer.status, 404, path);
    }
  });

  await test('parameters out of their bounds', async () => {
    const bad = {
      limit: ['0', '1001', 'x', '', '-1', '1.5', '99999999999999999999'],
      cursor: ['x', '!', '', 'A'.repeat(600)],
      size: ['x', '-1', '99999999999999999999'],
      as_of: ['2026-02-30', 'x', '2026-1-1', ''],
      since: ['2026-13-01', 'x', ''],
      until: ['2026-00-01', 'x', ''],
      category: ['Garden', 'x'.repeat(25), ''],
      unit: ['Hour', '1', ''],
      member: ['alice', '@hansalim', ''],
      state: ['shut', 'OPEN', ''],
      old: ['0', 'x', '', '99999999999999999999'],
      book: ['Hansalim', '!', '', 'h'.repeat(33)],
      key: ['x', '', '../log.key', 'A'.repeat(42)],
      from: ['2026-02-30', 'x', ''],
      to: ['2026-02-30', 'x', ''],
      since_size: ['0', 'x', '', '99999999999999999999'],
    };
    for (const [o, client] of everywhere.filter(([o]) => o.method === 'GET')) {
      for (const parameter of o.parameters.filter((p) => p.in === 'query')) {
        for (const value of bad[parameter.name] ?? []) {
          const path = `${sample(o.path)}?${parameter.name}=${encodeURIComponent(value)}`;
          const answer = await client.get(path, wantsToken(o) ? w.who[READER] : null);
          assert.equal(
            `${path}: ${answer.status} ${answer.body.type}`,
            `${path}: 400 /problems/malformed`,
          );
        }
        assert.ok(bad[parameter.name], `no values are known to be bad for ${parameter.name}`);
      }
    }
    await w.refused(404, 'not-found', await w.get(`/v1/ledger/log-keys?key=${'A'.repeat(43)}`));
    for (const size of ['0', '999999']) {
      await w.refused(400, 'malformed', await w.get(`/v1/records/0/proof?size=${size}`, READER));
    }
    await w.refused(503, 'busy', await w.get('/v1/coops/hansalim/accounts?size=999999', READER));
  });

  await test('too large, and of the wrong media type', async () => {
    await w.refused(413, 'too-large', await w.client.submit(' '.repeat(65537)));
    await w.refused(413, 'too-large', await w.client.submitLines(Array(5001).fill('x')));
    const huge = await ask(`${w.ledger.url}/v1/acts`, 'POST', {
      'content-type': 'application/json',
      'content-length': 4194305,
    });
    assert.deepEqual(
      [huge.status, huge.headers.get('content-type')],
      [413, 'application/problem+json'],
    );
    await w.contract.exchange(huge, 'outside');
    await w.refused(415, 'malformed', await w.client.submit('{}', { type: 'text/plain' }));
    await w.refused(400, 'malformed', await w.client.submit('{}'));
    await w.refused(400, 'malformed', await w.client.submit('{"act":'));
  });

  await test('more acts than the ledger lets wait', async () => {
    const lines = await w.client.submitLines(Array(QUEUE_MAX + 1).fill('x'), '', 1);
    await w.refused(503, 'busy', lines);
    assert.ok(Number(lines.headers.get('retry-after')) >= 1);
  });

  await test('429 where too much was refused, by address', async () => {
    const far = { 'x-forwarded-for': '192.0.2.1' };
    const send = (body, type) =>
      w.client.fetch(`${w.client.url}/v1/acts`, {
        method: 'POST',
        headers: { ...far, 'content-type': type },
        body,
      });
    const garbage = 'x\n'.repeat(QUEUE_MAX);
    const limited = await until(30, 'a line is answered 429', async () => {
      for (let i = 0; i < (5 * REFUSALS) / QUEUE_MAX; i++) {
        const answer = await send(garbage, 'application/x-ndjson');
        if (answer.headers.get('retry-after')) {
          return answer;
        }
      }
      return null;
    });
    const lines = (await limited.text()).trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(lines.length, QUEUE_MAX);
    // Several are looked at side by side, so that the last one needn't be one of those turned away.
    assert.ok(lines.every(({ status }) => [400, 429].includes(status)));
    const away = lines.filter(({ status }) => status === 429);
    assert.ok(away.length > 0);
    away.forEach(({ problem }) => assert.equal(problem.type, '/problems/rate-limited'));
    // Ten of them are made up for in a second, so each is asked until it has its answer.
    const ends429 = (what, ask) =>
      until(10, `${what} 429`, async () => {
        const answer = await ask();
        assert.match(`${what} ${answer.status}`, / (400|401|429)$/);
        return answer.status === 429 ? answer : null;
      });
    await ends429('POST /v1/acts', () => send('{}', 'application/json'));
    for (const o of operations.filter((o) => o.operation.responses['429'] && o.method === 'GET')) {
      const headers = { ...far, authorization: 'Bearer x' };
      const answer = await ends429(o.key, () => w.client.fetch(w.client.url + urlOf(o), { headers }));
      assert.ok(Number(answer.headers.get('retry-after')) >= 1);
    }
    // Another one isn't touched, nor is a key that is known.
    const near = { 'x-forwarded-for': '192.0.2.2', authorization: 'Bearer x' };
    const answer = await w.client.fetch(`${w.client.url}/v1/pending`, { headers: near });
    assert.equal(answer.status, 401);
    await w.ok('/v1/ledger');
  });

  await test('metrics have counted it', async () => {
    const { body } = await w.inside.get('/metrics');
    const value = (name) => Number(new RegExp(`^pumasi_${name} ([0-9]+)$`, 'm').exec(body)[1]);
    assert.equal(value('records'), (await w.ok('/v1/ledger')).size);
    assert.ok(value('bad_tokens_total') > 10);
    assert.ok(value('rate_limited_total') > 10);
    assert.ok(value('http_requests_total\\{status="4xx"\\}') > 100);
  });
}

// What breaks a ledger comes last.
export async function breakdown(w) {
  const operations = w.contract.operations();
  const reads = operations.filter((o) => o.method === 'GET' && o.operation.responses['500']);

  await test('503 while the database is away', async () => {
    await w.pay('alice', 'bob', 1); // so that no proof of the latest tree is remembered
    const listeners = (o) => [...(o.outside ? [w.client] : []), ...(o.inside ? [w.inside] : [])];
    await w.ledger.psqlSuper('ALTER DATABASE ledger ALLOW_CONNECTIONS false');
    await w.ledger.psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ledger'",
      'postgres',
    );
    await until(30, '/readyz says 503', async () => (await w.client.get('/readyz')).status === 503);
    // An act that comes now waits for better times. Each query waits a while for a connection, so all
    // are asked at once.
    const own = { from: 'alice@hansalim', to: 'bob@hansalim', unit: 'hour', amount: 1 };
    const what = await submission('transfer', w.client.aud, 'alice@hansalim', own, w.keys('alice'));
    const submitted = w.client.submit(what);
    const asked = operations
      .filter((o) => o.method === 'GET' && o.operation.responses['503'])
      .flatMap((o) =>
        listeners(o).map(async (client) =>
          assert.equal((await client.get(urlOf(o), w.who[READER])).status, 503, o.key),
        ),
      );
    await Promise.all(asked);
    for (const client of [w.client, w.inside]) {
      assert.equal((await client.get('/healthz')).status, 200);
    }
    await w.ledger.psqlSuper('ALTER DATABASE ledger ALLOW_CONNECTIONS true');
    await w.ledger.ready();
    const receipt = (await submitted).body;
    await w.keep(receipt);
    assert.equal((await w.client.submit(what)).body.header, receipt.header);
  });

  await test('what changed the ledger and its stewards is shown, where a ledger has gone on', async () => {
    await w.refused(404, 'not-found', await w.get('/v1/ledger/continued'));
    // This one never lost anything: it is only told that it did.
    const { id } = await w.ok('/v1/ledger');
    const note = await w.ok('/checkpoint');
    await w.ledger.psql(`INSERT INTO continuations VALUES (7, '${id}', E'${note.replaceAll('\n', '\\n')}')`);
    const ledger = await w.ok('/v1/ledger');
    assert.deepEqual(ledger.continues, { id, size: 7, kept: note });
    const { items } = await w.ok('/v1/ledger/continued');
    assert.equal(items[0].index, 0);
    assert.equal(items[0].parts.length, 3);
    for (const item of items) {
      const { header } = await proof.headerProved(item.header, item.proof, w.pins);
      assert.equal(header.index, item.index);
      const shown = await proof.parts(item.header, item.parts);
      const changes = shown.filter(({ part }) => part === 'change');
      assert.ok(changes.every(({ subject }) => subject === 'ledger' || subject === 'stewards'));
    }
  });

  await test("500 when a table can't be read", async () => {
    await w.pay('alice', 'bob', 1); // as above
    const tables = (
      await w.ledger.psql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
      )
    )
      .trim()
      .split('\n');
    const breaking = `CREATE FUNCTION broken() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'broken'; END$$;
      ${tables.map((t) => `ALTER TABLE ${t} RENAME TO ${t}_real; CREATE VIEW ${t} AS SELECT * FROM ${t}_real WHERE broken();`).join('')}`;
    // All or nothing, and again when the clerk was just reading two of them in another order.
    await until(20, 'the tables break', () =>
      w.ledger.psql(breaking).then(
        () => true,
        (error) => {
          assert.match(error.stderr, /deadlock detected|lock timeout/);
          return false;
        },
      ),
    );
    for (const o of reads) {
      const answer = await until(10, 'a connection for reads', async () => {
        const answer = await w.client.get(urlOf(o), w.who[READER]);
        return answer.status === 503 ? null : answer;
      });
      assert.equal(answer.status, 500, o.key);
    }
  });
}

// In the end: what the document says and nobody ever saw.
export async function coverage(w) {
  await test('every status of every request was met', async () => {
    // The ledger would have to make a mistake after it took an act; see ledgerd/req_acts.c.
    // And a statement of more than 20,000 entries.
    assert.deepEqual(w.contract.unmet().sort(), [
      'GET /v1/accounts/{member}/{unit}/statement 413',
      'POST /v1/acts 500',
    ]);
  });
}
