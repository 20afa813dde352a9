import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { configureBypass } from '../../src/bypass/configure.ts';
import { ratesBetween } from '../../src/bypass/live/rates.ts';
import { readLive, type LiveReading } from '../../src/bypass/live/reading.ts';
import { loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import type { Policy } from '../../src/bypass/attachment.ts';
import { Host } from '../../src/host/host.ts';
import { bpfSource, makeSite, type BypassSite } from '../harness/host/bypass.ts';
import { makeNetns, Pair, type TestNetns } from '../harness/host/traffic.ts';

const BYTES = 4 << 20;

describe('what a bypass does, read anew and anew', () => {
  let host: Host;
  let site: BypassSite;
  let netns: TestNetns;
  let pair: Pair | undefined;
  let pins: string;
  before(async () => {
    netns = await makeNetns();
  });
  after(() => netns.remove());
  beforeEach(() => {
    host = new Host('local');
    site = makeSite('live');
  });
  afterEach(async () => {
    await pair?.close();
    pair = undefined;
    await host.dispose();
    await site.remove();
  });

  const load = async (policy: Policy = 'guarded'): Promise<void> => {
    const status = await loadBypass(host, { cgroup: site.path, source: await bpfSource(policy) });
    pins = status.attachments.find(({ cgroup }) => cgroup === site.path)?.pins ?? '';
    pair = await Pair.connect(site.path, netns);
  };
  const readOrNone = (owners = false, cgroups = [site.path]) =>
    readLive(host, { pins, cgroups }, { owners });
  const read = async (owners = false): Promise<LiveReading> => {
    const reading = await readOrNone(owners);
    assert.ok(reading);
    return reading;
  };

  it('are bytes of the bypass, and of its sockets over TCP, wherever their namespace is', async () => {
    await load();
    const before = await read();
    assert.deepEqual([before.held, before.mine, before.tellsSockets], [2, 2, true]);
    assert.ok(before.sockets.every(({ inMap, sentBytes }) => inMap && sentBytes === 0));
    await pair?.move(BYTES);
    const bypassed = await read();
    assert.equal(
      (bypassed.counters['redirected_bytes'] ?? 0) - (before.counters['redirected_bytes'] ?? 0),
      BYTES,
    );
    const over = ratesBetween(before, bypassed);
    assert.ok((over.bypassBytes ?? 0) > 0 && over.tcpBytes === 0);

    await configureBypass(host, { cgroup: site.path, mode: 'off' });
    const off = await read();
    assert.equal(off.config?.['mode'], 1);
    await pair?.move(BYTES);
    const now = await read();
    assert.equal(now.counters['redirected_bytes'], off.counters['redirected_bytes']);
    assert.ok(
      now.sockets.every(({ inMap }) => !inMap),
      'they are known by their cgroup then',
    );
    const sent = (reading: LiveReading) =>
      reading.sockets.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    assert.equal(sent(now) - sent(off), BYTES);
    assert.ok((ratesBetween(off, now).tcpBytes ?? 0) > 0);
  });

  it('are sockets with their processes, however these call themselves', async () => {
    await load();
    const child = spawn(
      'sh',
      [
        '-c',
        'echo 0 >"$1/cgroup.procs"; shift; exec "$@"',
        'sh',
        site.path,
        process.execPath,
      ].concat([
        '-e',
        `process.title = 'a b) 7 x'; require('net').createServer((s) => s.pipe(s)).listen(0, '127.0.0.1', function () {
           require('net').connect(this.address().port, '127.0.0.1', () => console.log('up')); });`,
      ]),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      await once(child.stdout, 'data');
      const { sockets, owners, mine } = await read(true);
      assert.ok(owners);
      assert.equal(mine, 4, 'those of both namespaces');
      const theirs = sockets.filter(({ inode }) => owners.get(inode)?.pid === child.pid);
      assert.equal(theirs.length, 2);
      assert.equal(owners.get(theirs[0]?.inode ?? 0)?.name, 'a b) 7 x');
      assert.equal(new Set(sockets.map(({ inode }) => owners.get(inode)?.pid)).size, 2);
      assert.equal((await read()).owners, undefined);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('leave out what is in another cgroup, also one whose name begins the same', async () => {
    await load();
    await configureBypass(host, { cgroup: site.path, mode: 'off' });
    await pair?.move(BYTES);
    await delay(50);
    assert.equal((await readOrNone(false, [`${site.path}/below`]))?.mine, 0);
    assert.equal((await readOrNone(false, [site.path.slice(0, -1)]))?.mine, 0);
    assert.equal((await read()).mine, 2);
  });

  it('of the classic programs have no configuration', async () => {
    await load('classic');
    await pair?.move(BYTES);
    const { config, held, counters } = await read();
    assert.deepEqual([config, held], [undefined, 2]);
    assert.equal(counters['redirected_bytes'], BYTES);
  });

  it('are none once it is unloaded', async () => {
    await load();
    await unloadBypass(host, site.path);
    assert.equal(await readOrNone(), undefined);
  });
});
