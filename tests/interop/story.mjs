// SPDX-License-Identifier: AGPL-3.0-or-later
// A network's first days, as docs/protocol.md tells a client to live them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as proof from './proof.mjs';
import { b64u, b64uBytes, bytesOf, Key, payloadOf, sha256, submission } from './pumasi.mjs';

export async function story(w) {
  const { who } = w;

  await test('a ledger is opened by its stewards', async () => {
    const unopened = await w.ok('/v1/ledger');
    assert.equal(unopened.state, 'unopened');
    assert.equal((await w.get('/checkpoint')).status, 404);
    w.client.aud = unopened.origin; // 9: before record 0

    const opening = payloadOf(unopened.act);
    assert.deepEqual(opening.stewards, [who.steward1.key.jwk, who.steward2.key.jwk]);
    assert.equal(opening.threshold, 2);
    assert.deepEqual(opening.log_key, unopened.log_key);

    // A key that the act would register may ask for what waits for it; nobody else's may.
    const waiting = await w.ok('/v1/pending', 'steward2');
    assert.deepEqual(
      waiting.items.map((item) => item.jti),
      [opening.jti],
    );
    await w.refused(401, 'bad-token', await w.get('/v1/pending', 'stranger'));

    const first = await w.addSignatures(unopened.act, ['steward1']);
    assert.equal(first.status, 202);
    assert.deepEqual(
      first.body.needs.map(({ holder, role, have, of }) => [holder, role, have, of]),
      [['stewards', 'steward', 1, 2]],
    );
    const path = `/v1/acts/stewards/${opening.jti}`;
    assert.equal((await w.get(path, 'steward2')).status, 202);
    const second = await w.addSignatures(unopened.act, ['steward2']);
    assert.equal(second.status, 201, JSON.stringify(second.body));

    const ledger = await w.ok('/v1/ledger');
    assert.equal(ledger.state, 'open');
    w.pins = { id: ledger.id, origin: ledger.origin, x: ledger.log_key.x };
    w.client.aud = ledger.id;
    assert.equal(ledger.id, `${ledger.origin}#${b64u(await sha256(bytesOf(second.body.header)))}`);
    assert.equal(await proof.vkey(ledger.origin, ledger.log_key.x), ledger.vkey);
    assert.deepEqual(ledger.log_key, unopened.log_key);
    await w.keep(second.body);
    const note = await w.ok('/checkpoint');
    assert.equal((await proof.checkpoint(note, w.pins)).size, 1);
  });

  await test('stewards make units, one signing after the other', async () => {
    const own = { unit: 'hour', name: '시간', scale: 60, kind: 'time' };
    const waits = await w.act('unit.create', 'stewards', own, ['steward2']);
    assert.equal(waits.status, 202);
    const [item] = (await w.ok('/v1/pending', 'steward1')).items;
    assert.deepEqual(payloadOf(item.act), { ...payloadOf(item.act), ...own });
    const done = await w.addSignatures(item, ['steward1']);
    assert.equal(done.status, 201);
    await w.keep(done.body);
    await w.posted(
      'unit.create',
      'stewards',
      { unit: 'won', name: 'Won', scale: 1, kind: 'credit' },
      ['steward1', 'steward2'],
    );
    assert.deepEqual((await w.ok('/v1/ledger')).units.map((u) => u.unit).sort(), ['hour', 'won']);
    const again = { unit: 'won', name: 'Won again', scale: 1, kind: 'credit' };
    await w.refused(
      409,
      'already-exists',
      await w.act('unit.create', 'stewards', again, ['steward1', 'steward2']),
    );
  });

  await test('a co-op is founded, its officers finding what waits for their first signature', async () => {
    const [t1, t2, r] = w.keys('treasurer1', 'treasurer2', 'registrar').map((key) => key.jwk);
    const own = {
      coop: 'hansalim',
      name: '한살림',
      treasurers: [t1, t2],
      threshold: 2,
      registrars: [r],
    };
    assert.equal(
      (await w.act('coop.create', 'stewards', own, ['steward1', 'steward2'])).status,
      202,
    );
    let answer;
    for (const name of ['treasurer1', 'treasurer2', 'registrar']) {
      const [item] = (await w.ok('/v1/pending', name)).items;
      assert.deepEqual(
        item.needs.map((need) => need.role).filter((role) => role === 'steward'),
        [],
      );
      answer = await w.addSignatures(item, [name]);
    }
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    await w.keep(answer.body);

    await w.posted(
      'coop.create',
      'stewards',
      {
        coop: 'mapo',
        name: 'Mapo',
        treasurers: [(w.who.mapoTreasurer = { by: 'mapo', key: await Key.make() }).key.jwk],
        threshold: 1,
        registrars: [],
      },
      ['steward1', 'steward2', 'mapoTreasurer'],
    );
    const coops = await w.client.list('/v1/coops', null, 1);
    assert.deepEqual(
      coops.map((c) => c.coop),
      ['hansalim', 'mapo'],
    );
    const own2 = { ...own, coop: 'other' };
    await w.refused(
      409,
      'already-exists',
      await w.act('coop.create', 'stewards', own2, [
        'steward1',
        'steward2',
        'treasurer1',
        'treasurer2',
        'registrar',
      ]),
    );
  });

  await test('an office: policy, auditors', async () => {
    for (const unit of ['hour', 'won']) {
      const own = {
        coop: 'hansalim',
        unit,
        floor: -1200,
        ceiling: unit === 'won' ? null : 2400,
        registrar_floor: -3000,
        registrar_ceiling: 6000,
        reversal_days: 30,
      };
      await w.posted('coop.policy', 'hansalim', own, ['treasurer1', 'treasurer2']);
    }
    await w.posted(
      'key.add',
      'hansalim',
      { holder: 'hansalim', role: 'auditor', key: who.auditor.key.jwk },
      ['treasurer1', 'treasurer2', 'auditor'],
    );
    await w.posted(
      'key.add',
      'stewards',
      { holder: '*', role: 'auditor', key: who.auditorOfAll.key.jwk },
      ['steward1', 'steward2', 'auditorOfAll'],
    );
    const open = await w.ok('/v1/coops/hansalim');
    assert.deepEqual(open, { coop: 'hansalim', name: '한살림', state: 'active' });
    const office = await w.ok('/v1/coops/hansalim', 'auditor');
    assert.equal(office.threshold, 2);
    assert.deepEqual(office.registrars, [who.registrar.key.kid]);
    assert.deepEqual(office.auditors, [who.auditor.key.kid]);
    assert.deepEqual(
      office.policies.map((p) => [p.unit, p.floor, p.ceiling]),
      [
        ['hour', -1200, 2400],
        ['won', -1200, null],
      ],
    );
  });

  await test('members: with a key, with three, without any, and a purse', async () => {
    const admit = (name, keys, threshold, signers, kind = 'person') =>
      w.posted(
        'member.create',
        'hansalim',
        { member: `${name}@hansalim`, kind, keys, threshold },
        signers,
        { texts: { name: `Name of ${name}` } },
      );
    await admit('alice', [who.alice.key.jwk], 1, ['registrar', 'alice']);
    await admit('bob', [who.bob.key.jwk], 1, ['registrar', 'bob']);
    for (const name of ['dave1', 'dave2', 'dave3']) {
      who[name] = { by: 'dave@hansalim', key: await Key.make() };
    }
    await admit(
      'dave',
      w.keys('dave1', 'dave2', 'dave3').map((key) => key.jwk),
      2,
      ['registrar', 'dave1', 'dave2', 'dave3'],
    );
    await admit('carol', [], 0, ['registrar']);
    await admit('fund', [], 0, ['treasurer1', 'treasurer2'], 'purse');

    const self = await w.ok('/v1/members/alice@hansalim', 'alice');
    assert.equal(self.name, 'Name of alice');
    assert.deepEqual(
      self.readers.map((reader) => reader.kid).sort(),
      w
        .keys('treasurer1', 'treasurer2', 'registrar', 'auditor', 'auditorOfAll', 'alice')
        .map((key) => key.kid)
        .sort(),
    );
    assert.deepEqual(await w.ok('/v1/members/alice%40hansalim', 'registrar'), self);
    assert.deepEqual(Object.keys(await w.ok('/v1/members/alice@hansalim', 'bob')), [
      'member',
      'kind',
      'name',
      'state',
    ]);
    const members = await w.client.list('/v1/coops/hansalim/members', who.registrar, 2);
    assert.deepEqual(
      members.map((m) => m.member.split('@')[0]),
      ['alice', 'bob', 'carol', 'dave', 'fund'],
    );
  });

  await test('alice pays bob, and has evidence of it', async () => {
    const day = new Date(Date.now() - 86400000).toISOString().slice(0, 10);
    const receipt = await w.pay(
      'alice',
      'bob',
      90,
      { value_date: day, category: 'garden' },
      { texts: { memo: '텃밭 half a day' }, header: { alg: 'Ed25519' } },
    );
    const path = `/v1/records/${receipt.index}`;
    const record = await w.ok(path, 'alice');
    assert.equal(record.header, receipt.header);
    const [act, posting, ...rest] = await proof.parts(record.header, record.parts, record.texts);
    assert.deepEqual(
      [posting.account, posting.amount, posting.balance, posting.seq],
      ['alice@hansalim/hour', -90, -90, 1],
    );
    assert.equal(rest.length, 0);
    assert.equal(payloadOf(act.act).amount, 90);
    assert.equal(record.texts.memo.text, '텃밭 half a day');
    // The payee sees her own leg, the office both and the book, a stranger nothing.
    assert.deepEqual(
      (await proof.parts(record.header, (await w.ok(path, 'bob')).parts)).map((p) => p.amount),
      [undefined, 90],
    );
    assert.equal((await w.ok(path, 'registrar')).parts.length, 4);
    await w.refused(404, 'not-found', await w.get(path, 'dave1'));

    const proved = await w.ok(`${path}/proof`, 'bob');
    await proof.headerProved(record.header, proved.proof, w.pins);
    assert.equal(
      (await w.get(`/v1/acts/alice@hansalim/${receipt.jti}`, 'bob')).body.header,
      receipt.header,
    );

    const account = await w.ok('/v1/accounts/alice@hansalim/hour', 'alice');
    assert.deepEqual(account, {
      account: 'alice@hansalim/hour',
      balance: -90,
      floor: -1200,
      ceiling: 2400,
      available: 1110,
      seq: 1,
    });
    const [item] = await w.client.list('/v1/accounts/bob@hansalim/hour/postings', who.bob);
    assert.deepEqual(
      [item.amount, item.counterparty, item.memo, item.category, item.value_date, item.signed_by],
      [90, 'alice@hansalim', '텃밭 half a day', 'garden', day, 'member'],
    );
  });

  await test('the same act again is the same record; another act of its id is none', async () => {
    const own = { from: 'alice@hansalim', to: 'bob@hansalim', unit: 'hour', amount: 5 };
    const what = await submission('transfer', w.client.aud, 'alice@hansalim', own, w.keys('alice'));
    const first = await w.client.submit(what);
    assert.equal(first.status, 201);
    for (const query of ['', '?proof=1', '?proof=0']) {
      const again = await w.client.submit(what, { query });
      assert.equal(again.status, 200);
      assert.equal(again.body.header, first.body.header);
      assert.equal(again.body.proof === undefined, query === '?proof=0');
      if (again.body.proof) {
        await w.keep(again.body);
      }
    }
    const { jti, iat, exp } = payloadOf(what.act);
    const other = await submission(
      'transfer',
      w.client.aud,
      'alice@hansalim',
      { ...own, amount: 6 },
      w.keys('alice'),
      { jti, iat, exp },
    );
    await w.refused(409, 'id-reused', await w.client.submit(other));
  });

  await test('many at once, good and bad ones', async () => {
    const pay = (amount, options) =>
      submission(
        'transfer',
        w.client.aud,
        'bob@hansalim',
        { from: 'bob@hansalim', to: 'alice@hansalim', unit: 'hour', amount },
        w.keys('bob'),
        options,
      );
    const good = await Promise.all(
      Array.from({ length: 40 }, (_, i) => pay(i + 1, { texts: { memo: `No. ${i}` } })),
    );
    const old = await pay(1, { iat: 1000, exp: 1600 });
    const huge = await pay(1e6);
    const dave = await submission(
      'transfer',
      w.client.aud,
      'dave@hansalim',
      { from: 'dave@hansalim', to: 'alice@hansalim', unit: 'hour', amount: 7 },
      w.keys('dave2'),
    );
    const forged = { act: { ...good[0].act, payload: good[1].act.payload } };
    const lines = [
      ...good.slice(0, 20),
      '',
      '  ',
      '{"act":',
      old,
      dave,
      huge,
      forged,
      good[0],
      'x'.repeat(70000),
      ...good.slice(20),
    ];
    const answer = await w.client.submitLines(lines);
    assert.equal(answer.status, 200);
    assert.deepEqual(
      answer.lines.map((l) => l.line),
      lines.flatMap((l, i) => (String(l).trim() === '' ? [] : [i + 1])),
    );
    const at = (what) => answer.lines.find((l) => l.line === lines.indexOf(what) + 1);
    assert.deepEqual(
      [at(old), at(huge), at(forged), at(lines[22])].map((l) => [l.status, l.problem.type]),
      [
        [422, '/problems/expired'],
        [422, '/problems/insufficient-credit'],
        [401, '/problems/bad-signature'],
        [400, '/problems/malformed'],
      ],
    );
    assert.deepEqual([at(dave).status, at(dave).pending.needs[0].have], [202, 1]);
    assert.equal(answer.lines.filter((l) => l.status === 201 || l.status === 200).length, 41);
    for (const { receipt } of answer.lines.filter((l) => l.receipt)) {
      await w.keep(receipt);
    }
    assert.equal((await w.client.submitLines(['', ' '])).body, '');
    const bare = await w.client.submitLines([await pay(1)], '?proof=0');
    assert.equal(bare.lines[0].receipt.proof, undefined);

    // Page by page, nothing is missing or twice, and each balance follows from the one before.
    const items = await w.client.list('/v1/accounts/bob@hansalim/hour/postings', who.bob, 7);
    assert.deepEqual(
      items.map((i) => i.seq),
      items.map((_, i) => items.length - i),
    );
    items.forEach((item, i) =>
      assert.equal(item.balance, item.amount + (items[i + 1]?.balance ?? 0)),
    );
  });

  await test('two of three keys: dave pays with the second signature', async () => {
    const [item] = (await w.ok('/v1/pending', 'dave3')).items;
    assert.equal(item.type, 'transfer');
    assert.deepEqual(item.signed, [who.dave2.key.kid]);
    const path = `/v1/acts/dave@hansalim/${item.jti}`;
    assert.equal((await w.get(path, 'dave1')).status, 202);
    await w.refused(404, 'not-found', await w.get(path, 'alice'));
    const done = await w.addSignatures(item, ['dave3']);
    assert.equal(done.status, 201);
    const kept = await w.keep(done.body);
    const [act] = await proof.parts(
      kept.header,
      (await w.ok(`/v1/records/${kept.index}`, 'alice')).parts,
    );
    assert.equal(act.act.signatures.length, 2);
    const kids = act.act.signatures.map(
      (s) => JSON.parse(Buffer.from(s.protected, 'base64url')).kid,
    );
    assert.deepEqual(kids, [...kids].sort());
    assert.deepEqual((await w.ok('/v1/pending', 'dave1')).items, []);
    // Somebody who is neither asked nor needed spoils the act.
    const own = { from: 'dave@hansalim', to: 'alice@hansalim', unit: 'hour', amount: 7 };
    await w.refused(
      403,
      'not-permitted',
      await w.act('transfer', 'dave@hansalim', own, ['dave1', 'alice']),
    );
  });

  await test('the office acts for those without a device, for its purse, and sets limits', async () => {
    const pays = (from, to, amount, signers) =>
      w.act(
        'transfer',
        'hansalim',
        { from: `${from}@hansalim`, to: `${to}@hansalim`, unit: 'hour', amount },
        signers,
      );
    assert.equal((await pays('carol', 'alice', 30, ['registrar'])).status, 201);
    assert.equal((await pays('fund', 'carol', 60, ['treasurer1', 'treasurer2'])).status, 201);
    await w.refused(403, 'not-permitted', await pays('alice', 'carol', 10, ['registrar']));
    await w.posted('record.allow', 'alice@hansalim', { member: 'alice@hansalim', allowed: true }, [
      'alice',
    ]);
    assert.equal((await pays('alice', 'carol', 10, ['registrar'])).status, 201);
    const items = (await w.ok('/v1/accounts/alice@hansalim/hour/postings?limit=2', 'alice')).items;
    assert.deepEqual(
      items.map((i) => [i.amount, i.signed_by]),
      [
        [-10, 'registrar'],
        [30, 'registrar'],
      ],
    );
    const purse = (await w.ok('/v1/accounts/fund@hansalim/hour/postings', 'treasurer1')).items;
    assert.deepEqual(
      purse.map((i) => [i.amount, i.signed_by]),
      [[-60, 'member']],
    );

    const limits = { member: 'carol@hansalim', unit: 'hour', floor: -3000, ceiling: 6000 };
    await w.posted('account.limits', 'hansalim', limits, ['registrar'], {
      texts: { reason: 'long a member' },
    });
    await w.refused(
      422,
      'limit-out-of-bounds',
      await w.act('account.limits', 'hansalim', { ...limits, floor: -3001 }, ['registrar']),
    );
    await w.posted('account.limits', 'hansalim', { ...limits, floor: -9000, ceiling: null }, [
      'treasurer1',
      'treasurer2',
    ]);
    const account = await w.ok('/v1/accounts/carol@hansalim/hour', 'auditorOfAll');
    assert.deepEqual([account.floor, account.ceiling], [-9000, null]);
  });

  await test('keys and thresholds change; members are renamed, frozen, closed', async () => {
    const spare = (who.aliceSpare = { by: 'alice@hansalim', key: await Key.make() });
    const alice = { holder: 'alice@hansalim', role: 'member' };
    await w.posted('key.add', 'alice@hansalim', { ...alice, key: spare.key.jwk }, [
      'alice',
      'aliceSpare',
    ]);
    await w.posted('threshold.set', 'alice@hansalim', { ...alice, threshold: 2 }, ['alice']);
    await w.posted('threshold.set', 'alice@hansalim', { ...alice, threshold: 1 }, [
      'alice',
      'aliceSpare',
    ]);
    assert.equal((await w.ok('/v1/members/alice@hansalim', 'aliceSpare')).keys.length, 2);
    await w.posted('key.revoke', 'alice@hansalim', { ...alice, kid: spare.key.kid }, ['alice']);
    await w.refused(401, 'bad-token', await w.get('/v1/members/alice@hansalim', 'aliceSpare'));

    await w.posted('member.update', 'alice@hansalim', { member: 'alice@hansalim' }, ['alice'], {
      texts: { name: '앨리스' },
    });
    assert.equal((await w.ok('/v1/members/alice@hansalim', 'alice')).name, '앨리스');
    await w.posted('member.update', 'alice@hansalim', { member: 'alice@hansalim' }, ['alice']);
    assert.equal((await w.ok('/v1/members/alice@hansalim', 'alice')).name, null);

    await w.posted('member.freeze', 'hansalim', { member: 'bob@hansalim' }, ['registrar'], {
      texts: { reason: 'lost phone' },
    });
    const own = { from: 'bob@hansalim', to: 'alice@hansalim', unit: 'hour', amount: 1 };
    await w.refused(422, 'frozen', await w.act('transfer', 'bob@hansalim', own, ['bob']));
    const back = { from: 'alice@hansalim', to: 'bob@hansalim', unit: 'hour', amount: 1 };
    await w.refused(
      422,
      'payee-cannot-receive',
      await w.act('transfer', 'alice@hansalim', back, ['alice']),
    );
    assert.equal((await w.ok('/v1/members/bob@hansalim', 'bob')).state, 'frozen');
    await w.posted('member.unfreeze', 'hansalim', { member: 'bob@hansalim' }, [
      'treasurer1',
      'treasurer2',
    ]);

    who.eve = { by: 'eve@hansalim', key: await Key.make() };
    await w.posted(
      'member.create',
      'hansalim',
      { member: 'eve@hansalim', kind: 'person', keys: [who.eve.key.jwk], threshold: 1 },
      ['registrar', 'eve'],
    );
    await w.posted('member.close', 'eve@hansalim', { member: 'eve@hansalim' }, ['eve']);
    await w.refused(
      422,
      'closed',
      await w.act('transfer', 'eve@hansalim', { ...own, from: 'eve@hansalim' }, ['eve']),
    );
    await w.refused(
      422,
      'limit-out-of-bounds',
      await w.act('member.close', 'bob@hansalim', { member: 'bob@hansalim' }, ['bob']),
    );
  });

  await test('lost keys: new ones are begun, objected to, and nothing comes of them', async () => {
    const fresh = (who.bobFresh = { by: 'bob@hansalim', key: await Key.make() });
    const bob = { holder: 'bob@hansalim', role: 'member' };
    const begun = await w.posted(
      'key.recover',
      'hansalim',
      { ...bob, keys: [fresh.key.jwk], threshold: 1 },
      ['registrar', 'bobFresh'],
      { texts: { reason: 'lost phone' } },
    );
    const due = new Date(Date.parse(begun.time) + 7 * 86400000).toISOString();
    const record = begun.index;
    const open = { record, due, objected: false, threshold: 1, keys: [fresh.key.kid] };
    const answer = await w.get('/v1/members/bob@hansalim', 'bob');
    assert.deepEqual(answer.body.recovery, open);
    assert.equal(answer.headers.get('pumasi-recovery'), `${record}; due=${due}`);
    assert.equal((await w.ok('/v1/members/bob@hansalim', 'alice')).recovery, undefined);
    await w.refused(401, 'bad-token', await w.get('/v1/members/bob@hansalim', 'bobFresh'));
    const own = { from: 'bob@hansalim', to: 'alice@hansalim', unit: 'hour', amount: 1 };
    await w.refused(422, 'frozen', await w.act('transfer', 'bob@hansalim', own, ['bob']));
    await w.pay('alice', 'bob', 1);
    const finish = async (names) =>
      await w.act('key.recover.finish', 'hansalim', { ...bob, record }, names);
    await w.refused(422, 'not-yet-valid', await finish(['registrar']));

    await w.posted('key.object', 'bob@hansalim', { ...bob, record }, ['bob']);
    await w.refused(
      409,
      'already-answered',
      await w.act('key.object', 'bob@hansalim', { ...bob, record }, ['bob']),
    );
    await w.refused(403, 'not-permitted', await finish(['registrar']));
    await w.refused(422, 'not-yet-valid', await finish(['treasurer1', 'treasurer2']));
    const { recoveries } = await w.ok('/v1/coops/hansalim', 'registrar');
    assert.deepEqual(recoveries, [{ member: 'bob@hansalim', record, due, objected: true }]);
    const part = (await w.ok(`/v1/records/${record + 2}`, 'bob')).parts
      .map((text) => JSON.parse(text))
      .find((p) => p.part === 'change');
    assert.deepEqual(part.state.recovery, {
      ...open,
      objected: true,
      keys: [fresh.key.jwk.x],
    });

    const decide = ['treasurer1', 'treasurer2'];
    await w.posted('key.object', 'hansalim', { ...bob, record }, decide);
    await w.refused(422, 'unknown-record', await finish(decide));
    assert.equal((await w.ok('/v1/members/bob@hansalim', 'bob')).recovery, undefined);
    await w.pay('bob', 'alice', 1);

    const coop = { holder: 'hansalim', role: 'treasurer' };
    const other = await w.posted(
      'key.recover',
      'stewards',
      { ...coop, keys: [fresh.key.jwk], threshold: 1 },
      ['steward1', 'steward2', 'bobFresh'],
    );
    assert.equal((await w.ok('/v1/coops/hansalim', 'bob')).recovery.record, other.index);
    assert.equal((await w.ok('/v1/coops/hansalim')).recovery, undefined);
    await w.posted('key.object', 'stewards', { ...coop, record: other.index }, [
      'steward1',
      'steward2',
    ]);
  });

  const requests = async (name, query = '') =>
    await w.client.list(`/v1/requests${query}`, who[name], 1);
  const day = (days) => new Date(Date.now() + 86400000 * days).toISOString().slice(0, 10);
  const asks = { from: 'alice@hansalim', to: 'bob@hansalim', unit: 'hour', amount: 45 };
  const declined = async (receipt, by, names) => {
    const { act } = (await requests('auditorOfAll')).find((r) => r.index === receipt.index);
    return await w.act('decline', by, { act }, names, { texts: { reason: 'no' } });
  };

  await test('bob asks, and is paid once', async () => {
    const own = { ...asks, expires: day(30), category: 'garden', value_date: day(-1) };
    const receipt = await w.posted('request', 'bob@hansalim', own, ['bob'], {
      texts: { memo: 'three beds' },
    });
    const [item] = await requests('alice', '?state=open');
    const record = await w.ok(`/v1/records/${receipt.index}`, 'alice');
    const [part] = await proof.parts(record.header, record.parts, record.texts);
    assert.equal(item.act, b64u(await sha256(b64uBytes(part.act.payload))));
    assert.deepEqual(
      [item.index, item.state, item.memo, item.expires, item.answer],
      [receipt.index, 'open', 'three beds', own.expires, null],
    );
    assert.deepEqual(await requests('bob'), [item]);
    assert.deepEqual(await requests('registrar'), [item]);
    assert.deepEqual(await requests('dave1'), []);
    await w.refused(404, 'not-found', await w.get(`/v1/records/${receipt.index}`, 'dave1'));

    const answers = { ...asks, request: receipt.index };
    await w.refused(
      422,
      'request-mismatch',
      await w.act('transfer', 'alice@hansalim', { ...answers, amount: 44 }, ['alice']),
    );
    const paid = await w.posted('transfer', 'alice@hansalim', answers, ['alice']);
    await w.refused(
      409,
      'already-answered',
      await w.act('transfer', 'alice@hansalim', answers, ['alice']),
    );
    await w.refused(409, 'already-answered', await declined(receipt, 'alice@hansalim', ['alice']));
    const [done] = await requests('alice', '?state=paid');
    assert.deepEqual([done.index, done.answer], [receipt.index, paid.index]);
    const [posting] = (await w.ok('/v1/accounts/alice@hansalim/hour/postings?limit=1', 'alice'))
      .items;
    assert.deepEqual([posting.index, posting.request], [paid.index, receipt.index]);
  });

  await test('requests are declined by who is asked, who asks, and the registrar of who has no device', async () => {
    const request = (own, by, names) =>
      w.posted('request', by, { ...asks, ...own, expires: day(1) }, names);
    const first = await request({}, 'bob@hansalim', ['bob']);
    await w.refused(403, 'not-permitted', await declined(first, 'dave@hansalim', ['dave1']));
    assert.equal((await declined(first, 'alice@hansalim', ['alice'])).status, 201);
    const second = await request({}, 'bob@hansalim', ['bob']);
    assert.equal((await declined(second, 'bob@hansalim', ['bob'])).status, 201);
    const third = await request({ from: 'carol@hansalim' }, 'bob@hansalim', ['bob']);
    assert.equal((await declined(third, 'hansalim', ['registrar'])).status, 201);
    await request({ from: 'dave@hansalim', to: 'fund@hansalim' }, 'hansalim', [
      'treasurer1',
      'treasurer2',
    ]);
    const states = (await requests('auditor')).map((r) => r.state);
    assert.deepEqual(states, ['open', 'closed', 'closed', 'closed', 'paid']);
    assert.equal((await requests('dave1')).length, 1);
    assert.deepEqual(await requests('steward1'), []);
    const over = { ...asks, expires: day(-3) };
    await w.refused(400, 'malformed', await w.act('request', 'bob@hansalim', over, ['bob']));
  });

  await test('an act that waits is declined, and stays so', async () => {
    const own = { from: 'dave@hansalim', to: 'alice@hansalim', unit: 'hour', amount: 3 };
    const waiting = await w.act('transfer', 'dave@hansalim', own, ['dave1']);
    assert.equal(waiting.status, 202);
    const act = b64u(await sha256(b64uBytes(waiting.body.payload)));
    await w.refused(403, 'not-permitted', await w.act('decline', 'bob@hansalim', { act }, ['bob']));
    await w.posted('decline', 'dave@hansalim', { act }, ['dave3']);
    await w.refused(
      404,
      'not-found',
      await w.get(`/v1/acts/dave@hansalim/${waiting.body.jti}`, 'dave1'),
    );
    await w.refused(422, 'voided', await w.addSignatures(waiting.body, ['dave2']));
    await w.refused(
      409,
      'already-answered',
      await w.act('decline', 'dave@hansalim', { act }, ['dave2']),
    );
  });

  await test('transfers go back: in parts by who was paid, by the registrar, forced by treasurers', async () => {
    const paid = await w.pay('alice', 'bob', 20, { category: 'garden' });
    const back = (amount, record = paid.index) =>
      w.act('reversal', 'bob@hansalim', { record, amount }, ['bob']);
    await w.refused(422, 'limit-out-of-bounds', await back(21));
    await w.refused(422, 'unknown-record', await back(1, 0));
    await w.refused(
      403,
      'not-permitted',
      await w.act('reversal', 'alice@hansalim', { record: paid.index, amount: 1 }, ['alice']),
    );
    const half = await w.posted(
      'reversal',
      'bob@hansalim',
      { record: paid.index, amount: 12 },
      ['bob'],
      { texts: { reason: 'too much' } },
    );
    await w.refused(409, 'already-reversed', await back(9));
    await w.refused(422, 'unknown-record', await back(1, half.index));
    const [reversal, transfer] = (
      await w.ok('/v1/accounts/alice@hansalim/hour/postings?limit=2', 'alice')
    ).items;
    assert.deepEqual(
      [reversal.amount, reversal.reverses, reversal.memo, reversal.category, reversal.forced],
      [12, paid.index, 'too much', 'garden', undefined],
    );
    assert.deepEqual(
      [transfer.index, transfer.reversed, transfer.reverses],
      [paid.index, 12, null],
    );

    await w.posted('reversal', 'hansalim', { record: paid.index, amount: 8 }, [
      'treasurer1',
      'treasurer2',
    ]);
    const [forced] = (await w.ok('/v1/accounts/bob@hansalim/hour/postings?limit=1', 'bob')).items;
    assert.deepEqual([forced.amount, forced.forced, forced.signed_by], [-8, true, 'treasurers']);

    const own = { from: 'carol@hansalim', to: 'bob@hansalim', unit: 'hour', amount: 6 };
    const recorded = await w.posted('transfer', 'hansalim', own, ['registrar']);
    await w.posted('reversal', 'hansalim', { record: recorded.index, amount: 6 }, ['registrar']);
    await w.refused(409, 'already-reversed', await back(1, recorded.index));
  });

  await test('the book of a day and of a point, and what leads from one to the other', async () => {
    const whole = (path) => w.client.list(`/v1/coops/hansalim/${path}`, who.registrar, 4);
    const { size } = await w.ok('/v1/ledger');
    const then = Math.floor(size / 2);
    const sums = (accounts) => Object.fromEntries(accounts.map((a) => [a.account, a.balance]));
    const before = sums(await whole(`accounts?size=${then}`));
    const after = sums(await whole(`accounts?size=${size}`));
    const present = await whole('accounts');
    const legs = (await whole(`postings?size=${size}`)).filter((leg) => leg.index >= then);
    for (const leg of legs) {
      before[leg.account] = (before[leg.account] ?? 0) + leg.amount;
    }
    assert.deepEqual(before, after);
    assert.ok(legs.length > 10);
    present
      .filter((a) => a.index !== null)
      .forEach((a) => assert.equal(after[a.account], a.balance));
    assert.ok(present.every((a) => a.available === a.balance - a.floor));

    const today = (await w.ok('/v1/coops/hansalim/postings?limit=1', 'auditor')).items[0].day;
    assert.deepEqual(sums(await whole(`accounts?as_of=${today}`)), after);
    assert.deepEqual(await whole('accounts?as_of=2001-01-01'), []);
    const all = await whole(`postings?since=${today}&until=${today}`);
    assert.deepEqual(all, await whole('postings'));
    const garden = await whole('postings?category=garden');
    assert.deepEqual(
      garden,
      all.filter((leg) => leg.category === 'garden'),
    );
    const bobs = await whole('postings?member=bob@hansalim&unit=hour');
    assert.deepEqual(
      bobs,
      all.filter((leg) => [leg.account, `${leg.counterparty}/hour`].includes('bob@hansalim/hour')),
    );
    assert.deepEqual(await whole('postings?unit=won'), []);
    const none = await w.ok('/v1/coops/hansalim/postings?since=2999-01-01', 'auditor');
    const { items, totals } = await w.ok('/v1/coops/hansalim/positions', 'auditor');
    const owed = (unit) =>
      items.filter((i) => i.unit === unit).reduce((sum, i) => sum + i.position, 0);
    totals.forEach((t) => assert.equal(t.owe - t.owed, owed(t.unit)));
    assert.deepEqual([none.items, none.first], [[], none.size]);
  });
}
