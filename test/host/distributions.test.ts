import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { bypassStatus, loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import type { Attachment } from '../../src/bypass/attachment.ts';
import { decodeBytes } from '../../src/host/bytes.ts';
import { listCgroups } from '../../src/host/cgroups.ts';
import { collectFacts } from '../../src/host/facts.ts';
import { blocking, hostIssues } from '../../src/host/issues.ts';
import { Host } from '../../src/host/host.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { bpfSource, makeSite, type BypassSite } from '../harness/host/bypass.ts';

/** As those of Ubuntu's linux-tools-common: the tool is in a package for each kernel. */
const STARTER = `#!/bin/sh
echo "WARNING: bpftool not found for kernel $(uname -r)" >&2
exit 2
`;

/** As bpftool 5.10 of Debian 11 was seen to do: pins are called as the programs' sections. */
const OLD = `#!/bin/sh
real=/usr/sbin/bpftool
case "$*" in
version) echo 'bpftool v5.15.160' ;;
'prog loadall '*)
  "$real" "$@" || exit
  mv "$4/sockmap_sockops" "$4/sockops" && mv "$4/sockmap_redirect" "$4/sk_msg"
  ;;
*) exec "$real" "$@" ;;
esac
`;

describe('hosts of other distributions', () => {
  let own: TemporaryDirectory;
  let site: BypassSite;
  let sshd: TestSshd;
  let host: Host;
  const connect = async (bpftool: string): Promise<void> => {
    own = temporaryDirectory({ bpftool });
    fs.chmodSync(path.join(own.path, 'bpftool'), 0o755);
    fs.chmodSync(own.path, 0o755);
    sshd = await startSshd({ serverLines: [`SetEnv PATH=${own.path}:/usr/bin:/bin`] });
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
    site = makeSite('distributions');
  };
  afterEach(async () => {
    await host.dispose();
    await sshd.stop();
    await site.remove();
    await own.remove();
  });

  it('a bpftool that finds none for this kernel is not "not installed"', async () => {
    await connect(STARTER);
    const facts = await collectFacts(host, { root: true });
    const [first] = blocking(hostIssues(facts), 'load');
    assert.match(first?.wrong ?? '', /is installed, but does not run: WARNING: bpftool not found/);
  });

  it('an old bpftool, which names pins by sections, loads both policies', async () => {
    await connect(OLD);
    for (const policy of ['guarded', 'classic'] as const) {
      const source = await bpfSource(policy);
      const { attachments } = await loadBypass(host, { cgroup: site.path, source });
      const [found] = attachments.filter(({ cgroup }) => cgroup === site.path);
      assert.equal(found?.state, 'attached');
      assert.ok(found.redirect !== undefined);
      await unloadBypass(host, site.path);
      await site.assertClean();
    }
  });
});

for (const way of ['ssh', 'local'] as const) {
  describe(`cgroups of odd names on a host by ${way}`, () => {
    let site: BypassSite;
    let sshd: TestSshd | undefined;
    let host: Host;
    before(async () => {
      if (way === 'ssh') sshd = await startSshd();
      host = new Host(sshd?.alias ?? 'local', {
        ssh: sshd === undefined ? {} : { configFile: sshd.configFile },
      });
      site = makeSite('names');
    });
    after(async () => {
      await host.dispose();
      await sshd?.stop();
      await site.remove();
    });

    it('are listed, loaded on, shown and unloaded', async () => {
      await host.becomeRoot();
      const source = await bpfSource('classic');
      const mount = cgroupMount() ?? '';
      const bytes = (...codes: number[]) => Buffer.from(codes);
      const names = [
        Buffer.from(' '),
        Buffer.from('-rf $(reboot)`x` it\'s "so" * a\\x2db\\n '),
        Buffer.from('\r\u0001\t\u007f\u2028ä€𝄞\r'),
        bytes(0xe9, 0xc3, 0x20, 0xed, 0xb3, 0xa9),
      ];
      const directories = names.map((name) => Buffer.concat([Buffer.from(`${site.path}/`), name]));
      for (const directory of directories) fs.mkdirSync(directory);
      try {
        const paths = directories.map((directory) => decodeBytes(directory));
        const listed = (await listCgroups(host, mount, { root: true })).map((one) => one.path);
        const below = listed.filter((one) => one.startsWith(`${site.path}/`));
        assert.deepEqual(below.sort(), Array.from(paths).sort());

        for (const cgroup of paths.slice(0, -1)) await loadBypass(host, { cgroup, source });
        // Relative to the root of the tree, too.
        await loadBypass(host, { cgroup: (paths.at(-1) ?? '').slice(mount.length), source });
        // Others load on this machine, too.
        const own = async () =>
          (await bypassStatus(host)).attachments.filter(({ cgroup }) =>
            cgroup?.startsWith(`${site.path}/`),
          );
        const told = (found: Attachment[], state: Attachment['state']) => {
          assert.deepEqual(found.map(({ cgroup }) => cgroup).sort(), Array.from(paths).sort());
          assert.ok(found.every((one) => one.state === state));
        };
        const shown = await own();
        told(shown, 'attached');
        // Without pins they are found by bpftool's list alone.
        for (const { pins = '' } of shown) fs.rmSync(pins, { recursive: true });
        told(await own(), 'unpinned');
        for (const cgroup of paths) await unloadBypass(host, cgroup);
        assert.deepEqual(await own(), []);
      } finally {
        for (const directory of directories) fs.rmdirSync(directory);
      }
    });
  });
}

describe('a clock that jumps', () => {
  it('does not make what is known of a host stale', async () => {
    const looks: string[] = [];
    const host = new Host('local', { log: (line) => looks.push(line) });
    const real = Date.now;
    try {
      for (const jump of [0, 3_600_000, -3_600_000]) {
        Date.now = () => real() + jump;
        await host.ready('control');
      }
      assert.equal(looks.filter((line) => /read the facts.*: exit/.test(line)).length, 1);
    } finally {
      Date.now = real;
      await host.dispose();
    }
  });
});
