import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { configureBypass } from '../../src/bypass/configure.ts';
import { bypassStatus, loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import type { BypassStatus } from '../../src/bypass/attachment.ts';
import { Host } from '../../src/host/host.ts';
import { firstLine } from '../../src/host/lines.ts';
import { endProcesses, processRef } from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { attachedTo, bpfSource, makeSite, type BypassSite } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { makeNetns, Pair, type TestNetns } from '../harness/host/traffic.ts';

const BYTES = 16 << 20;
const BPFFS = '/sys/fs/bpf';
const PIN_ROOT = `${BPFFS}/sockmap-bypass`;

/** A program that admits no other beside it, and is called as ours. */
const STRANGER = `#include <linux/bpf.h>
__attribute__((section("sockops"), used)) int sockmap_sockops(struct bpf_sock_ops *ops)
{
	return 1;
}
char LICENSE[] __attribute__((section("license"))) = "GPL";
`;

/**
 * A host whose BPF file system is its own, writable for everybody as a mount without a mode makes it. Others have
 * nothing of what is pinned there.
 */
describe('what is pinned on a host', () => {
  let own: TemporaryDirectory;
  let server: TestSshd;
  let holder: ChildProcess;
  let host: Host;
  let site: BypassSite;
  let netns: TestNetns;
  let stranger = '';

  before(async () => {
    own = temporaryDirectory({ 'stranger.bpf.c': STRANGER });
    fs.chmodSync(own.path, 0o755);
    stranger = path.join(own.path, 'stranger.o');
    const flags = ['-O2', '-g', '-target', 'bpf', '-idirafter', '/usr/include/x86_64-linux-gnu'];
    await run('clang', [...flags, '-c', path.join(own.path, 'stranger.bpf.c'), '-o', stranger]);
    const mount = 'mount -t bpf bpf /sys/fs/bpf && echo up && exec cat';
    holder = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', mount], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    assert.ok(holder.stdout);
    assert.equal(await firstLine(holder.stdout), 'up');
    const enter = path.join(own.path, 'enter');
    fs.writeFileSync(
      enter,
      `#!/bin/sh\nPATH=${path.join(own.path, 'first')}:$PATH
[ ! -e ${path.join(own.path, 'first/only')} ] || PATH=\${PATH%%:*}\nexec nsenter --mount=/proc/${holder.pid ?? 0}/ns/mnt -- sh -c "$SSH_ORIGINAL_COMMAND"\n`,
    );
    fs.chmodSync(enter, 0o755);
    server = await startSshd({ serverLines: [`ForceCommand ${enter}`] });
    netns = await makeNetns();
  });
  after(async () => {
    await netns.remove();
    await server.stop();
    const running = processRef(holder.pid ?? 0);
    holder.stdin?.end();
    await endProcesses(running === undefined ? [] : [running]);
    await own.remove();
  });
  beforeEach(() => {
    site = makeSite('pins');
    host = connect();
  });
  afterEach(async () => {
    await unloadBypass(host, site.path).catch(() => undefined);
    await host.dispose();
    await site.remove();
  });

  const connect = (): Host => new Host(server.alias, { ssh: { configFile: server.configFile } });
  /** On the host, where its pins are. */
  const there = (...argv: string[]): Promise<string> => host.check(argv, { tried: 'try' });
  const asUnprivileged = (...argv: string[]): Promise<string> =>
    there('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--', ...argv);
  /** As long as it is held, the host finds these scripts before its tools. */
  const tools = (scripts: Record<string, string>): AsyncDisposable => {
    const first = path.join(own.path, 'first');
    fs.mkdirSync(first);
    for (const [name, script] of Object.entries(scripts)) {
      fs.writeFileSync(path.join(first, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const remove = () => {
      fs.rmSync(first, { recursive: true });
      return Promise.resolve();
    };
    return { [Symbol.asyncDispose]: remove };
  };
  const load = async (replace: boolean | (() => Promise<boolean>) = false, by = host) =>
    loadBypass(by, { cgroup: site.path, source: await bpfSource('guarded'), replace });
  const entries = ({ attachments }: BypassStatus) =>
    attachments.filter(({ cgroup }) => cgroup === site.path);
  const pins = (): string => `${PIN_ROOT}/${site.inode}`;

  describe('where somebody else made its directory first', () => {
    afterEach(async () => {
      await there('rm', '-rf', PIN_ROOT);
      fs.rmSync(path.join(own.path, 'victim'), { recursive: true, force: true });
    });

    for (const [what, make] of [
      ['a link to a directory of somebody', ['ln', '-s', 'VICTIM', PIN_ROOT]],
      ['a directory of another user', ['mkdir', '-m', '700', PIN_ROOT]],
    ] as const) {
      it(`${what}: nothing of it is taken for ours, used or removed`, async () => {
        const victim = path.join(own.path, 'victim');
        const file = path.join(victim, String(site.inode), 'kept');
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, '');
        await asUnprivileged(...make.map((word) => (word === 'VICTIM' ? victim : word)));
        const { cgroup } = { cgroup: site.path };
        for (const attempt of [
          () => bypassStatus(host),
          () => load(),
          () => unloadBypass(host, cgroup),
          () => unloadBypass(host, pins()),
          () => configureBypass(host, { cgroup, mode: 'off' }),
        ]) {
          const { words } = await problemOf(attempt(), 'privilege');
          assert.match(words, /sockmap-bypass is not a directory of root's alone: .*(link|nobody)/);
        }
        assert.ok(fs.existsSync(file));
        assert.deepEqual(fs.readdirSync(victim), [String(site.inode)]);
        assert.deepEqual(await attachedTo(site.path), []);
      });
    }

    it('a directory of root’s that others may enter', async () => {
      await there('mkdir', '-m', '755', PIN_ROOT);
      assert.match((await problemOf(load(), 'privilege')).words, /mode 755/);
    });
  });

  it('is not made where others can change what is above', async () => {
    await there('chmod', '777', BPFFS);
    try {
      assert.match((await problemOf(load(), 'privilege')).words, /can be changed by others/);
      await there('test', '!', '-e', PIN_ROOT);
    } finally {
      await there('chmod', '1777', BPFFS);
    }
  });

  it('is removed by name: what is not of the bypass stays, and is named', async () => {
    await load();
    const other = `${pins()}/others`;
    await there('mkdir', other);
    for (const attempt of [() => load(true), () => unloadBypass(host, site.path)]) {
      const { words } = await problemOf(attempt(), 'command');
      assert.ok(words.includes(other), words);
    }
    await there('rmdir', other);
    await unloadBypass(host, site.path);
    await there('test', '!', '-e', PIN_ROOT);
  });

  it('of another layout is one entry, which is replaced without a connection lost', async () => {
    await load();
    const live = await Pair.connect(site.path, netns);
    await live.move(BYTES);
    const rename =
      'cd "$1" && mv sockmap_sockops on_socket && mv bypass_flows flows && rm bypass_config';
    await there('sh', '-c', rename, 'sh', pins());
    const [before, ...more] = entries(await bypassStatus(host));
    assert.deepEqual([before?.state, before?.policy, more], ['attached', 'guarded', []]);
    const [after] = entries(await load(true));
    assert.notEqual(after?.sockops?.id, before?.sockops?.id);
    assert.deepEqual(
      (await attachedTo(site.path)).map(({ id }) => id),
      [after?.sockops?.id],
    );
    assert.ok((await live.move(BYTES)) > BYTES, 'on TCP, and whole');
    await live.close();
  });

  it('is configured also where a pin was removed', async () => {
    await load();
    await there('rm', `${pins()}/bypass_config`);
    const [found] = entries(await bypassStatus(host));
    assert.deepEqual([found?.policy, found?.config?.mode], ['guarded', 'guarded']);
    const [told] = entries(await configureBypass(host, { cgroup: site.path, mode: 'off' }));
    assert.equal(told?.config?.mode, 'off');
  });

  it('is not configured while somebody else changes what is loaded', async () => {
    await load();
    const pin = `${pins()}/bypass_config`;
    await there('rm', pin);
    const turn = 'echo begun; sleep 2; test ! -e "$1" && echo unchanged';
    const enter = ['nsenter', `--mount=/proc/${holder.pid ?? 0}/ns/mnt`, '--'];
    const argv = [...enter, 'flock', PIN_ROOT, 'sh', '-c', turn, 'sh', pin];
    const other = spawn('env', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = readline.createInterface(other.stdout)[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, 'begun');
    const told = configureBypass(host, { cgroup: site.path, mode: 'off' });
    const [line] = await Promise.all([lines.next(), told]);
    assert.equal(line.value, 'unchanged');
  });

  describe('while it is being replaced', () => {
    it('is asked about when the new programs are ready, and stays after a no', async () => {
      const [first] = entries(await load());
      const other = connect();
      const asked: string[] = [];
      const kept = load(async () => {
        const [live, loading, ...more] = entries(await bypassStatus(other));
        assert.deepEqual([live, more], [first, []]);
        assert.equal(loading?.state, 'loading');
        assert.match(loading.loader ?? '', /^root, process \d+$/);
        asked.push(loading.pins ?? '');
        return false;
      });
      await problemOf(kept, 'cancelled');
      assert.equal(asked.length, 1);
      assert.deepEqual(entries(await bypassStatus(host)), [first]);
      await other.dispose();
    });

    it('takes turns where flock cannot wait, as BusyBox’s cannot', async () => {
      const flock = `case $* in *-w*) echo "flock: invalid option -- 'w'" >&2; exit 1 ;; esac
exec /usr/bin/flock "$@"`;
      await using _held = tools({ flock });
      const [first] = entries(await load());
      const other = connect();
      const states: (string | undefined)[] = [];
      const [second] = entries(
        await load(async () => {
          states.push(...entries(await bypassStatus(other)).map(({ state }) => state));
          return true;
        }),
      );
      assert.deepEqual(states, ['attached', 'loading']);
      assert.notEqual(second?.sockops?.id, first?.sockops?.id);
      await unloadBypass(other, site.path);
      await other.dispose();
    });

    it('is known by its process where there are no locks', async () => {
      await load();
      const other = connect();
      // The lock of a process that is another one now.
      const dead = `${pins()}_AAAAAAAA`;
      await there('mkdir', dead);
      await there('ln', '-s', 'ann, process 1, started 1', `${dead}/loader`);
      const seen: string[] = [];
      await load(async () => {
        await using _held = tools({ only: '' });
        for (const name of fs.readdirSync('/usr/bin').filter((each) => each !== 'flock')) {
          fs.symlinkSync(`/usr/bin/${name}`, path.join(own.path, 'first', name));
        }
        for (const { state, loader = '' } of entries(await bypassStatus(other))) {
          seen.push(`${state} ${loader.replace(/\d+/, 'N')}`);
        }
        return true;
      });
      assert.deepEqual(seen.sort(), ['attached ', 'detached ', 'loading root, process N']);
      await other.dispose();
    });

    it('is attached, though the old pins cannot go', async () => {
      const [old] = entries(await load());
      const foreign = `${pins()}/other`;
      const bpftool = `/usr/sbin/bpftool "$@" || exit
case $* in *'cgroup attach'*) mkdir ${foreign} ;; esac`;
      {
        await using _held = tools({ bpftool });
        const states = entries(await load(true)).map(({ state }) => state);
        assert.deepEqual(states, ['detached', 'attached']);
      }
      const [, now] = entries(await bypassStatus(host));
      assert.notEqual(now?.sockops?.id, old?.sockops?.id);
      assert.deepEqual(
        (await attachedTo(site.path)).map(({ id }) => id),
        [now?.sockops?.id],
      );
      await there('rmdir', foreign);
      await unloadBypass(host, site.path);
      await there('test', '!', '-e', PIN_ROOT);
    });

    it('nobody is asked when the new programs do not compile', async () => {
      await load();
      const source = { entry: 'a.bpf.c', files: new Map([['a.bpf.c', Buffer.from('#error no')]]) };
      const replace = () => assert.fail('it asks');
      await problemOf(loadBypass(host, { cgroup: site.path, source, replace }), 'compile');
    });

    it('is not unloaded with the load that is under way, which then takes its place', async () => {
      await load();
      const other = connect();
      const done = load(async () => {
        await unloadBypass(other, site.path);
        const { words } = await problemOf(unloadBypass(other, site.path), 'occupied');
        assert.match(words, /is being loaded on .* by root, process \d+/);
        return true;
      });
      assert.equal(entries(await done)[0]?.state, 'attached');
      await other.dispose();
    });
  });

  describe('beside a program of somebody else’s', () => {
    const pin = `${BPFFS}/stranger`;
    const attach = async (...flags: string[]): Promise<void> => {
      await there('bpftool', 'prog', 'load', stranger, pin);
      await there('bpftool', 'cgroup', 'attach', site.path, 'sock_ops', 'pinned', pin, ...flags);
    };
    afterEach(async () => {
      await there('bpftool', 'cgroup', 'detach', site.path, 'sock_ops', 'pinned', pin);
      await there('rm', '-f', pin);
    });

    it('which is called the same: it is named, and never detached', async () => {
      await attach('multi');
      const { namesakes } = await bypassStatus(host);
      const [stranger] = namesakes.filter(({ cgroup }) => cgroup === site.path);
      assert.equal(stranger?.name, 'sockmap_sockops');
      await problemOf(unloadBypass(host, site.path), 'not-found');
      await load();
      await unloadBypass(host, site.path);
      assert.deepEqual(
        (await attachedTo(site.path)).map(({ id }) => id),
        [stranger.id],
      );
    });

    it('which admits no other: the error names it', async () => {
      await attach();
      const { words, next } = await problemOf(load(), 'command');
      const [first = ''] = words.split('\n');
      assert.match(
        first,
        /^sockmap_sockops \(id \d+\) is at .* and admits no other: loaded by user 0/,
      );
      assert.ok(first.includes(site.path) && first.includes(`pinned at ${pin}`), first);
      assert.match(next, /multi/);
    });
  });

  it('is not "nothing" where bpftool does not come to its end', async () => {
    await load();
    const tools = path.join(own.path, 'tools');
    fs.mkdirSync(tools);
    const script = `#!/bin/sh
case "$*" in *'cgroup tree'*) printf '[{"cgroup":"/sys'; exit 255 ;; esac
exec ${path.join(tools, 'real')} "$@"
`;
    fs.copyFileSync('/usr/sbin/bpftool', path.join(tools, 'real'));
    fs.writeFileSync(path.join(tools, 'bpftool'), script, { mode: 0o755 });
    const broken = new Host(server.alias, { ssh: { configFile: server.configFile } });
    await there('mount', '--bind', path.join(tools, 'bpftool'), '/usr/sbin/bpftool');
    try {
      const { words } = await problemOf(bypassStatus(broken), 'command');
      assert.match(words, /bpftool did not list the programs of the cgroups/);
    } finally {
      await there('umount', '/usr/sbin/bpftool');
      await broken.dispose();
    }
  });
});
