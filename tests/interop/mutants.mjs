// SPDX-License-Identifier: AGPL-3.0-or-later
// Are the schemas of payloads neither stricter nor looser than the ledger? Every type of act that the
// story posted is spoilt in hundreds of ways and signed by a stranger, so that nothing comes of it: the
// ledger finds it malformed, or only then looks for the key.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { payloadOf, sign } from './pumasi.mjs';
import { QUEUE_MAX } from './world.mjs';

const DAYS_30 = 30 * 86400;

// What stands in the place of a member: nothing, other types, other values of the same type.
function* others(value) {
  yield* [undefined, null, true, false, '', 'x', 'stewards', '2026-02-29', [], {}, 0, 1, -1, 1.5];
  yield* [2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53, 1e15, 1e15 + 1, 1e9 + 1, 101, 36501, 2592001];
  if (typeof value === 'string') {
    yield* [
      `${value}x`,
      `${value}!`,
      `${value} `,
      value.slice(1),
      value.slice(0, -1),
      value.toUpperCase(),
    ];
    yield* [
      'x'.repeat(17),
      'x'.repeat(33),
      'x'.repeat(65),
      'x'.repeat(121),
      `${value}/hour`,
      `a@${value}`,
    ];
  }
  if (Array.isArray(value)) {
    yield* [[...value, value[0] ?? 'x'], [{}], [...value, null]];
  }
  if (value?.kty) {
    yield* [
      { ...value, kid: 'x' },
      { ...value, d: value.x },
      { ...value, crv: 'X25519' },
      { ...value, x: `${value.x}=` },
    ];
  }
}

// The one jti that a levy has (docs/protocol.md 4.12).
function levyJti({ member, unit, month }) {
  return createHash('sha256').update(`levy\0${member}\0${unit}\0${month}`).digest('base64url');
}

// Rules between members, which no schema says: docs/protocol.md calls what breaks them malformed too.
function coherent(p) {
  const keys = p.keys ?? p.treasurers ?? p.stewards ?? [];
  const fits = {
    member: /@/,
    treasurer: /^(?!stewards$|ledger$)[^@*]+$/,
    registrar: /^(?!stewards$|ledger$)[^@*]+$/,
    auditor: /^(\*|(?!stewards$|ledger$)[^@]+)$/,
    steward: /^stewards$/,
    log: /^ledger$/,
    clerk: /^ledger$/,
  };
  return (
    p.exp > p.iat &&
    p.exp - p.iat <= DAYS_30 &&
    !(p.ceiling !== null && p.ceiling < p.floor) &&
    !(p.registrar_ceiling !== null && p.registrar_ceiling < p.registrar_floor) &&
    !(p.type !== 'threshold.set' && p.threshold > Math.max(1, keys.length)) &&
    !(p.type === 'member.create' && keys.length > 0 && p.threshold < 1) &&
    !(p.type === 'member.create' && p.kind === 'purse' && keys.length > 0) &&
    !(p.holder !== undefined && !fits[p.role].test(p.holder)) &&
    !(p.type === 'levy' && p.jti !== levyJti(p)) &&
    !(p.type === 'estate' && p.purse.split('@')[1] !== p.member.split('@')[1]) &&
    !(p.type === 'coop.policy' && !p.levy_purse && (p.levy_per_mille > 0 || p.levy_monthly > 0)) &&
    !(p.levy_purse !== undefined && p.levy_purse.split('@')[1] !== p.coop) &&
    !(p.type === 'ledger.continue' && p.kept.split('\n')[0] !== p.aud.split('#')[0])
  );
}

export async function mutants(w) {
  await test('what the schemas of payloads take and refuse, the ledger takes and refuses', async () => {
    const { size } = await w.ok('/v1/ledger');
    const samples = new Map();
    for (let index = 0; index < size; index++) {
      const record = await w.ok(`/v1/records/${index}`, 'auditorOfAll');
      const payload = payloadOf(JSON.parse(record.parts[0]).act);
      // The one that says most of each type.
      const known = samples.get(payload.type);
      if (!known || Object.keys(payload).length > Object.keys(known).length) {
        samples.set(payload.type, payload);
      }
    }
    // The ledger alone makes these, a day after the first record.
    const { aud, jti, iat, exp } = samples.get('transfer');
    const common = { type: 'snapshot', aud, by: 'ledger', jti, iat, exp };
    samples.set('snapshot', { ...common, size: 9, count: 5, root: 'A'.repeat(43) });
    // Seven days after another.
    const begun = samples.get('key.object');
    samples.set('key.recover.finish', { ...begun, type: 'key.recover.finish', by: 'hansalim' });
    // Where records are lost.
    const kept = await w.ok('/checkpoint');
    const found = { size: 9, root: `${'A'.repeat(43)}=` };
    const origin = `${aud.split('#')[0]}/2`;
    const goesOn = { ...common, type: 'ledger.continue', by: 'stewards', origin, kept, found };
    samples.set('ledger.continue', goesOn);
    // All that may be said.
    const levies = { levy_per_mille: 25, levy_monthly: 60, levy_purse: 'fund@hansalim' };
    const policy = { ...samples.get('coop.policy'), coop: 'hansalim', clearing: 'auto', ...levies };
    samples.set('coop.policy', policy);
    samples.set('transfer', { ...samples.get('transfer'), max_hops: 2, levy_max: 3 });
    // Those need a day of a month, thirty days, or two who are quits.
    const member = 'alice@hansalim';
    const levy = { ...common, type: 'levy', member, unit: 'hour', month: '2026-11' };
    samples.set('levy', { ...levy, jti: levyJti(levy) });
    const reason_hash = 'A'.repeat(43);
    const left = { member, unit: 'hour', purse: 'fund@hansalim', reason_hash };
    samples.set('estate', { ...common, type: 'estate', by: 'hansalim', ...left });
    samples.set('coop.close', { ...common, type: 'coop.close', by: 'mapo', coop: 'mapo', reason_hash });
    const debt = { from: 'mapo', to: 'hansalim', unit: 'hour', amount: 90 };
    const given = { means: 'goods', date: '2026-11-01', reference_hash: reason_hash };
    samples.set('settlement', { ...common, type: 'settlement', by: 'mapo', ...debt, ...given });
    const types = w.contract.doc.components.schemas.ActType.enum;
    assert.deepEqual([...samples.keys()].sort(), [...types].sort());

    const made = [];
    const spoilt = []; // which member
    for (const sample of samples.values()) {
      made.push(sample, { ...sample, extra: 1 });
      spoilt.push(null, 'extra');
      for (const member of Object.keys(sample)) {
        for (const value of others(sample[member])) {
          made.push({ ...sample, [member]: value });
          spoilt.push(member);
        }
      }
    }
    const valid = w.contract.validator(w.contract.component('ActPayload'), 'open');
    const wrong = [];
    let taken = 0;
    for (let at = 0; at < made.length; at += QUEUE_MAX) {
      const some = made
        .slice(at, at + QUEUE_MAX)
        .map((payload) => JSON.parse(JSON.stringify(payload)));
      const signed = await Promise.all(some.map((payload) => sign(payload, [w.who.stranger.key])));
      const { lines } = await w.client.submitLines(signed.map((act) => ({ act })));
      assert.equal(lines.length, some.length);
      lines.forEach(({ status, problem }, i) => {
        assert.ok(status === 400 || status === 401, JSON.stringify(problem));
        const expected = valid(some[i]) && coherent(some[i]) ? 401 : 400;
        taken += status === 401;
        // A wrong audience, or who can't act so, is a matter of rules, which come later.
        const later = ['aud', 'by'].includes(spoilt[at + i]) && status === 401;
        if (status !== expected && !later) {
          wrong.push(`${status}, not ${expected}: ${problem.detail} ${JSON.stringify(some[i])}`);
        }
      });
    }
    assert.deepEqual(wrong, []);
    assert.ok(
      made.length > 2000 && taken > 200,
      `${made.length} payloads, ${taken} of them well-formed`,
    );
  });
}
