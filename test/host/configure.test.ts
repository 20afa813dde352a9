import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { type Mode } from '../../src/bypass/config.ts';
import { configureBypass, type ConfigureOptions } from '../../src/bypass/configure.ts';
import { bypassStatus, loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import type { Attachment, BypassStatus, Policy } from '../../src/bypass/attachment.ts';
import { Host } from '../../src/host/host.ts';
import { atEnd } from '../harness/cleanup.ts';
import { endProcesses, processRef } from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { bpfSource, localKeys, makeSite, pinsOf, type BypassSite } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { makeNetns, Pair, type TestNetns } from '../harness/host/traffic.ts';
import { eventually } from '../harness/host/wait.ts';

const BYTES = 4 << 20;
const FLOOD = `ip link set lo up
seq 0 999 | awk '{ printf "address add 10.77.%d.%d/32 dev lo\\n", $1 / 250, $1 % 250 }' | ip -batch -
echo up; cat`;
/** Handshakes and their like. */
const SOME = BYTES / 50;

describe('the policy of a bypass that is loaded', () => {
  let host: Host;
  let site: BypassSite;
  let netns: TestNetns;
  const pairs: Pair[] = [];
  before(async () => {
    netns = await makeNetns();
  });
  after(() => netns.remove());
  beforeEach(() => {
    host = new Host('local');
    site = makeSite('configure');
  });
  afterEach(async () => {
    for (const pair of pairs.splice(0)) await pair.close();
    await host.dispose();
    await site.remove();
  });

  const load = async (policy: Policy = 'guarded') =>
    loadBypass(host, { cgroup: site.path, source: await bpfSource(policy) });
  const configure = (mode: Mode, limits: ConfigureOptions['limits'] = {}) =>
    configureBypass(host, { cgroup: site.path, mode, limits });
  async function connect(address?: string): Promise<Pair> {
    const pair = await Pair.connect(site.path, netns, address);
    pairs.push(pair);
    return pair;
  }
  function own({ attachments }: BypassStatus): Attachment {
    const found = attachments.find(({ cgroup }) => cgroup === site.path);
    assert.ok(found);
    return found;
  }

  it('off: live connections are on TCP from the next message on, new ones at once', async () => {
    const { sockops } = own(await load());
    const live = await connect();
    assert.ok((await live.move(BYTES)) < SOME);

    const off = own(await configure('off'));
    assert.equal(off.config?.mode, 'off');
    assert.equal(off.sockops?.id, sockops?.id, 'the programs are the same ones');
    assert.ok((await live.move(BYTES)) > BYTES);
    const fresh = await connect();
    assert.ok((await fresh.move(BYTES)) > BYTES);
    await eventually('the live connection has left the map', async () => {
      const { sockets, counters } = own(await bypassStatus(host));
      assert.equal(counters['tcp_switched_off'], 2, 'once for each direction');
      return sockets === 0 && counters['sockets_removed'] === 2;
    });

    assert.equal(own(await configure('guarded')).config?.mode, 'guarded');
    assert.ok((await live.move(BYTES)) > BYTES, 'what was on TCP stays there');
    const next = await connect();
    assert.ok((await next.move(BYTES)) < SOME);
  });

  it('new limits, and none, are seen in the status and obeyed', async () => {
    await load();
    const set = own(await configure('guarded', { queueBound: 5 * 2 ** 30, oneWayLimit: 12 }));
    assert.deepEqual(set.config, {
      mode: 'guarded',
      reach: 'namespace',
      queueBound: 5 * 2 ** 30,
      oneWayLimit: 12,
    });
    assert.equal(own(await configure('unguarded')).config?.mode, 'unguarded');
    const pair = await connect();
    assert.ok((await pair.move(BYTES)) < SOME);
  });

  it('new limits of a bypass that is off are there when it is on again', async () => {
    await load();
    await configure('off', { queueBound: 9 << 20 });
    const change = (limits: NonNullable<ConfigureOptions['limits']>) =>
      configureBypass(host, { cgroup: site.path, limits });
    const off = own(await change({ queueBound: 7 << 20, oneWayLimit: 99 }));
    assert.deepEqual(
      [off.config?.mode, off.config?.queueBound, off.config?.oneWayLimit],
      ['off', 7 << 20, 99],
    );
    assert.equal(own(await configure('off')).config?.oneWayLimit, 99, 'and stay');
  });

  it('an address the host got since counts as its own', async () => {
    const address = '10.99.99.99';
    await load();
    await run('ip', ['-n', netns.name, 'address', 'add', `${address}/32`, 'dev', 'lo']);
    const before = await connect(address);
    assert.ok((await before.move(BYTES)) > BYTES);
    await configure('guarded');
    const after = await connect(address);
    assert.ok((await after.move(BYTES)) < SOME);
  });

  it('addresses are those of its cgroup’s own namespaces, and a flood of them crowds out no other', async () => {
    const address = '10.99.99.97';
    await run('ip', ['-n', netns.name, 'address', 'add', `${address}/32`, 'dev', 'lo']);
    await connect();
    // As any user can make: a user namespace of its own, a network namespace with thousands.
    const child = spawn('unshare', ['-Urn', 'sh', '-c', FLOOD], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const flood = processRef(child.pid ?? 0);
    assert.ok(flood);
    const end = atEnd(() => endProcesses([flood]));
    await once(child.stdout, 'data');
    const flooded = async () => {
      const pins = pinsOf(site.inode)[0] ?? '';
      return (await localKeys(pins)).filter((key) => /ff ff 0a 4d .. ..$/.test(key)).length;
    };
    try {
      assert.equal((await load()).addressesCapped, undefined);
      assert.equal(await flooded(), 0);
      fs.writeFileSync(path.join(site.path, 'cgroup.procs'), String(flood.pid));
      const status = await configure('guarded');
      assert.equal(status.addressesCapped, true);
      assert.equal(await flooded(), 256);
      const pair = await connect(address);
      assert.ok((await pair.move(BYTES)) < SOME);
      await unloadBypass(host, site.path);
      assert.equal((await load()).addressesCapped, true);
    } finally {
      await end();
    }
  });

  it('a network that is named counts as the host, though no device has its addresses', async () => {
    const [network, address] = ['10.88.0.0/16', '10.88.1.2'];
    await run('ip', ['-n', netns.name, 'route', 'add', 'local', network, 'dev', 'lo']);
    await load();
    const before = await connect(address);
    assert.ok((await before.move(BYTES)) > BYTES);
    await configure('guarded', { localNetworks: [network] });
    const after = await connect(address);
    assert.ok((await after.move(BYTES)) < SOME);

    await configure('off');
    await configure('guarded');
    const taken = await connect(address);
    assert.ok((await taken.move(BYTES)) > BYTES, 'named no longer, it is not the host');
    const own = await connect();
    assert.ok((await own.move(BYTES)) < SOME);
  });

  it('an address the host has lost is another’s', async () => {
    const address = '10.99.99.98';
    await run('ip', ['-n', netns.name, 'address', 'add', `${address}/32`, 'dev', 'lo']);
    // A namespace is known by its processes.
    await connect();
    await load();
    const before = await connect(address);
    assert.ok((await before.move(BYTES)) < SOME);
    await run('ip', ['-n', netns.name, 'address', 'del', `${address}/32`, 'dev', 'lo']);
    await configure('guarded');
    await run('ip', ['-n', netns.name, 'address', 'add', `${address}/32`, 'dev', 'lo']);
    const after = await connect(address);
    assert.ok((await after.move(BYTES)) > BYTES);
  });

  it('off stands first, whatever becomes of the rest', async () => {
    const { pins } = own(await load());
    // An address map that cannot be written is one that cannot take more.
    await run('bpftool', ['map', 'freeze', 'pinned', `${pins}/bypass_local`]);
    await problemOf(configure('guarded', { localNetworks: ['10.1.0.0/16'] }), 'command');
    assert.equal(own(await configure('off')).config?.mode, 'off');
  });

  it('is refused where there is none, and where the programs are the classic ones', async () => {
    const none = await problemOf(configure('off'), 'not-found');
    assert.match(none.words, /nothing is loaded on /);
    await load('classic');
    const classic = await problemOf(configure('off'), 'not-found');
    assert.match(classic.words, /classic ones/);
    await unloadBypass(host, site.path);
    await site.assertClean();
  });
});
