// SPDX-License-Identifier: AGPL-3.0-or-later
// Run by scripts/check interop, with BUILD (where ledgerd is) and ROOT (where docs/ is) as absolute
// folders. The tests follow each other on one ledger, and are printed as TAP.
import { test } from 'node:test';
import './vectors.mjs';
import { audit, strangers } from './audit.mjs';
import { clearing } from './clearing.mjs';
import { hostile } from './hostile.mjs';
import { mutants } from './mutants.mjs';
import { breakdown, coverage, statuses } from './statuses.mjs';
import { statements } from './statement.mjs';
import { story } from './story.mjs';
import { witnesses } from './witness.mjs';
import { World } from './world.mjs';

const w = new World();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await w.ledger?.remove();
    process.exit(1);
  });
}
let begun = false;
await test('ledgerd starts', async () => {
  await w.begin();
  begun = true;
});
try {
  if (begun) {
    await story(w);
    await statements(w);
    await clearing(w);
    await hostile(w);
    await mutants(w);
    await statuses(w);
    await audit(w);
    await strangers(w);
    await witnesses(w);
    await breakdown(w);
    await coverage(w);
  }
} finally {
  await w.ledger?.remove();
}
