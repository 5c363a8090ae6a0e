// SPDX-License-Identifier: AGPL-3.0-or-later
// The whole log read again, by an auditor who may see all of it, and by a stranger.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import * as proof from './proof.mjs';
import { b64u, b64uBytes, concat, sha256 } from './pumasi.mjs';

// At the end of all: an auditor reads every record, and finds nothing that doesn't fit.
export async function audit(w) {
  await test('every record hashes to its header, every receipt to one log, every book to zero', async () => {
    const { size } = await proof.checkpoint(await w.ok('/checkpoint'), w.pins);
    const headers = [];
    const balances = {};
    const seqs = {};
    for (let index = 0; index < size; index++) {
      const record = await w.ok(`/v1/records/${index}`, 'auditorOfAll');
      const parts = await proof.parts(record.header, record.parts, record.texts);
      assert.equal(parts.length, JSON.parse(record.header).parts.length);
      let sum = 0;
      for (const part of parts.slice(1)) {
        const name = part.account ?? part.subject ?? `book ${part.book}`;
        seqs[name] = (seqs[name] ?? 0) + 1;
        assert.equal(part.seq, seqs[name], name);
        if (part.part === 'posting') {
          sum += part.amount;
          balances[part.account] = (balances[part.account] ?? 0) + part.amount;
          assert.equal(part.balance, balances[part.account]);
        }
      }
      assert.equal(sum, 0);
      headers.push(record.header);
    }
    const leaves = await Promise.all(headers.map((header) => proof.leafHash(header)));
    const roots = new Map();
    for (const receipt of w.receipts) {
      assert.equal(receipt.header, headers[receipt.index]);
      const found = await proof.tlogProof(receipt.proof, w.pins);
      const key = b64u(found.root);
      assert.equal(roots.get(found.size) ?? key, key, 'two roots of one size');
      roots.set(found.size, key);
    }
    for (const [n, root] of roots) {
      assert.equal(b64u(await treeRoot(leaves.slice(0, n))), root, `the root of ${n} records`);
    }
    assert.ok(roots.size > 20, `${roots.size} checkpoints`);

    // Proofs in trees of other sizes have no signature of their own, but lead to roots that have.
    for (const [n, root] of [...roots].slice(0, 5)) {
      for (const index of [0, Math.floor(n / 2), n - 1]) {
        const answer = await w.ok(`/v1/records/${index}/proof?size=${n}`, 'auditorOfAll');
        assert.equal(answer.proof === null, n !== size);
        const path = answer.hashes.map((hash) => new Uint8Array(Buffer.from(hash, 'base64')));
        await proof.inclusion(leaves[index], index, n, path, b64uBytes(root));
      }
    }

    // One log only: each tree that was signed is the beginning of the next.
    const signed = [...roots].sort(([a], [b]) => a - b);
    for (let i = 0; i < signed.length; i += 7) {
      for (const [n, root] of signed.slice(i + 1, i + 4)) {
        const [old, oldRoot] = signed[i];
        assert.deepEqual((await w.ok(`/v1/consistency?old=${n}&size=${n}`)).hashes, []);
        const answer = await w.ok(`/v1/consistency?old=${old}&size=${n}`);
        const path = answer.hashes.map((hash) => new Uint8Array(Buffer.from(hash, 'base64')));
        await proof.consistency(old, n, path, b64uBytes(oldRoot), b64uBytes(root));
      }
    }

    for (const coop of ['hansalim', 'mapo']) {
      const accounts = await w.client.list(`/v1/coops/${coop}/accounts`, w.who.auditorOfAll, 3);
      const told = Object.fromEntries(accounts.map((a) => [a.account, a.balance]));
      const posted = Object.entries(balances).filter(([account]) => account.includes(`@${coop}/`));
      posted.forEach(([account, balance]) => assert.equal(told[account], balance));
      for (const unit of ['hour', 'won']) {
        const sum = accounts
          .filter((a) => a.account.endsWith(`/${unit}`))
          .reduce((n, a) => n + a.balance, 0);
        assert.equal(sum, 0);
      }
      const book = await w.client.list(`/v1/coops/${coop}/postings`, w.who.auditorOfAll, 5);
      assert.equal(
        book.length,
        posted.reduce((n, [account]) => n + seqs[account], 0),
      );
    }
  });
}

// The same log as a stranger's program sees it, who has no key: checkpoint and tiles.
export async function strangers(w) {
  const follow = promisify(execFile);
  const program = join(process.env.BUILD, 'interop/follow');
  const { vkey } = await w.ok('/v1/ledger');
  const seen = w.receipts
    .filter((_, i) => i % 20 === 0)
    .map(async (receipt) => {
      const { size, root } = await proof.tlogProof(receipt.proof, w.pins);
      return [String(size), Buffer.from(root).toString('base64')];
    });
  const args = [w.ledger.url, vkey, ...(await Promise.all(seen)).flat()];

  await test("Go's sumdb libraries follow the log by its public tiles", async () => {
    const { stdout } = await follow(program, args);
    const { size, root } = await proof.checkpoint(await w.ok('/checkpoint'), w.pins);
    assert.equal(stdout, `${size} ${Buffer.from(root).toString('base64')}\n`);
  });

  await test('and find out who shows them another one', async () => {
    const other = Buffer.alloc(32, 1).toString('base64');
    await assert.rejects(follow(program, [...args, '5', other]), /had another root/);
    await assert.rejects(
      follow(program, [w.ledger.url, await proof.vkey(w.pins.origin, w.who.alice.key.jwk.x)]),
      /note/,
    );
  });
}

// RFC 6962, section 2.1.
async function treeRoot(leaves) {
  if (leaves.length === 1) {
    return leaves[0];
  }
  let k = 1;
  while (k * 2 < leaves.length) {
    k *= 2;
  }
  return await sha256(
    concat(Uint8Array.of(1), await treeRoot(leaves.slice(0, k)), await treeRoot(leaves.slice(k))),
  );
}
