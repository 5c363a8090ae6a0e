// SPDX-License-Identifier: AGPL-3.0-or-later
// Section 4.16 of docs/protocol.md: a round of clearing among three co-ops, its legs and their hash made from
// the page alone, an answer of each kind, and the record in which the clerk posts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './ledger.mjs';
import { b64u, bytesOf, Key, sha256 } from './pumasi.mjs';

const names = ['dasom', 'haneul', 'onnuri'];
const legsOf = (round) =>
  round.legs.map((leg) => `${leg.debtor} ${leg.creditor} ${leg.amount}\n`).join('');

async function found(w, coop) {
  const [treasurer, registrar, member] = [`${coop}T`, `${coop}R`, `${coop}M`];
  w.who[treasurer] = { by: coop, key: await Key.make() };
  w.who[registrar] = { by: coop, key: await Key.make() };
  w.who[member] = { by: `m@${coop}`, key: await Key.make() };
  await w.posted(
    'coop.create',
    'stewards',
    {
      coop,
      name: coop,
      treasurers: [w.who[treasurer].key.jwk],
      threshold: 1,
      registrars: [w.who[registrar].key.jwk],
    },
    ['steward1', 'steward2', treasurer, registrar],
  );
  const bounds = { floor: -500, ceiling: 500, registrar_floor: -500, registrar_ceiling: 500 };
  const policy = { coop, unit: 'hour', ...bounds, reversal_days: 30 };
  const clearing = coop === names[0] ? { clearing: 'auto' } : {};
  await w.posted('coop.policy', coop, { ...policy, ...clearing }, [treasurer]);
  await w.posted(
    'member.create',
    coop,
    { member: `m@${coop}`, kind: 'person', keys: [w.who[member].key.jwk], threshold: 1 },
    [registrar, member],
  );
}

export async function clearing(w) {
  const show = (name) => w.ok('/v1/clearing/hour', name);
  const deadline = () => Math.floor(Date.now() / 1000) + 86400;

  await test('co-ops that owe each other in a ring', async () => {
    for (const coop of names) {
      await found(w, coop);
    }
    for (const [i, coop] of names.entries()) {
      const partner = names[(i + 2) % 3]; // may owe: the ring's payments go from it
      const line = { coop, partner, unit: 'hour', limit: 100 };
      await w.posted('line.set', coop, line, [`${coop}T`]);
    }
    for (const [i, coop] of names.entries()) {
      await w.pay(`${coop}M`, `${names[(i + 1) % 3]}M`, 20 + i);
    }
  });

  await test('a round that one declines, and nothing is left', async () => {
    const own = { unit: 'hour', deadline: deadline() };
    const { index } = await w.posted('clearing.propose', names[1], own, [`${names[1]}T`]);
    const round = { unit: 'hour', round: index };
    const decline = { ...round, reason_hash: 'A'.repeat(43) };
    await w.posted('clearing.decline', names[0], decline, [`${names[0]}T`]);
    await until(20, 'the end of the round', async () => (await show('auditorOfAll')).state === 'ended');
    await w.refused(
      422,
      'unknown-record',
      await w.act('clearing.decline', names[2], round, [`${names[2]}T`]),
    );
  });

  await test('a round that is posted, with the legs that the page says', async () => {
    const own = { unit: 'hour', deadline: deadline() };
    const { index } = await w.posted('clearing.propose', 'stewards', own, ['steward1', 'steward2']);
    const round = await show(`${names[1]}R`);
    const expected = names.map((coop, i) => `${coop} ${names[(i + 1) % 3]} 20\n`).sort();
    assert.equal(round.round, index);
    assert.equal(legsOf(round), expected.join(''));
    assert.equal(round.hash, b64u(await sha256(bytesOf(expected.join('')))));
    assert.deepEqual(round.own, {
      coop: names[1],
      owes: 21,
      owed: 20,
      cleared: 20,
      owes_after: 1,
      owed_after: 0,
    });
    assert.equal((await w.get('/v1/clearing/hour', 'treasurer1')).status, 404);
    const consent = { unit: 'hour', round: index, hash: round.hash };
    await w.refused(
      403,
      'not-permitted',
      await w.act('clearing.consent', names[0], consent, [`${names[0]}T`]),
    );
    await w.refused(
      422,
      'request-mismatch',
      await w.act('clearing.consent', names[1], { ...consent, hash: 'A'.repeat(43) }, [
        `${names[1]}T`,
      ]),
    );
    const consents = [];
    for (const coop of names.slice(1)) {
      consents.push((await w.posted('clearing.consent', coop, consent, [`${coop}T`])).index);
    }
    const posted = await until(20, 'the posting', async () => {
      const now = await show('auditorOfAll');
      return now.state === 'posted' && now;
    });
    const record = await w.ok(`/v1/records/${posted.record}`, 'auditorOfAll');
    const parts = record.parts.map((part) => JSON.parse(part));
    const postings = parts.filter((part) => part.part === 'posting');
    const payload = JSON.parse(Buffer.from(parts[0].act.payload, 'base64url'));
    assert.deepEqual(payload.consents, consents);
    assert.deepEqual(
      postings.map((p) => [p.account, p.amount]),
      expected.flatMap((leg) => {
        const [debtor, creditor] = leg.split(' ');
        return [
          [`!pos.${creditor}@${debtor}/hour`, -20],
          [`!pos.${debtor}@${creditor}/hour`, 20],
        ];
      }),
    );
    // An office sees its own postings of it, and the act.
    const seen = (await w.ok(`/v1/records/${posted.record}`, `${names[2]}R`)).parts.map((part) =>
      JSON.parse(part),
    );
    assert.deepEqual(
      seen.filter((part) => part.part === 'posting').map((part) => part.account.split(/[@/]/)[1]),
      [names[2], names[2]],
    );
  });
}
