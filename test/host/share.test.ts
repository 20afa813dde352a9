import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { configureBypass } from '../../src/bypass/configure.ts';
import { bypassStatus, loadBypass } from '../../src/bypass/load.ts';
import { Host } from '../../src/host/host.ts';
import { statusReport } from '../../src/bypass/statusReport.ts';
import { atEnd } from '../harness/cleanup.ts';
import { endProcesses, processRef } from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { entering, inside } from '../harness/host/arms.ts';
import { bpfSource, makeSite, ownSource, type BypassSite } from '../harness/host/bypass.ts';
import { makeNetns, type TestNetns } from '../harness/host/traffic.ts';

const PROGRAM = path.join(import.meta.dirname, 'programs/shared.py');
/** Each way, so that no connection is a short one. */
const MESSAGES = 5;
const MANY = 400;
/** With 400 connections at 50 %: six standard deviations, which one run in 500 million leaves. */
const WITHIN = [140, 260] as const;
const FEW = 40;

describe('a share of the connections', function () {
  this.timeout(120_000);
  let host: Host;
  let site: BypassSite;
  let namespaces: TestNetns[];
  let servers: (() => Promise<void>)[];
  beforeEach(async () => {
    host = new Host('local');
    site = makeSite('share');
    namespaces = [await makeNetns(), await makeNetns()];
    servers = [];
  });
  afterEach(async () => {
    for (const stop of servers) await stop();
    await host.dispose();
    await site.remove();
    for (const each of namespaces) await each.remove();
  });

  const names = (): string[] => namespaces.map(({ name }) => name);

  /** In a namespace and the cgroup. @returns its port. */
  async function serve(netns: string, address: string): Promise<string> {
    const argv = entering(netns, ['python3', PROGRAM, 'serve', address]);
    const [command = '', ...args] = inside({ cgroup: site.path }, argv);
    const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    servers.push(
      atEnd(async () => {
        const ref = child.pid === undefined ? undefined : processRef(child.pid);
        if (ref === undefined || child.exitCode !== null) return;
        const ended = once(child, 'exit');
        await endProcesses([ref], { first: 'SIGKILL' });
        await ended;
      }),
    );
    assert.ok(child.stdout);
    for await (const line of createInterface({ input: child.stdout })) return line;
    return assert.fail('the server has ended');
  }

  async function counters(): Promise<Record<string, number>> {
    const { attachments } = await bypassStatus(host);
    const own = attachments.find(({ cgroup }) => cgroup === site.path);
    assert.ok(own);
    return own.counters;
  }

  /**
   * Makes connections and has their messages answered.
   * @returns how many were bypassed; the rest stayed on TCP because of the share, both of their ends.
   */
  async function talk(netns: string, address: string, port: string, count: number) {
    const before = await counters();
    const argv = entering(netns, ['python3', PROGRAM, 'talk', address, port, String(count)]);
    const [command = '', ...args] = inside({ cgroup: site.path }, argv);
    await run(command, args);
    const after = await counters();
    const grown = (name: string) => (after[name] ?? NaN) - (before[name] ?? NaN);
    const bypassed = grown('sockets_added') / 2;
    assert.equal(grown('left_by_share'), 2 * (count - bypassed), JSON.stringify(after));
    assert.equal(grown('redirected_messages'), 2 * MESSAGES * bypassed, JSON.stringify(after));
    for (const name of ['peer_outside', 'peer_remote', 'pair_refused', 'tcp_early_bytes'])
      assert.equal(grown(name), 0, name);
    return bypassed;
  }

  it('is bypassed, as drawn for each, both ends or none; changed as it runs', async () => {
    const [netns = ''] = names();
    const address = '127.0.0.1';
    const loaded = await loadBypass(host, {
      cgroup: site.path,
      source: await bpfSource('guarded'),
      share: 50,
    });
    assert.equal(loaded.attachments.find((one) => one.cgroup === site.path)?.config?.share, 50);
    assert.match(statusReport(loaded), /share +50% of new connections/);
    const port = await serve(netns, address);
    const half = await talk(netns, address, port, MANY);
    assert.ok(half >= WITHIN[0] && half <= WITHIN[1], `${half} of ${MANY}`);

    const configure = (share?: number) => configureBypass(host, { cgroup: site.path, share });
    await configure(0);
    assert.equal(await talk(netns, address, port, FEW), 0);
    await configure();
    assert.equal(await talk(netns, address, port, FEW), 0, 'it stays as it is');
    await configure(100);
    assert.equal(await talk(netns, address, port, FEW), FEW);
  });

  it('between network namespaces, too', async () => {
    const [here = '', there = ''] = names();
    await run('ip', [
      '-n',
      here,
      'link',
      'add',
      'veth-a',
      'type',
      'veth',
      'peer',
      'veth-b',
      'netns',
      there,
    ]);
    for (const [netns, device, address] of [
      [here, 'veth-a', '10.98.7.1/24'],
      [there, 'veth-b', '10.98.7.2/24'],
    ] as const) {
      await run('ip', ['-n', netns, 'address', 'add', address, 'dev', device]);
      await run('ip', ['-n', netns, 'link', 'set', device, 'up']);
    }
    await loadBypass(host, {
      cgroup: site.path,
      source: await bpfSource('guarded'),
      reach: 'host',
      share: 50,
    });
    const port = await serve(here, '10.98.7.1');
    const half = await talk(there, '10.98.7.1', port, MANY);
    assert.ok(half >= WITHIN[0] && half <= WITHIN[1], `${half} of ${MANY}`);
    await configureBypass(host, { cgroup: site.path, share: 0 });
    assert.equal(await talk(there, '10.98.7.1', port, FEW), 0);
    await configureBypass(host, { cgroup: site.path, share: 100 });
    assert.equal(await talk(there, '10.98.7.1', port, FEW), FEW);
  });

  it('is not for programs from before it: these bypass all, and it is said', async () => {
    const source = await bpfSource('guarded');
    const text = fs.readFileSync(path.join(import.meta.dirname, '../../bpf', source.entry), 'utf8');
    const before = text
      .replace(/\t__u32 kept_on_tcp;(?=[^\n]*\n\t__u32 reach;)/, '\t__u32 unused;')
      .replaceAll('conf->kept_on_tcp', 'conf->unused');
    assert.notEqual(before, text);
    const files = new Map((await ownSource(before)).files);
    const entry = source.entry;
    files.delete('own.bpf.c');
    const status = await loadBypass(host, {
      cgroup: site.path,
      share: 50,
      source: { entry, files: files.set(entry, Buffer.from(before)) },
    });
    assert.equal(status.shareRefused, true);
    const own = status.attachments.find((one) => one.cgroup === site.path);
    assert.equal(own?.config?.share, undefined);
  });
});
