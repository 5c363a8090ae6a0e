// SPDX-License-Identifier: AGPL-3.0-or-later
// What the tests share: one ledger, the people with their keys, and the contract that every exchange
// is held against.
import assert from 'node:assert/strict';
import { Contract } from './contract.mjs';
import { Ledger } from './ledger.mjs';
import * as proof from './proof.mjs';
import { Client, Key, payloadOf, sign, submission } from './pumasi.mjs';

export const QUEUE_MAX = 100; // acts that may wait, so few that a test can fill it
// Refusals a minute; five times as many may come at once, so that nobody meets this who doesn't mean to.
export const REFUSALS = 600;
export const ORIGIN = 'interop.example/test';

export class World {
  who = {}; // by name: {by, key}, or {by, keys}
  receipts = []; // every receipt that was got, verified

  async begin() {
    this.contract = await Contract.load();
    for (const [name, by] of [
      ['steward1', 'stewards'],
      ['steward2', 'stewards'],
      ['treasurer1', 'hansalim'],
      ['treasurer2', 'hansalim'],
      ['registrar', 'hansalim'],
      ['auditor', 'hansalim'],
      ['auditorOfAll', '*'],
      ['alice', 'alice@hansalim'],
      ['bob', 'bob@hansalim'],
      ['stranger', 'stranger@hansalim'],
    ]) {
      this.who[name] = { by, key: await Key.make() };
    }
    const stewards = [this.who.steward1.key, this.who.steward2.key];
    this.ledger = await Ledger.init(ORIGIN, stewards, '--threshold', '2');
    await this.ledger.start(
      ...['--queue_max', String(QUEUE_MAX)],
      ...['--trusted_proxy', '127.0.0.1', '--refusals_per_minute', String(REFUSALS)],
    );
    await this.ledger.ready();
    this.fetch = this.contract.watch('outside');
    this.client = new Client(this.ledger.url, this.fetch);
    this.inside = new Client(this.ledger.inside, this.contract.watch('inside'));
  }

  keys(...names) {
    return names.map((name) => this.who[name].key);
  }

  // Signs and submits; the answer.
  async act(type, by, own, names, options = {}) {
    const what = await submission(type, this.client.aud, by, own, this.keys(...names), options);
    this.contract.hold(
      payloadOf(what.act),
      this.contract.component('ActPayload'),
      'open',
      `the payload of ${type}`,
    );
    return await this.client.submit(what, options);
  }

  // The same, and it must be posted; the receipt, verified.
  async posted(type, by, own, names, options = {}) {
    const answer = await this.act(type, by, own, names, options);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return await this.keep(answer.body);
  }

  async keep(receipt) {
    const header = await proof.receipt(receipt, this.pins);
    this.receipts.push(receipt);
    return { ...receipt, parsed: header };
  }

  async refused(status, word, answer) {
    assert.equal(
      `${answer.status} ${answer.body.type}`,
      `${status} /problems/${word}`,
      answer.body.detail,
    );
    return answer.body;
  }

  async pay(from, to, amount, own = {}, options = {}) {
    return await this.posted(
      'transfer',
      this.who[from].by,
      { from: this.who[from].by, to: this.who[to]?.by ?? to, unit: 'hour', amount, ...own },
      [from],
      options,
    );
  }

  async get(path, name, method) {
    return await this.client.get(path, name ? this.who[name] : null, method);
  }

  async ok(path, name) {
    const answer = await this.get(path, name);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }

  // Signs what waits, as one finds it: the payload's bytes, and nothing made anew.
  async addSignatures(pending, names) {
    const bytes = Buffer.from(pending.payload, 'base64url');
    const act = await sign(new Uint8Array(bytes), this.keys(...names));
    assert.equal(act.payload, pending.payload);
    return await this.client.submit({ act });
  }
}
