import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { bypassStatus, loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { makeAccount } from '../harness/accounts.ts';
import { atEnd } from '../harness/cleanup.ts';
import { startSshd, type SshdOptions, type TestSshd } from '../harness/sshd.ts';
import { bpfSource, makeSite, type BypassSite } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';

describe('a host with tight limits', () => {
  let site: BypassSite;
  let sshd: TestSshd;
  let host: Host;
  const connect = async (options: SshdOptions): Promise<void> => {
    sshd = await startSshd(options);
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
    site = makeSite('limits');
  };
  afterEach(async () => {
    await host.dispose();
    await sshd.stop();
    await site.remove();
  });
  const load = async () =>
    loadBypass(host, { cgroup: site.path, source: await bpfSource('classic') });
  /** It loads, or says why not and leaves nothing. @returns the host's words. */
  const tried = async (): Promise<string | undefined> => {
    try {
      await load();
    } catch (error) {
      assert.ok(error instanceof HostError, String(error));
      assert.notEqual(error.problem.words.trim(), '');
      assert.notEqual(error.problem.kind, 'privilege');
      await site.assertClean();
      return error.problem.words;
    }
    await unloadBypass(host, site.path);
    await site.assertClean();
    return undefined;
  };

  it('of open files: it loads', async () => {
    await connect({ mounts: 'ulimit -n 24' });
    assert.equal(await tried(), undefined);
  });

  it('of processes: it says so, and leaves nothing; without them it loads', async () => {
    const limit = `/sys/fs/cgroup/pids/sockmap-test-limits-${process.pid}`;
    fs.mkdirSync(limit);
    const remove = atEnd(() => {
      fs.rmdirSync(limit);
      return Promise.resolve();
    });
    await connect({ mounts: `echo $$ >${limit}/cgroup.procs` });
    try {
      const words: (string | undefined)[] = [];
      for (const most of ['4', '7', '9', '12']) {
        fs.writeFileSync(path.join(limit, 'pids.max'), most);
        words.push(await tried());
        await host.dispose();
      }
      assert.ok(words.some((one) => one !== undefined));
      fs.writeFileSync(path.join(limit, 'pids.max'), 'max');
      assert.equal(await tried(), undefined);
    } finally {
      await host.dispose();
      await sshd.stop();
      await remove();
    }
  });

  describe('of memory', () => {
    /** clang would need some gigabytes for it. */
    const LARGE = 'int a[1 << 28] = { [0 ... (1 << 28) - 1] = 1 };\n';
    const large = { entry: 'large.bpf.c', files: new Map([['large.bpf.c', Buffer.from(LARGE)]]) };
    const tool = fs.readFileSync(path.join(import.meta.dirname, '../../bpf/tools/verify.c'));
    const assertTold = async (attempt: Promise<unknown>): Promise<void> => {
      const problem = await problemOf(attempt, 'compile');
      assert.match(problem.headline ?? '', /^the compiler ran out of memory \(2 GiB, or /);
      assert.match(problem.next, /ulimit -v/);
      await site.assertClean();
    };

    it('that the compiler may use: it says so, for load as for verify; the next one loads', async () => {
      await connect({});
      await assertTold(loadBypass(host, { cgroup: site.path, source: large }));
      await assertTold(verifySource(host, large, { tool }));
      assert.equal(await tried(), undefined);
    });

    it('that the login has: it says so, for load as for verify; the next one loads', async () => {
      await connect({ mounts: 'ulimit -v 600000' });
      await assertTold(loadBypass(host, { cgroup: site.path, source: large }));
      await assertTold(verifySource(host, large, { tool }));
      const { compiler } = await verifySource(host, await bpfSource('guarded'), { tool });
      assert.equal(compiler, '', 'its limit is no finding about the source');
      assert.equal(await tried(), undefined);
    });
  });

  it('root and an account with sudo at once: each has what is its own', async () => {
    await connect({});
    const account = await makeAccount('nopasswd');
    sshd.addHost('with-sudo', { user: account.name });
    const other = new Host('with-sudo', { ssh: { configFile: sshd.configFile } });
    const second = makeSite('limits-2');
    try {
      const source = await bpfSource('classic');
      for (let round = 0; round < 2; round++) {
        await Promise.all([load(), loadBypass(other, { cgroup: second.path, source })]);
        const { attachments } = await bypassStatus(host);
        for (const { path: own } of [site, second]) {
          const states = attachments.flatMap(({ cgroup, state }) =>
            cgroup === own ? [state] : [],
          );
          assert.deepEqual(states, ['attached']);
        }
        await Promise.all([
          unloadBypass(host, site.path),
          bypassStatus(other),
          unloadBypass(other, second.path),
        ]);
      }
      await site.assertClean();
      await second.assertClean();
    } finally {
      await other.dispose();
      await second.remove();
      await account.remove();
    }
  });
});
