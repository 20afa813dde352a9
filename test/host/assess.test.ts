import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { assess } from '../../src/assess/assess.ts';
import { assessmentReport } from '../../src/assess/report.ts';
import type { Flow } from '../../src/assess/flows.ts';
import { Host } from '../../src/host/host.ts';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { atEnd } from '../harness/cleanup.ts';
import { descendants, endProcesses, processRef } from '../harness/processes.ts';
import { Arms, entering, inside } from '../harness/host/arms.ts';
import { startServer, type Server } from '../harness/host/servers.ts';
import { run } from '../harness/run.ts';

const NAMESPACES = path.join(import.meta.dirname, 'programs/namespaces.sh');

describe('who talks to whom on a host', function () {
  this.timeout(120_000);
  const id = `sockmap-assess-${process.pid}`;
  const host = new Host('local');
  const clients: ChildProcess[] = [];
  let arms: Arms;
  let account: TestAccount;
  let redis: Server;
  let memcached: Server;
  let remove: () => Promise<void>;
  let flows: readonly Flow[];
  let report: string;

  /** Has a program run in the cgroup, and in a network namespace, for as long as the tests. */
  const keepRunning = (netns: string, argv: readonly string[]): void => {
    const [command = '', ...args] = inside(arms.tcp, entering(netns, argv));
    clients.push(spawn(command, args, { stdio: 'ignore' }));
  };

  before(async () => {
    account = await makeAccount('none');
    await run(NAMESPACES, ['make', id]);
    remove = atEnd(async () => {
      await run(NAMESPACES, ['remove', id]);
    });
    arms = new Arms('assess');
    redis = await startServer({
      ...{ arm: arms.tcp, account: account.name, netns: `${id}-b` },
      argv: (port, directory) => [
        ...['redis-server', '--port', String(port), '--bind', '0.0.0.0', '--dir', directory],
        ...['--protected-mode', 'no', '--save', '', '--appendonly', 'no'],
      ],
    });
    memcached = await startServer({
      ...{ arm: arms.bypass, account: account.name, netns: `${id}-c` },
      argv: (port) => ['memcached', '-l', '0.0.0.0', '-p', String(port), '-U', '0'],
    });
    // The namespace that translates has no process otherwise, as that of a host does.
    keepRunning(`${id}-host`, ['sleep', '1000']);
    const at = ['-p', String(redis.port), '-t', 'get', '-n', '1000000000', '-d', '100'];
    keepRunning(`${id}-a`, ['redis-benchmark', '-h', '10.77.9.9', '-c', '3', ...at]);
    const idle = `exec 3<>/dev/tcp/10.77.1.4/${memcached.port}; sleep 1000`;
    keepRunning(`${id}-a`, ['bash', '-c', idle]);
    const traffic = await assess(host, { seconds: 2 });
    flows = traffic.flows;
    report = assessmentReport(traffic);
  });
  after(async () => {
    for (const { pid } of clients) {
      if (pid === undefined) continue;
      const below = descendants(pid);
      await endProcesses([processRef(pid), ...below].filter((one) => one !== undefined));
    }
    await redis.stop();
    await memcached.stop();
    await arms.remove();
    await remove();
    await account.remove();
    await host.dispose();
  });

  const to = (port: number): Flow => {
    const found = flows.filter(({ server }) => server.port === port);
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

  it('says so in words', () => {
    assert.match(report, /redis-benchmark \(\/\S+\) -> redis-server \(\/\S+\), port \d+/);
    assert.match(
      report,
      /3 connections \(0 new, 0 gone\); request-response; two network namespaces/,
    );
  });
});
