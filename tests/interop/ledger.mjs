// SPDX-License-Identifier: AGPL-3.0-or-later
// A real ledgerd with its private PostgreSQL, in a folder of its own that goes with it.
import { execFile, spawn } from 'node:child_process';
import {
  appendFile,
  chmod,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LEDGERD = join(process.env.BUILD ?? 'build', 'ledgerd');

export async function until(seconds, what, condition) {
  // On a slow machine for longer.
  const deadline = Date.now() + 1000 * Math.max(60, 4 * seconds);
  for (;;) {
    const found = await condition();
    if (found) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`it never is so: ${what}`);
    }
    await new Promise((done) => setTimeout(done, 30));
  }
}

// No day ends there while the tests run (tests/lib/ledger.bash has more of it).
function zone() {
  return [13, 14].includes(new Date().getUTCHours()) ? 'Asia/Dhaka' : 'Asia/Seoul';
}

export class Ledger {
  log = [];

  static async init(origin, stewards, ...more) {
    const ledger = new Ledger();
    ledger.folder = await mkdtemp(join(tmpdir(), 'interop.'));
    ledger.data = join(ledger.folder, 'data');
    await chmod(ledger.folder, 0o755); // ledgerd started as root becomes another user
    const files = [];
    for (const [i, key] of stewards.entries()) {
      files.push(join(ledger.folder, `steward${i}.jwk`));
      await writeFile(files[i], JSON.stringify(key.jwk));
    }
    const options = [
      '--data',
      ledger.data,
      '--origin',
      origin,
      '--name',
      'Han River 한강',
      '--zone',
      zone(),
    ];
    await run(LEDGERD, [
      'init',
      ...options,
      ...files.flatMap((file) => ['--steward', file]),
      ...more,
    ]);
    return ledger;
  }

  // Starts it on ports that the system chooses, and waits until it listens.
  async start(...options) {
    const listen = [
      '--listen',
      '127.0.0.1:0',
      '--metrics_listen',
      '127.0.0.1:0',
      '--log_format',
      'json',
    ];
    this.child = spawn(LEDGERD, ['--data', this.data, ...listen, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = new Promise((done) =>
      this.child.once('exit', (code, signal) => done(code ?? signal)),
    );
    const ports = {};
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.log.push(line);
        if (line.includes('"listening"')) {
          const event = JSON.parse(line);
          ports[event.for] = event.port;
        }
      });
    }
    await until(60, 'ledgerd listens', () => {
      if (this.child.exitCode !== null) {
        throw new Error(`ledgerd ended: ${this.log.slice(-5).join('\n')}`);
      }
      return ports.requests && ports.metrics;
    });
    this.url = `http://127.0.0.1:${ports.requests}`;
    this.inside = `http://127.0.0.1:${ports.metrics}`;
  }

  async ready() {
    await until(
      60,
      '/readyz says 200',
      async () => (await fetch(`${this.url}/readyz`)).status === 200,
    );
  }

  async stop() {
    this.child.kill('SIGTERM');
    return await this.ended;
  }

  // Lets the operating system's user in as the cluster's superuser, until ledgerd is started again.
  async letSuperuserIn() {
    const pg = (name) => join(this.data, 'pg', name);
    const ident = await readFile(pg('ledgerd-ident.conf'), 'utf8');
    if (ident.includes('ledger_superuser')) {
      return;
    }
    await appendFile(pg('ledgerd-ident.conf'), ident.replace(/ ledger$/m, ' ledger_superuser'));
    const hba = await readFile(pg('ledgerd-hba.conf'), 'utf8');
    await writeFile(pg('ledgerd-hba.conf'), `local all ledger_superuser peer map=owner\n${hba}`);
    process.kill(Number((await readFile(pg('postmaster.pid'), 'utf8')).split('\n')[0]), 'SIGHUP');
  }

  // SQL as the cluster's superuser.
  async psqlSuper(sql, database = 'postgres') {
    await this.letSuperuserIn();
    return await until(30, 'the superuser is let in', async () => {
      try {
        return { said: await this.psql(sql, database, 'ledger_superuser') };
      } catch (error) {
        if (/pg_hba\.conf rejects/.test(error.stderr)) {
          return null;
        }
        throw error;
      }
    });
  }

  // SQL as ledgerd's own user.
  async psql(sql, database = 'ledger', role = 'ledger') {
    const socket = (await readFile(join(this.data, 'pg/postmaster.pid'), 'utf8')).split('\n')[4];
    const psql = [
      'psql',
      '-XqAt',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      socket,
      '-U',
      role,
      database,
      '-c',
      sql,
    ];
    const as =
      process.getuid() === 0
        ? ['setpriv', '--reuid=ledgerd', '--regid=ledgerd', '--init-groups']
        : ['env'];
    return (await run(as[0], [...as.slice(1), ...psql], { cwd: '/' })).stdout;
  }

  // Whatever a failed test left running goes too: PostgreSQL's processes are those that work in its
  // folder.
  async remove() {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await this.ended;
    }
    const pg = await realpath(join(this.data, 'pg')).catch(() => null);
    for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
      if (pg !== null && cwd === pg) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // it has just ended by itself
        }
      }
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
