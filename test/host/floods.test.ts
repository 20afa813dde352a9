import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { makeAccount } from '../harness/accounts.ts';
import { run } from '../harness/run.ts';
import { startSshd } from '../harness/sshd.ts';
import { processesOfUser } from '../harness/processes.ts';
import { eventually } from '../harness/host/wait.ts';

interface Told {
  readonly outcomes: Readonly<Record<'stdout' | 'stderr' | 'guard' | 'spawned', string>>;
  readonly grownMiB: number;
}

describe('a host whose tools send without end', () => {
  it('takes bounded memory of the client, is reported by name, and the commands end there', async () => {
    const account = await makeAccount('none');
    const server = await startSshd({ user: account.name, startupFiles: true });
    try {
      const bin = path.join(account.home, 'bin');
      fs.mkdirSync(bin);
      const tool = '#!/bin/sh\n[ $# = 0 ] || exec >&2\nexec tr "\\0" x </dev/zero\n';
      fs.writeFileSync(path.join(bin, 'bpftool'), tool, { mode: 0o755 });
      fs.writeFileSync(path.join(account.home, '.bashrc'), `PATH=${bin}:$PATH\n`);
      const script = path.join(import.meta.dirname, '../harness/host/floods.ts');
      const args = ['--import', 'tsx', script, server.alias, server.configFile];
      const { outcomes, grownMiB } = JSON.parse(await run(process.execPath, args)) as Told;
      assert.match(outcomes.stdout, /sent more than 32 MiB to its standard output/);
      assert.match(outcomes.stdout, /Could not flood on sockmap-test/);
      assert.match(outcomes.stdout, /it sent/);
      assert.match(outcomes.stderr, /sent more than 8 MiB to its standard error/);
      assert.match(outcomes.guard, /Could not flood on sockmap-test/);
      assert.match(outcomes.spawned, /kept 65536$/);
      assert.ok(grownMiB < 200, `${grownMiB} MiB more`);
      await eventually('nothing of the account runs', () =>
        processesOfUser(account.uid).every(({ pid }) => {
          const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
          return !line.startsWith('tr');
        }),
      );
    } finally {
      await server.stop();
      await account.remove();
    }
  });
});
