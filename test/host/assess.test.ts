import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { assess, readAssessSources } from '../../src/assess/assess.ts';
import type { Assessment, Reliance, Use } from '../../src/assess/assessment.ts';
import { assessmentReport } from '../../src/assess/report.ts';
import type { Flow } from '../../src/assess/flows.ts';
import { isCancelled } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { cgroupMount, PIN_ROOT } from '../harness/cgroup.ts';
import { atEnd } from '../harness/cleanup.ts';
import { Arms } from '../harness/host/arms.ts';
import { heldNames } from '../harness/host/held.ts';
import { Residents } from '../harness/host/residents.ts';
import { eventually } from '../harness/host/wait.ts';
import { redisArgv, startServer, type Server } from '../harness/host/servers.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const PROGRAMS = path.join(import.meta.dirname, 'programs');
const NAMESPACES = path.join(PROGRAMS, 'namespaces.sh');
const BPF = path.join(import.meta.dirname, '../../bpf');
/** As whoever runs it may call a program: the longest that there is, and as it is shown. */
const HOSTILE = 'a\n9 b) S \u001b[1m|x';
const SHOWN = '"a\\n9 b) S \\u001b[1m|x"';
const HABITS = [
  'waitall',
  'rcvlowat',
  'fionread',
  'fionread32',
  'uring',
  'threads',
  'mptcp',
  'plain',
] as const;

/** The traces that an assessment could leave behind. */
async function tracesOf(): Promise<unknown> {
  const names = (kind: 'prog' | 'map') => heldNames(kind, 'observe');
  const own = fs.readdirSync(cgroupMount() ?? '', { recursive: true }).map(String);
  return {
    programs: await names('prog'),
    maps: await names('map'),
    cgroups: own.filter((name) => name.includes('sockmap-bypass')).toSorted(),
    pins: fs.existsSync(PIN_ROOT) ? fs.readdirSync(PIN_ROOT).toSorted() : [],
  };
}

describe('who talks to whom on a host', function () {
  this.timeout(120_000);
  const id = `sockmap-assess-${process.pid}`;
  const host = new Host('local');
  const clients = new Residents();
  let arms: Arms;
  let account: TestAccount;
  let redis: Server;
  let memcached: Server;
  let remove: () => Promise<void>;
  let programs: TemporaryDirectory;
  const habits = new Map<string, Server>();
  let assessment: Assessment;
  let flows: readonly Flow[];
  let report: string;
  let left: unknown;

  before(async () => {
    account = await makeAccount('none');
    await run(NAMESPACES, ['make', id]);
    remove = atEnd(async () => {
      await run(NAMESPACES, ['remove', id]);
    });
    arms = new Arms('assess');
    redis = await startServer({
      arm: arms.tcp,
      account: account.name,
      netns: `${id}-b`,
      argv: (port, directory) =>
        redisArgv(port, directory, '--bind', '0.0.0.0', '--protected-mode', 'no'),
    });
    memcached = await startServer({
      arm: arms.bypass,
      account: account.name,
      netns: `${id}-c`,
      argv: (port) => ['memcached', '-l', '0.0.0.0', '-p', String(port), '-U', '0'],
    });
    // The namespace that translates has no process otherwise, as that of a host does.
    clients.run(arms.tcp, `${id}-host`, ['sleep', '1000']);
    const at = ['-p', String(redis.port), '-t', 'get', '-n', '1000000000', '-d', '100'];
    clients.run(arms.tcp, `${id}-a`, ['redis-benchmark', '-h', '10.77.9.9', '-c', '3', ...at]);
    const idle = `exec 3<>/dev/tcp/10.77.1.4/${memcached.port}; sleep 1000`;
    clients.run(arms.tcp, `${id}-a`, ['bash', '-c', idle]);
    programs = temporaryDirectory();
    const program = (name: string) => path.join(programs.path, name);
    await run('cc', ['-pthread', '-o', program('habits'), path.join(PROGRAMS, 'habits.c')]);
    for (const name of [...HABITS, 'splice', HOSTILE])
      fs.copyFileSync(program('habits'), program(name));
    const serve = async (name: string, ...more: string[]) => {
      const server = await startServer({
        arm: arms.tcp,
        netns: `${id}-b`,
        argv: (port) => [program(name), name, String(port), ...more],
      });
      habits.set(name, server);
      clients.run(arms.tcp, `${id}-a`, [
        program(HOSTILE),
        'ask',
        '10.77.1.3',
        String(server.port),
        name,
      ]);
      return server;
    };
    for (const name of HABITS) await serve(name);
    await serve('splice', '10.77.1.3', String(habits.get('plain')?.port));
    left = await tracesOf();
    const sources = await readAssessSources(BPF);
    assessment = await assess(host, { seconds: 2, sources, cgroup: arms.tcp.cgroup });
    flows = assessment.flows;
    report = assessmentReport(assessment);
  });
  after(async () => {
    await clients.end();
    for (const server of habits.values()) await server.stop();
    await programs.remove();
    await redis.stop();
    await memcached.stop();
    await arms.remove();
    await remove();
    await account.remove();
    await host.dispose();
  });

  const to = (port: number, client?: string): Flow => {
    const found = flows.filter(
      (one) => one.server.port === port && (client ?? one.client.process) === one.client.process,
    );
    const [flow] = found;
    assert.ok(flow !== undefined && found.length === 1, report);
    return flow;
  };

  it('finds both ends of connections through translated addresses, and what they carry', () => {
    const flow = to(redis.port);
    assert.equal(flow.server.process, 'redis-server');
    assert.equal(flow.client.process, 'redis-benchmark');
    assert.equal(flow.server.cgroup, arms.tcp.cgroup);
    assert.equal(flow.client.cgroup, arms.tcp.cgroup);
    assert.equal(flow.connections, 3);
    assert.equal(flow.isTranslated, true);
    assert.equal(flow.sameNamespace, false);
    assert.equal(flow.shape, 'request-response');
    assert.ok(flow.bytesToServer > 1000 && flow.bytesToClient > 1000, report);
  });

  it('finds a connection that carries nothing', () => {
    const flow = to(memcached.port);
    assert.equal(flow.server.process, 'memcached');
    assert.equal(flow.client.process, 'sleep', 'which bash became');
    assert.equal(flow.server.cgroup, arms.bypass.cgroup);
    assert.equal(flow.isTranslated, false);
    assert.deepEqual([flow.shape, flow.bytesToServer, flow.bytesToClient], ['idle', 0, 0]);
  });

  const relianceOf = (process: string, use: Use): Reliance => {
    const found = assessment.relies.filter((one) => one.process === process && one.use === use);
    assert.equal(found.length, 1, report);
    const [first] = found;
    assert.ok(first);
    return first;
  };

  it('names those that rely on what a bypass does not honour, and what would happen', () => {
    assert.deepEqual(assessment.notLookedAt, [
      'What is asked for by io_uring, other than to send and to receive: it is no call that could be traced. These have a ring: uring.',
    ]);
    const splicer = relianceOf('splice', 'splice');
    assert.equal(splicer.cgroup, arms.tcp.cgroup);
    assert.deepEqual([splicer.effect, splicer.basis], ['stalls', 'probed']);
    assert.equal(relianceOf('rcvlowat', 'rcvlowat').effect, 'stays');
    assert.equal(relianceOf('waitall', 'waitall').effect, 'differs');
    assert.equal(relianceOf('threads', 'threads').basis, 'probed');
    for (const name of ['fionread', 'fionread32'])
      assert.equal(relianceOf(name, 'fionread').basis, 'probed');
    assert.deepEqual(
      assessment.relies.filter(({ process }) => process === 'plain' || process === 'redis-server'),
      [],
    );
    for (const { pids } of assessment.relies)
      for (const pid of pids) assert.ok(fs.existsSync(`/proc/${pid}`), report);
  });

  it('counts messages as they were sent, whatever their programs are called', () => {
    const flow = to(habits.get('plain')?.port ?? 0, HOSTILE);
    assert.equal(flow.messagesFrom, 'calls');
    assert.deepEqual([flow.meanToServer, flow.meanToClient], [100, 100]);
    assert.ok(!report.includes('\u001b') && report.includes(`  ${SHOWN} (/`), report);
  });

  it('tells Multipath TCP, and that it stays on TCP', () => {
    const isMptcp = (name: string) => to(habits.get(name)?.port ?? 0, HOSTILE).mptcp;
    assert.deepEqual([isMptcp('mptcp'), isMptcp('plain')], [true, false]);
    assert.match(report, /x" to mptcp, port \d+: Multipath TCP, which stays on TCP\./);
  });

  it('has a verdict: what would gain, and that a program there would stall', () => {
    const { verdict } = assessment;
    assert.equal(verdict.kind, 'doubtful', report);
    assert.deepEqual(verdict.cover, [arms.tcp.cgroup]);
    assert.equal(verdict.reach, 'host');
    assert.ok(
      verdict.against.some(({ kind, isGrave }) => kind === 'stalls' && isGrave),
      report,
    );
    assert.match(verdict.basis, /estimate/);
  });

  it('leaves nothing on the host', async () => {
    await eventually('its programs are freed', async () =>
      isDeepStrictEqual(await tracesOf(), left),
    );
  });

  it('leaves nothing when it is cancelled while it looks', async () => {
    const controller = new AbortController();
    const sources = await readAssessSources(BPF);
    const cancelled = assess(host, { seconds: 600, sources, signal: controller.signal });
    const isTracing = async () => (await heldNames('prog', 'observe_calls')).length > 0;
    const ended = assert.rejects(cancelled, (error) => isCancelled(error));
    try {
      await eventually('it traces', isTracing);
    } finally {
      controller.abort();
      await ended;
    }
    await eventually('nothing traces', async () => !(await isTracing()));
    assert.deepEqual(await tracesOf(), left);
  });

  it('says so in words', () => {
    assert.match(
      report,
      /redis-benchmark \(\/\S+, \S+ CPU\) -> redis-server \(\/\S+, \S+ CPU\), port \d+/,
    );
    assert.match(
      report,
      /3 connections \(0 new, 0 gone\); request-response; two network namespaces/,
    );
  });
});
