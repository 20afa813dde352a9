import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { Attachment } from '../../src/bypass/attachment.ts';
import { bypassStatus, loadBypass, unloadBypass, type LoadOptions } from '../../src/bypass/load.ts';
import { addCgroups, removeCgroups } from '../../src/bypass/membership.ts';
import { networkNamespaces } from '../../src/bypass/namespaces.ts';
import { Host } from '../../src/host/host.ts';
import { attachedTo, bpfSource, makeGround, type BypassGround } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { Talk } from '../harness/host/talk.ts';
import { eventually } from '../harness/host/wait.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory } from '../harness/temporary.ts';

/** A program that admits no other beside it, once it is attached without flags. */
const ALONE = `__attribute__((section("sockops"), used)) int alone(void *ops) { return 1; }
char LICENSE[] __attribute__((section("license"))) = "GPL";
`;

describe('the network namespaces of cgroups', () => {
  let ground: BypassGround;
  let host: Host;
  const running: ChildProcess[] = [];
  beforeEach(() => {
    ground = makeGround('namespaces');
    host = new Host('local');
  });
  afterEach(async () => {
    for (const child of running.splice(0)) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await host.dispose();
    await ground.remove();
  });

  /** A process in a cgroup that has entered namespaces of its own, by flags of unshare(1). */
  async function start(cgroup: string, ...flags: readonly string[]): Promise<void> {
    const script = 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"';
    const argv = [...(flags.length === 0 ? [] : ['unshare', ...flags]), 'sleep', '60'];
    const child = spawn('sh', ['-c', script, 'sh', cgroup, ...argv], { stdio: 'ignore' });
    running.push(child);
    await eventually('it runs', () => {
      const comm = fs.readFileSync(`/proc/${String(child.pid)}/comm`, 'utf8');
      return Promise.resolve(comm === 'sleep\n');
    });
  }

  it('are those of their processes, each once, with those in user namespaces told apart', async () => {
    const { path: cgroup } = ground;
    assert.deepEqual(await networkNamespaces(host, [cgroup]), {
      ...{ count: 0, userOwned: 0, capped: false, canReachHost: true },
    });
    const [inner, other] = [path.join(cgroup, 'inner'), ground.cgroup.child('other')];
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
    await problemOf(networkNamespaces(host, [ground.path, `${ground.path}-gone`]), 'not-found');
  });
});

describe('a bypass of several cgroups', () => {
  let host: Host;
  let ground: BypassGround;
  let cgroups: { a: string; b: string; c: string; inner: string };
  const talks: Talk[] = [];

  beforeEach(() => {
    host = new Host('local');
    ground = makeGround('several');
    const { cgroup, path: a } = ground;
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
    await ground.remove();
  });

  const load = async (on: readonly string[], more: Partial<LoadOptions> = {}) =>
    loadBypass(host, { cgroups: on, source: await bpfSource('guarded'), ...more });
  const isOurs = (one: Attachment) =>
    [...one.cgroups, ...one.gone].some((each) => each.startsWith(ground.cgroup.path));
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
    await ground.assertClean();
  };

  it('is one, with one set of programs: connections between them bypass TCP', async () => {
    const { a, b } = cgroups;
    await load([a, b]);
    assert.deepEqual(await seen(), [[a, b].toSorted()]);
    assert.deepEqual(await attachedTo(a), await attachedTo(b));
    const talk = await connect(a, b);
    await assertBypassed(talk, a);
    // By whichever of its cgroups.
    await unloadBypass(host, b);
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
});
