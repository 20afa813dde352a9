import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import type { Attachment } from '../../src/bypass/attachment.ts';
import { compilerFlags, readTarget } from '../../src/bypass/build.ts';
import { parsePrefix } from '../../src/bypass/config.ts';
import { configureBypass } from '../../src/bypass/configure.ts';
import { bypassStatus, loadBypass, unloadBypass, type LoadOptions } from '../../src/bypass/load.ts';
import { addCgroups, removeCgroups } from '../../src/bypass/membership.ts';
import { networkNamespaces } from '../../src/bypass/namespaces.ts';
import { existingCgroup, existingCgroups, listCgroups } from '../../src/host/cgroups.ts';
import { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { scriptArgv } from '../../src/host/hostScript.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import {
  attachedTo,
  bpfSource,
  localKeys,
  makeSite,
  type BypassSite,
} from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { Talk } from '../harness/host/talk.ts';
import { makeNetns } from '../harness/host/traffic.ts';
import { eventually } from '../harness/host/wait.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const COMMAND = path.join(import.meta.dirname, '../../bpf/tools/sockmap-bypassctl');

/** A program that admits no other beside it, once it is attached without flags. */
const ALONE = `__attribute__((section("sockops"), used)) int alone(void *ops) { return 1; }
char LICENSE[] __attribute__((section("license"))) = "GPL";
`;

/** Runs a command that becomes sleep(1), in a cgroup. */
async function startIn(cgroup: string, ...argv: readonly string[]): Promise<ChildProcess> {
  const script = 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"';
  const child = spawn('sh', ['-c', script, 'sh', cgroup, ...argv], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await eventually('it runs', () => {
    const comm = fs.readFileSync(`/proc/${String(child.pid)}/comm`, 'utf8');
    return Promise.resolve(comm === 'sleep\n');
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('the network namespaces of cgroups', () => {
  let site: BypassSite;
  let host: Host;
  const running: ChildProcess[] = [];
  beforeEach(() => {
    site = makeSite('namespaces');
    host = new Host('local');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map(end));
    await host.dispose();
    await site.remove();
  });

  /** A process in a cgroup that has entered namespaces of its own, by flags of unshare(1). */
  const start = async (cgroup: string, ...flags: readonly string[]) => {
    const by = flags.length === 0 ? [] : ['unshare', ...flags];
    running.push(await startIn(cgroup, ...by, 'sleep', '60'));
  };

  it('are those of their processes, each once, with those in user namespaces told apart', async () => {
    const { path: cgroup } = site;
    assert.deepEqual(await networkNamespaces(host, [cgroup]), {
      count: 0,
      userOwned: 0,
      capped: false,
      canReachHost: true,
    });
    const [inner, other] = [path.join(cgroup, 'inner'), site.cgroup.child('other')];
    fs.mkdirSync(inner);
    await start(cgroup);
    await start(cgroup);
    const counts = async (...cgroups: string[]) => {
      const { count, userOwned } = await networkNamespaces(host, cgroups);
      return [count, userOwned];
    };
    assert.deepEqual(await counts(cgroup), [1, 0]);
    await start(inner, '--net');
    await start(other, '--user', '--map-root-user', '--net');
    assert.deepEqual(await counts(cgroup), [2, 0]);
    assert.deepEqual(await counts(other), [1, 1]);
    assert.deepEqual(await counts(cgroup, other), [3, 1]);
  });

  it('are of cgroups that are there', async () => {
    await problemOf(networkNamespaces(host, [site.path, `${site.path}-gone`]), 'not-found');
  });
});

describe('the name of a cgroup', () => {
  const mount = cgroupMount() ?? '';
  let site: BypassSite;
  let own: TemporaryDirectory;
  let host: Host;
  beforeEach(async () => {
    site = makeSite('names');
    own = temporaryDirectory();
    host = new Host('local');
    await host.becomeRoot();
  });
  afterEach(async () => {
    await host.dispose();
    await own.remove();
    await site.remove();
  });

  /** Spellings of a directory of the tree, with a link to it and a path through a cgroup of ours. */
  function spellings(directory: string): string[] {
    const link = path.join(own.path, 'link');
    fs.symlinkSync(directory, link);
    const [last, above] = [path.basename(directory), path.dirname(directory)];
    return [
      directory,
      `${directory}/`,
      `${directory}//`,
      `${directory}/.`,
      `${directory}/./`,
      `/${directory}`,
      directory.replaceAll('/', '//'),
      directory.replaceAll('/', '/./'),
      `${directory}/../${last}`,
      `${above}/./${last}/../${last}/`,
      link,
      `${link}/`,
      `${own.path}/./link/.`,
    ];
  }

  it('is read by the host: the root is the mount, under every spelling', async () => {
    const inner = path.relative(mount, site.path);
    const named = [
      ...spellings(mount),
      '/',
      '//',
      '.',
      './',
      '/.',
      './/.',
      `${inner}/../..`,
      `/${inner}/../../`,
      `${site.path}/../..`,
      `${inner}/../../${inner}/../..`,
    ];
    assert.deepEqual(
      await existingCgroups(host, mount, named),
      named.map(() => mount),
    );
  });

  it('of any other is its directory, under every spelling', async () => {
    const { path: cgroup } = site;
    const inner = path.relative(mount, cgroup);
    const named = [
      ...spellings(cgroup),
      inner,
      `/${inner}`,
      `./${inner}`,
      `${inner}/`,
      `./${inner}//.`,
      `${inner}/../../${inner}`,
    ];
    assert.deepEqual(
      await existingCgroups(host, mount, named),
      named.map(() => cgroup),
    );
  });

  it('may hold what means something to shells', async () => {
    const names = ["it's", '$(id)', 'a;b', '*', '-rf', 'a\\x2db', 'x y', ' x ', 'grüße', '…'];
    const all = names.map((name) => site.cgroup.child(name));
    assert.deepEqual(await existingCgroups(host, mount, all), all);
  });

  it('is none outside of the tree, or where nothing is', async () => {
    for (const named of ['', ' ', '..', '/../..', `${mount}/..`, `${mount}/../..`, 'a\nb']) {
      await problemOf(existingCgroup(host, mount, named), 'input');
    }
    for (const named of ['/etc', '/sys/fs/bpf', own.path, `${mount}2`, '...', 'cgroup.procs']) {
      await problemOf(existingCgroup(host, mount, named), 'not-found');
    }
    const words = (await problemOf(existingCgroups(host, mount, ['/', 'none-such']), 'not-found'))
      .words;
    assert.equal(words, `${mount}/none-such is not a cgroup`);
  });

  it('of the root is known by its inode, where it is bound into its own tree', async () => {
    const { path: cgroup } = site;
    const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
    const argv = ['-m', 'sh', '-c', script, 'sh', mount, cgroup];
    const { stdout } = await execa('unshare', [
      ...argv,
      ...scriptArgv('named-cgroups.sh', cgroup, path.relative(mount, cgroup)),
    ]);
    assert.deepEqual(stdout.split('\n'), [mount, mount]);
  });

  it('of the root is refused by the command of the host, whatever it is called', async () => {
    const link = path.join(own.path, 'link');
    fs.symlinkSync(mount, link);
    for (const named of ['/', '.', `${mount}/`, `${site.path}/../..`, link]) {
      // Without an object nothing is attached.
      const argv = ['load', '--cgroup', named, '--object', path.join(own.path, 'none')];
      for (const meant of [false, true]) {
        const all = [COMMAND, ...argv, ...(meant ? ['--whole-host'] : [])];
        const { exitCode, stderr } = await execa('sh', all, { reject: false });
        assert.equal(exitCode, 1, stderr);
        assert.match(stderr, /warning: \S+ is the root cgroup, which holds every process/, named);
        assert.equal(/nothing has changed; .*--whole-host/.test(stderr), !meant, stderr);
        assert.equal(stderr.includes('none'), meant, stderr);
      }
    }
    const other = ['load', '--cgroup', site.path, '--object', path.join(own.path, 'none')];
    const { stderr } = await execa('sh', [COMMAND, ...other], { reject: false });
    assert.doesNotMatch(stderr, /root cgroup/);
  });
});

describe('the list of cgroups', () => {
  it('tells what runs in each, and whether it has TCP sockets', async () => {
    const site = makeSite('listed');
    const host = new Host('local');
    const children: ChildProcess[] = [];
    try {
      await host.becomeRoot();
      const mount = cgroupMount() ?? '';
      const [talking, quiet] = ['talking', 'quiet'].map((name) => site.cgroup.child(name));
      assert.ok(talking !== undefined && quiet !== undefined);
      children.push(await startIn(quiet, 'sleep', '60'), await startIn(quiet, 'sleep', '60'));
      const listen = `require('node:net').createServer().listen(0, '127.0.0.1', () => process.title = 'listens');`;
      const script = 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"';
      const argv = ['-c', script, 'sh', talking, process.execPath, '-e', listen];
      const server = spawn('sh', argv, { stdio: ['ignore', 'ignore', 'inherit'] });
      children.push(server);
      await eventually('it listens', () =>
        Promise.resolve(
          fs.readFileSync(`/proc/${String(server.pid)}/comm`, 'utf8') === 'listens\n',
        ),
      );
      const all = await listCgroups(host, mount, { root: true });
      const told = (at: string) => {
        const { processes, programs, hasSockets } = all.find(({ path }) => path === at) ?? {};
        return [processes, programs?.map(({ name, count }) => `${name} ${count}`), hasSockets];
      };
      assert.deepEqual(told(quiet), [2, ['sleep 2'], false]);
      assert.deepEqual(told(talking), [1, ['listens 1'], true]);
      assert.deepEqual(told(site.cgroup.path), [3, ['sleep 2', 'listens 1'], true]);
      const [root] = all;
      assert.equal(root?.path, mount);
      assert.ok(root.processes >= 3 && root.hasSockets);
    } finally {
      await Promise.all(children.map(end));
      await host.dispose();
      await site.remove();
    }
  });
});

describe('a bypass of several cgroups', () => {
  let host: Host;
  let site: BypassSite;
  let cgroups: { a: string; b: string; c: string; inner: string };
  const talks: Talk[] = [];

  beforeEach(() => {
    host = new Host('local');
    site = makeSite('several');
    const { cgroup, path: a } = site;
    const inner = path.join(a, 'inner');
    fs.mkdirSync(inner);
    cgroups = { a, inner, b: cgroup.child('b'), c: cgroup.child('c') };
  });
  afterEach(async () => {
    for (const talk of talks.splice(0)) await talk.close();
    for (const { cgroup, cgroups: on, pins } of await ours()) {
      await unloadBypass(host, cgroup ?? on[0] ?? pins ?? '').catch(() => undefined);
    }
    await host.dispose();
    await site.remove();
  });

  const load = async (on: readonly string[], more: Partial<LoadOptions> = {}) =>
    loadBypass(host, { cgroups: on, source: await bpfSource('guarded'), ...more });
  const isOurs = (one: Attachment) =>
    [...one.cgroups, ...one.gone].some((each) => each.startsWith(site.cgroup.path));
  const ours = async () => (await bypassStatus(host)).attachments.filter(isOurs);
  /** Those of the status, each bypass with its cgroups. */
  const seen = async () => (await ours()).map((one) => one.cgroups.toSorted());
  const bytes = async (on: string) =>
    (await ours()).find((one) => one.cgroups.includes(on))?.counters['redirected_bytes'] ?? 0;
  async function connect(server: string, client: string): Promise<Talk> {
    const talk = await Talk.connect({ cgroup: server }, { cgroup: client });
    talks.push(talk);
    return talk;
  }
  const assertBypassed = async (talk: Talk, on: string) => {
    await talk.move(1000);
    const before = await bytes(on);
    await talk.move(1000);
    assert.equal((await bytes(on)) - before, 2000);
  };
  const assertOnTcp = async (talk: Talk, on: string) => {
    const before = await bytes(on);
    await talk.move(1000);
    assert.equal(await bytes(on), before);
  };
  const assertGone = async () => {
    assert.deepEqual(await seen(), []);
    for (const each of Object.values(cgroups)) {
      if (fs.existsSync(each)) assert.deepEqual(await attachedTo(each), []);
    }
    await site.assertClean();
  };

  it('is one, with one set of programs: connections between them bypass TCP', async () => {
    const { a, b } = cgroups;
    await load([a, b]);
    assert.deepEqual(await seen(), [[a, b].toSorted()]);
    assert.deepEqual(await attachedTo(a), await attachedTo(b));
    const talk = await connect(a, b);
    await assertBypassed(talk, a);
    // By whichever of its cgroups.
    const { unloaded } = await unloadBypass(host, b);
    assert.deepEqual(unloaded?.toSorted(), [a, b].toSorted());
    await talk.move(1000);
    await assertGone();
  });

  it('is on all of them or on none', async () => {
    const { a, b, c } = cgroups;
    const alone = path.join('/sys/fs/bpf', path.basename(b) + String(process.pid));
    const own = temporaryDirectory();
    const [text, object] = ['alone.c', 'alone.o'].map((name) => path.join(own.path, name));
    fs.writeFileSync(text ?? '', ALONE);
    await run('clang', ['-O2', '-target', 'bpf', '-c', text ?? '', '-o', object ?? '']);
    await run('bpftool', ['prog', 'load', object ?? '', alone, 'type', 'sockops']);
    try {
      await run('bpftool', ['cgroup', 'attach', b, 'sock_ops', 'pinned', alone]);
      const { headline } = await problemOf(load([a, c, b]), 'command');
      assert.match(headline ?? '', /admits no other/);
      assert.deepEqual(await seen(), []);
      for (const each of [a, c]) assert.deepEqual(await attachedTo(each), []);
      await load([a]);
      const added = await problemOf(addCgroups(host, { to: a, cgroups: [c, b] }), 'command');
      assert.match(added.headline ?? '', /admits no other/);
      assert.deepEqual(await seen(), [[a]]);
      assert.deepEqual(await attachedTo(c), []);
      await run('bpftool', ['cgroup', 'detach', b, 'sock_ops', 'pinned', alone]);
    } finally {
      fs.rmSync(alone);
      await own.remove();
    }
  });

  it('takes cgroups in and lets them go while it runs', async () => {
    const { a, b, c } = cgroups;
    await load([a]);
    const [before] = await ours();
    await addCgroups(host, { to: a, cgroups: [b, c] });
    assert.deepEqual(await seen(), [[a, b, c].toSorted()]);
    const talk = await connect(a, b);
    await assertBypassed(talk, b);

    const covered = await problemOf(removeCgroups(host, [b, cgroups.inner]), 'not-found');
    assert.equal(covered.words, `the bypass is on ${a}, which ${cgroups.inner} is in`);
    assert.ok(covered.next.startsWith(`Take ${a} out`), covered.next);
    assert.deepEqual(await seen(), [[a, b, c].toSorted()]);

    // The one that its pins are named after.
    await removeCgroups(host, [a]);
    assert.deepEqual(await seen(), [[b, c].toSorted()]);
    const [after] = await ours();
    assert.notEqual(after?.pins, before?.pins);
    assert.deepEqual(after?.sockops, before?.sockops);
    await assertBypassed(talk, b);
    const next = await connect(a, b);
    await assertOnTcp(next, b);
    await load([a]);
    assert.equal((await seen()).length, 2);

    await removeCgroups(host, [b, c, a]);
    await talk.move(1000);
    await assertGone();
  });

  it('has no socket run its programs twice: of cgroups in each other the outermost counts', async () => {
    const { a, b, inner } = cgroups;
    await load([inner, a, a]);
    assert.deepEqual(await seen(), [[a]]);
    assert.deepEqual(await attachedTo(inner), []);
    await addCgroups(host, { to: a, cgroups: [inner] });
    assert.deepEqual(await attachedTo(inner), []);
    await unloadBypass(host, a);

    await load([inner, b]);
    await addCgroups(host, { to: b, cgroups: [a] });
    assert.deepEqual(await seen(), [[a, b].toSorted()]);
    assert.deepEqual(await attachedTo(inner), []);
    const talk = await connect(inner, inner);
    await assertBypassed(talk, a);
    assert.equal((await ours())[0]?.counters['sockets_added'], 2);
  });

  it('goes on when one of them is removed', async () => {
    const { a, b, c, inner } = cgroups;
    await load([a, b]);
    fs.rmdirSync(inner);
    fs.rmdirSync(a);
    const [one] = await ours();
    assert.deepEqual([one?.state, one?.cgroups, one?.gone], ['attached', [b], [a]]);
    await addCgroups(host, { to: b, cgroups: [c] });
    const [more] = await ours();
    assert.deepEqual([more?.cgroups.toSorted(), more?.gone], [[b, c].toSorted(), []]);
    const talk = await connect(c, b);
    await assertBypassed(talk, b);
    fs.mkdirSync(a);
    await load([a]);
    await unloadBypass(host, b);
    assert.deepEqual(await seen(), [[a]]);
    await unloadBypass(host, a);
    await assertGone();
  });

  it('is in the way of another, which can take cgroups over', async () => {
    const { a, b, c } = cgroups;
    await load([b, c]);
    await problemOf(load([a, b]), 'occupied');
    assert.deepEqual(await attachedTo(a), []);
    await load([a]);
    await problemOf(addCgroups(host, { to: a, cgroups: [c] }), 'occupied');
    assert.deepEqual(
      (await seen()).map(String).toSorted(),
      [[a], [b, c].toSorted()].map(String).toSorted(),
    );
    await load([a, b], { replace: true });
    assert.deepEqual(
      (await seen()).map(String).toSorted(),
      [[a, b].toSorted(), [c]].map(String).toSorted(),
    );
    await load([a, b, c], { replace: true });
    assert.deepEqual(await seen(), [[a, b, c].toSorted()]);
    await problemOf(addCgroups(host, { to: `${a}x`, cgroups: [a] }), 'command');
    await unloadBypass(host, c);
    await assertGone();
  });

  it('is loaded by one of two at once that want the same cgroup', async () => {
    const { a, b, c } = cgroups;
    const other = new Host('local');
    try {
      const source = await bpfSource('guarded');
      const results = await Promise.allSettled([
        load([a, b]),
        loadBypass(other, { cgroups: [c, b], source }),
      ]);
      const won = results.findIndex(({ status }) => status === 'fulfilled');
      const lost = results[1 - won];
      assert.ok(lost?.status === 'rejected' && lost.reason instanceof HostError);
      assert.equal(lost.reason.problem.kind, 'occupied');
      assert.deepEqual(await seen(), [[won === 0 ? a : c, b].toSorted()]);
      assert.deepEqual(await attachedTo(won === 0 ? c : a), []);
    } finally {
      await other.dispose();
    }
  });

  /** Loads on two cgroups with a command that is killed when it attaches to one of them. */
  async function killedAt(at: string, on: readonly string[]): Promise<void> {
    const own = temporaryDirectory();
    try {
      const { stdout: bpftool } = await execa('sh', ['-c', 'command -v bpftool']);
      const script = `#!/bin/sh\ncase $* in "cgroup attach ${at} "*) kill -s KILL $PPID ;; *) exec ${bpftool} "$@" ;; esac\n`;
      fs.writeFileSync(path.join(own.path, 'bpftool'), script, { mode: 0o755 });
      const PATH = `${own.path}:${process.env['PATH'] ?? ''}`;
      const [bpf, entry] = [path.join(COMMAND, '../..'), 'sockmap_bypass.bpf.c'];
      const object = path.join(own.path, 'bypass.o');
      const flags = compilerFlags(await readTarget(host), bpf, bpf, { entry });
      await run('clang', [...flags, '-c', path.join(bpf, entry), '-o', object]);
      const argv = ['load', '--cgroup', ...on, '--object', object];
      const killed = await execa(COMMAND, argv, { reject: false, env: { PATH } });
      assert.notEqual(killed.exitCode, 0);
    } finally {
      await own.remove();
    }
  }

  it('whose load was killed in between is on the first, and ends with one unload', async () => {
    const { a, b, c } = cgroups;
    await killedAt(b, [a, b]);
    assert.deepEqual(await seen(), [[a]]);
    // That it names the second is in nobody's way.
    await load([c]);
    await addCgroups(host, { to: c, cgroups: [b] });
    await removeCgroups(host, [b, c]);
    await load([b]);
    assert.deepEqual((await seen()).map(String).toSorted(), [a, b].toSorted());
    await removeCgroups(host, [a]);
    assert.deepEqual(await seen(), [[b]]);
    await unloadBypass(host, b);
    await assertGone();
  });

  it('whose load was killed before it was on any lets each of them go', async () => {
    const { a, b } = cgroups;
    await killedAt(a, [a, b]);
    const [left] = await ours();
    assert.deepEqual([left?.state, left?.cgroups.toSorted()], ['detached', [a, b].toSorted()]);
    await removeCgroups(host, [a]);
    assert.deepEqual(await seen(), [[b]]);
    await removeCgroups(host, [b]);
    await assertGone();
  });

  describe('that reaches the host', () => {
    const FAR = '10.99.96.1';
    const key = (address: string) => parsePrefix(address).address.map(toHex).join(' ');
    const keys = async () => {
      const [one] = await ours();
      return (await localKeys(one?.pins ?? '')).map((each) => each.slice('80 00 00 00 '.length));
    };
    const children: ChildProcess[] = [];
    afterEach(async () => {
      await Promise.all(children.splice(0).map(end));
    });
    /** A process in namespaces of its own, with an address and a time-out of connection tracking. */
    async function isolated(cgroup: string, address: string, timeout: number, ...flags: string[]) {
      const file = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established';
      const script = `ip address add ${address}/32 dev lo && echo ${timeout} >${file} && exec sleep 60`;
      const child = await startIn(cgroup, 'unshare', '--net', ...flags, 'sh', '-c', script);
      children.push(child);
    }

    it('has the addresses of the host’s own namespace, and a time-out of its own for connection tracking', async () => {
      const { a, b } = cgroups;
      await isolated(a, FAR, 90);
      // Any user can make such a one: it counts for nothing.
      await isolated(b, '10.99.96.2', 9, '--user', '--map-root-user');
      await load([a, b], { reach: 'host' });
      const [host1] = await ours();
      assert.deepEqual([host1?.config?.reach, host1?.config?.keepAlive], ['host', 30]);
      assert.ok((await keys()).includes(key('127.0.0.1')));
      for (const address of [FAR, '10.99.96.2']) assert.ok(!(await keys()).includes(key(address)));

      const change = { cgroup: b, mode: 'guarded' } as const;
      await configureBypass(host, { ...change, reach: 'namespace' });
      assert.equal((await ours())[0]?.config?.reach, 'namespace');
      assert.ok((await keys()).includes(key(FAR)));
      const [c, later] = [cgroups.c, '10.99.96.3'];
      const [d, last] = [site.cgroup.child('d'), '10.99.96.4'];
      await isolated(c, later, 60);
      await isolated(d, last, 45);
      await addCgroups(host, { to: a, cgroups: [c] });
      assert.ok((await keys()).includes(key(later)));
      await execa(COMMAND, ['attach', '--cgroup', d, '--to', b]);
      for (const address of [FAR, later, last]) assert.ok((await keys()).includes(key(address)));
      await removeCgroups(host, [c, d]);
      await configureBypass(host, { ...change, reach: 'host', limits: { oneWayLimit: 7 } });
      const [host2] = await ours();
      assert.deepEqual([host2?.config?.reach, host2?.config?.oneWayLimit], ['host', 7]);
      assert.ok(!(await keys()).includes(key(FAR)));
      await addCgroups(host, { to: a, cgroups: [c] });
      assert.equal((await ours())[0]?.config?.keepAlive, 20);
      // Who does not say what it should be leaves it as it is.
      await configureBypass(host, { cgroup: a, mode: 'off' });
      const [off] = await ours();
      assert.deepEqual([off?.config?.mode, off?.config?.reach], ['off', 'host']);
    });

    it('stays within the namespace where its programs cannot, and says so', async () => {
      const source = await bpfSource('guarded');
      const files = new Map(source.files);
      const text = Buffer.from(files.get(source.entry) ?? '').toString();
      files.set(source.entry, Buffer.from(text.replace(/\breach\b/g, 'reserved')));
      const status = await load([cgroups.a], { reach: 'host', source: { ...source, files } });
      assert.equal(status.reachRefused, 'programs');
      assert.equal((await ours())[0]?.config?.reach, 'namespace');
      const later = { cgroup: cgroups.a, mode: 'guarded', reach: 'host' } as const;
      assert.equal((await configureBypass(host, later)).reachRefused, 'programs');
      assert.equal((await ours())[0]?.state, 'attached');
    });

    it('covers what starts later in new cgroups below, in new network namespaces', async () => {
      const { a } = cgroups;
      await load([a], { reach: 'host' });
      const spaces = [await makeNetns(), await makeNetns()] as const;
      try {
        const [one, two] = spaces.map(({ name }) => name);
        const end = `v${String(process.pid)}`;
        await run('ip', [
          '-n',
          one ?? '',
          'link',
          'add',
          end,
          'type',
          'veth',
          'peer',
          'name',
          end,
          'netns',
          two ?? '',
        ]);
        for (const [at, name] of [one ?? '', two ?? ''].entries()) {
          await run('ip', ['-n', name, 'address', 'add', `10.99.95.${at + 1}/24`, 'dev', end]);
          await run('ip', ['-n', name, 'link', 'set', end, 'up']);
        }
        const places = spaces.map(({ name }, at) => {
          const cgroup = path.join(a, `later${at}`);
          fs.mkdirSync(cgroup);
          return { cgroup, by: ['ip', 'netns', 'exec', name] };
        });
        const [server, client] = places;
        assert.ok(server && client);
        const talk = await Talk.connect(server, client, '10.99.95.1');
        talks.push(talk);
        await assertBypassed(talk, a);
        await configureBypass(host, { cgroup: a, mode: 'guarded', reach: 'namespace' });
        await talk.move(1000);
        await assertOnTcp(talk, a);
      } finally {
        await talks.pop()?.close();
        for (const each of spaces) await each.remove();
      }
    });
  });
});

const toHex = (byte: number): string => byte.toString(16).padStart(2, '0');
