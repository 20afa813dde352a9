import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { runCanary, type CanaryOptions } from '../../src/assess/canary/canary.ts';
import { buildTracer } from '../../src/assess/tracer.ts';
import { readCanary } from '../../src/assess/canary/observer.ts';
import { configureBypass } from '../../src/bypass/configure.ts';
import { bypassStatus, loadBypass } from '../../src/bypass/load.ts';
import { HostError, isCancelled } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { scriptArgv } from '../../src/host/hostScript.ts';
import { commandLine, descendants, endProcesses, processRef } from '../harness/processes.ts';
import { inside } from '../harness/host/arms.ts';
import { bpfSource, makeSite, type BypassSite } from '../harness/host/bypass.ts';
import { startCanaryService, type CanaryService } from '../harness/host/canaryService.ts';
import type { ClientJob } from '../harness/host/client.ts';
import { makeNetns, type TestNetns } from '../harness/host/traffic.ts';
import { heldNames } from '../harness/host/held.ts';
import { eventually } from '../harness/host/wait.ts';

const BPF = path.join(import.meta.dirname, '../../bpf');

describe('a canary', function () {
  this.timeout(180_000);
  let host: Host;
  let site: BypassSite;
  let netns: TestNetns;
  let stops: (() => Promise<void>)[];
  beforeEach(async () => {
    host = new Host('local');
    site = makeSite('canary');
    netns = await makeNetns();
    stops = [];
    const source = await bpfSource('guarded');
    await loadBypass(host, { cgroup: site.path, source, share: 25 });
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
    assert.deepEqual(await programsLeft(), []);
    await host.dispose();
    await site.remove();
    await netns.remove();
  });

  const programsLeft = (): Promise<string[]> => heldNames('prog', 'canary_');

  async function serve(
    how: 'plain' | `slow:${number}` | 'splice',
    clients: number,
  ): Promise<CanaryService> {
    const place = { cgroup: site.path, netns: netns.name };
    const service = await startCanaryService(place, how, clients);
    stops.push(service.stop);
    return service;
  }

  const canary = async (options: Partial<CanaryOptions>) =>
    runCanary(host, {
      cgroup: site.path,
      share: 50,
      seconds: 20,
      guardrails: { p99: 1.05 },
      sources: await readCanary(BPF),
      ...options,
    });

  async function share(): Promise<number | undefined> {
    const { attachments } = await bypassStatus(host);
    return attachments.find(({ cgroup }) => cgroup === site.path)?.config?.share;
  }

  it('of two groups on TCP finds no difference', async () => {
    await serve('plain', 1);
    const reading = await canary({ same: true, guardrails: { p50: 1.05, p99: 1.05 } });
    assert.deepEqual(reading.crossed, [], JSON.stringify(reading));
    for (const { verdict, ratio } of [reading.p50, reading.p99]) {
      assert.ok(verdict === 'same' || verdict === 'undecided', JSON.stringify(reading));
      assert.ok(ratio !== undefined);
    }
    for (const { transactions, sockets } of [reading.bypass, reading.tcp])
      assert.ok(transactions > 100 && sockets > 10, JSON.stringify(reading));
    assert.equal(reading.share, 0);
    assert.equal(await share(), 25, 'as it was');
  });

  it('finds that a service takes longer for those on the bypass, and ends', async () => {
    await serve('slow:2', 1);
    const reading = await canary({ seconds: 90, guardrails: { p50: 1.05 } });
    assert.deepEqual(
      [reading.crossed, reading.outcome],
      [['p50'], 'crossed'],
      JSON.stringify(reading),
    );
    assert.equal(reading.p50.verdict, 'slower');
    assert.ok(reading.seconds < 90);
    assert.equal(await share(), 0);
  });

  it('finds stalled readers within 10 s, and the service goes on', async () => {
    // Else they stall before it has begun.
    await configureBypass(host, { cgroup: site.path, share: 0 });
    const service = await serve('splice', 12);
    const reading = await canary({ seconds: 60 });
    assert.deepEqual(reading.crossed, ['stalls'], JSON.stringify(reading));
    assert.ok(reading.seconds <= 10, `${reading.seconds} s`);
    assert.equal(reading.tcp.stalls, 0);
    assert.equal(await share(), 0);
    let before = await service.answers();
    let growing = 0;
    await eventually('clients have answers again', async () => {
      const now = await service.answers();
      growing = now > before ? growing + 1 : 0;
      before = now;
      return growing > 5;
    });
  });

  /** A program that runs one, with a canary of its own. @returns both, once that compares. */
  async function client(): Promise<{ readonly pid: number; readonly observer: number }> {
    const script = path.join(import.meta.dirname, '../harness/host/client.ts');
    const job: ClientJob = { alias: 'local', action: 'canary', cgroup: site.path };
    const argv = [process.execPath, '--import', 'tsx', script, JSON.stringify(job)];
    const place = { cgroup: site.cgroup.child('client') };
    const [command = '', ...args] = inside(place, argv);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const own = processRef(child.pid ?? 0);
    stops.push(() => endProcesses(own === undefined ? [] : [own], { first: 'SIGKILL' }));
    await once(child.stdout, 'data');
    const [observer, ...more] = descendants(child.pid ?? 0).filter(
      ({ pid }) => commandLine(pid)[0] === './canary',
    );
    assert.ok(own && observer && more.length === 0);
    return { pid: own.pid, observer: observer.pid };
  }

  it('is alone, and the next one restores the share of one that was killed', async () => {
    const { pid, observer } = await client();
    assert.equal(await share(), 50);
    await assert.rejects(
      canary({ share: 70 }),
      (error) => error instanceof HostError && error.problem.kind === 'occupied',
    );
    assert.equal(await share(), 50, 'the first goes on');
    for (const each of [pid, observer]) process.kill(each, 'SIGKILL');
    await eventually('its programs are gone', async () => (await programsLeft()).length === 0);
    assert.equal(await share(), 50, 'nobody was left to restore it');
    const controller = new AbortController();
    let during: number | undefined;
    const next = canary({
      share: 70,
      seconds: 60,
      signal: controller.signal,
      onReading: ({ share }) => {
        during = share;
        controller.abort();
      },
    });
    await assert.rejects(next, isCancelled);
    assert.equal(during, 70);
    assert.equal(await share(), 25);
  });

  it('that is stopped, and killed with its client, has lost the share after a while', async () => {
    const { pid, observer } = await client();
    await serve('plain', 1);
    process.kill(observer, 'SIGSTOP');
    for (const each of [pid, observer]) process.kill(each, 'SIGKILL');
    await eventually('its programs are gone', async () => (await programsLeft()).length === 0);
    assert.equal(await share(), 50);
    await eventually('a new connection has ended the trial', async () => (await share()) === 25);
  });

  it('ends where it no longer hears from its client', async () => {
    const { bench, object } = await buildTracer(host, await readCanary(BPF));
    await using _ = bench;
    const { attachments } = await bypassStatus(host);
    const pins = attachments.find(({ cgroup }) => cgroup === site.path)?.pins ?? '';
    const argv = scriptArgv('canary.sh', bench.directory, pins, object, '40');
    const silent = host.spawn(argv, { tried: 'watch', root: true });
    await eventually('it has begun', async () => (await share()) === 40);
    const { exitCode } = await silent.ended;
    assert.equal(exitCode, 1);
    assert.match(silent.words, /nothing was heard of the client/);
    assert.equal(await share(), 25);
  });

  it('lets be what somebody else has set meanwhile, and needs a bypass that is on', async () => {
    const controller = new AbortController();
    let running: () => void = () => undefined;
    const isRunning = new Promise<void>((resolve) => (running = resolve));
    const cancelled = canary({ seconds: 60, signal: controller.signal, onReading: running });
    const failure = cancelled.catch((error: unknown) => error);
    await isRunning;
    await configureBypass(host, { cgroup: site.path, share: 60 });
    controller.abort();
    assert.ok(isCancelled(await failure));
    assert.equal(await share(), 60);
    let isOff: Promise<unknown> | undefined;
    const off = canary({
      seconds: 60,
      onReading: () => {
        isOff ??= configureBypass(host, { cgroup: site.path, mode: 'off' });
      },
    });
    const isAbsent = (error: unknown) =>
      error instanceof HostError &&
      error.problem.kind === 'not-found' &&
      error.problem.words.includes('switched off');
    await assert.rejects(off, isAbsent, 'it ends as soon as it is off');
    await isOff;
    await assert.rejects(canary({}), isAbsent);
    assert.equal(await share(), 60);
  });
});
