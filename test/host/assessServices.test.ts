import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Assessment, FlowGain, Reliance, Use } from '../../src/assess/assessment.ts';
import type { Flow, Side } from '../../src/assess/flows.ts';
import { assess } from '../../src/cli/commands/assess.ts';
import { Host } from '../../src/host/host.ts';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { atEnd } from '../harness/cleanup.ts';
import { makeCgroup, type TestCgroup } from '../harness/cgroup.ts';
import { entering } from '../harness/host/arms.ts';
import { changes, lastingState } from '../harness/host/lasting.ts';
import { Residents } from '../harness/host/residents.ts';
import {
  nginxStream,
  postgresProgram,
  redisArgv,
  startPostgres,
  startServer,
  type Server,
} from '../harness/host/servers.ts';
import { eventually } from '../harness/host/wait.ts';
import { freePort } from '../harness/port.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const BPF = path.join(import.meta.dirname, '../../bpf');
const NAMESPACES = path.join(import.meta.dirname, 'programs/namespaces.sh');
const program = (name: string): string => path.join(import.meta.dirname, 'applications', name);
/** The interpreter for which the distribution has packages. */
const PYTHON = '/usr/bin/python3';
/** By default gRPC asks for TCP_INQ alone. */
const GRPC = ['env', 'GRPC_EXPERIMENTS=tcp_frame_size_tuning,tcp_rcv_lowat', PYTHON];
/** Where the services are; the programs before them, and all clients, are in another namespace. */
const BACK = '10.77.1.3';
const FRONT = '127.0.0.1';

/** Clients, servers and the names of their cgroups: those of a line carry some times what those of the next do. */
const TRAFFIC = [
  ['python3 in clients -> memcached in cache'],
  ['python3 in clients -> python3 in rpc'],
  ['python3 in clients -> etcd in gateway', 'etcd in gateway -> memcached in cache'],
  ['redis-cli in clients -> nginx in web', 'nginx in web -> redis-server in redis'],
  ['pgbench in clients -> nginx in web', 'nginx in web -> postgres in database'],
] as const;
/** The rest would not save a millisecond a second; gRPC's options keep it on TCP. */
const WORTH = [...TRAFFIC[0], ...TRAFFIC[2]];

describe('an assessment of a host that is busy with services', function () {
  this.timeout(120_000);
  const id = `sockmap-services-${process.pid}`;
  const [front, back] = [`${id}-a`, `${id}-b`];
  const clients = new Residents();
  const servers: Server[] = [];
  let account: TestAccount;
  let outer: TestCgroup;
  let temporary: TemporaryDirectory;
  let remove: () => Promise<void>;
  let assessment: Assessment;
  let report: string;
  let asItWas: string[];
  const steps: { step: string; temporaries: number }[] = [];
  const ownTemporary = process.env['TMPDIR'];

  before(async () => {
    account = await makeAccount('none');
    await run(NAMESPACES, ['make', id]);
    remove = atEnd(async () => {
      await run(NAMESPACES, ['remove', id]);
    });
    // No buffer holds a whole frame: gRPC's readers have to wait for the rest.
    const buffer = 'echo 4096 65536 65536 >/proc/sys/net/ipv4/tcp_wmem';
    for (const netns of [front, back])
      await run('ip', ['netns', 'exec', netns, 'sh', '-c', buffer]);
    outer = makeCgroup('services');
    temporary = temporaryDirectory({ select: "SELECT repeat('x', 1000);\n" });
    await startAll();
    // A host's own place for temporary files would also have those of others.
    const scratch = path.join(temporary.path, 'scratch');
    fs.mkdirSync(scratch);
    fs.chmodSync(temporary.path, 0o711);
    fs.chmodSync(scratch, 0o711);
    process.env['TMPDIR'] = scratch;
    asItWas = await lastingState(scratch);
    const call = assess.parse(['local', '--seconds', '4', '--cgroup', outer.path]);
    const host = new Host('local');
    const answer = await call.run({
      bpf: BPF,
      signal: new AbortController().signal,
      host: () => host,
      onStep: (step) => {
        steps.push({ step, temporaries: fs.readdirSync(scratch).length });
      },
      isAnswered: false,
      confirm: () => Promise.resolve(false),
    });
    await host.dispose();
    assessment = answer.data as Assessment;
    report = answer.text;
  });
  after(async () => {
    if (ownTemporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = ownTemporary;
    await clients.end();
    for (const server of servers.reverse()) await server.stop();
    await outer.remove();
    await remove();
    await account.remove();
    await temporary.remove();
  });

  async function startAll(): Promise<void> {
    const place = (name: string) => ({ cgroup: outer.child(name) });
    const start = async (
      name: string,
      netns: string,
      argv: Parameters<typeof startServer>[0]['argv'],
    ): Promise<Server> => {
      const server = await startServer({ arm: place(name), account: account.name, netns, argv });
      servers.push(server);
      return server;
    };
    const postgres = await startPostgres(place('database'), account.name, back);
    servers.push(postgres);
    const redis = await start('redis', back, (port, directory) =>
      redisArgv(port, directory, '--bind', '0.0.0.0', '--protected-mode', 'no'),
    );
    const memcached = await start('cache', back, (port) => [
      'memcached',
      '-l',
      '0.0.0.0',
      '-p',
      String(port),
      '-U',
      '0',
    ]);
    const grpc = await start('rpc', back, (port) => [
      ...GRPC,
      program('grpc_echo.py'),
      'serve',
      '0.0.0.0',
      String(port),
    ]);
    const beforePostgres = await freePort();
    const nginx = await start('web', front, (port, directory) => {
      const config = path.join(path.dirname(directory), 'nginx.conf');
      fs.writeFileSync(
        config,
        `daemon off; pid ${directory}/pid; error_log stderr; ${nginxStream()}
events {}
stream {
  server { listen ${port}; proxy_pass ${BACK}:${redis.port}; }
  server { listen ${beforePostgres}; proxy_pass ${BACK}:${postgres.port}; }
}
`,
      );
      return ['nginx', '-e', 'stderr', '-c', config];
    });
    const gateway = await start('gateway', front, (port) => [
      'etcd',
      'gateway',
      'start',
      '--listen-addr',
      `${FRONT}:${port}`,
      '--endpoints',
      `${BACK}:${memcached.port}`,
    ]);
    const fromFront = (command: string, ...args: string[]) =>
      run('ip', ['netns', 'exec', front, command, ...args]);
    for (const [key, bytes] of [
      ['large', 16_384],
      ['small', 2048],
    ] as const) {
      const file = path.join(temporary.path, key);
      fs.writeFileSync(file, 'x'.repeat(bytes));
      await fromFront('memccp', `--servers=${BACK}:${memcached.port}`, file);
    }
    const redisAt = (port: number, address: string) => ['-h', address, '-p', String(port)];
    await fromFront('redis-cli', ...redisAt(redis.port, BACK), 'SET', 'key', 'x'.repeat(2000));
    const client = (...argv: string[]) => {
      clients.run(place('clients'), front, argv);
    };
    const paced = (address: string, port: number, asked: number, key: string, bytes: number) => {
      // VALUE KEY FLAGS BYTES, the value, END, each with a line break.
      const answer = `VALUE ${key} 0 ${bytes}`.length + bytes + 'END'.length + 6;
      const at = [address, String(port), String(asked)];
      client(PYTHON, program('paced.py'), ...at, `get ${key}`, String(answer));
    };
    paced(BACK, memcached.port, 800, 'large', 16_384);
    paced(FRONT, gateway.port, 400, 'small', 2048);
    const calls = ['12', String(256 << 10)];
    client(...GRPC, program('grpc_echo.py'), 'pace', BACK, String(grpc.port), ...calls);
    client('redis-cli', ...redisAt(nginx.port, FRONT), '-r', '-1', '-i', '0.01', 'GET', 'key');
    client(
      postgresProgram('pgbench'),
      '-h',
      FRONT,
      '-p',
      String(beforePostgres),
      '-U',
      'postgres',
      '-n',
      '-f',
      path.join(temporary.path, 'select'),
      '-R',
      '20',
      '-T',
      '1000',
      'postgres',
    );
    const ports = [postgres, redis, memcached, grpc, gateway, nginx].map(({ port }) => port);
    await eventually('all talk', async () => {
      const [command = '', ...args] = entering(front, ['ss', '-Htn', 'state', 'established']);
      const sockets = await run(command, args);
      return [...ports, beforePostgres].every((port) =>
        new RegExp(`:${port} *$`, 'm').test(sockets),
      );
    });
  }

  const end = ({ process, cgroup = '' }: Side): string =>
    `${process ?? '?'} in ${path.relative(outer.path, cgroup)}`;
  const pair = ({ client, server }: Flow): string => `${end(client)} -> ${end(server)}`;
  const pairOf = ({ flow }: Pick<FlowGain, 'flow'>): string => {
    const found = assessment.flows[flow];
    assert.ok(found, report);
    return pair(found);
  };
  /** In the order of the lines; those of one line in that of the alphabet. */
  const inLines = (pairs: readonly string[]): string[][] =>
    TRAFFIC.map(({ length }, line) => {
      const first = TRAFFIC.slice(0, line).reduce((sum, one) => sum + one.length, 0);
      return pairs.slice(first, first + length).toSorted();
    });

  it('finds every pair, the most traffic first', () => {
    assert.equal(assessment.flows.length, TRAFFIC.flat().length, report);
    assert.deepEqual(
      inLines(assessment.flows.map(pair)),
      TRAFFIC.map((line) => line.toSorted()),
      report,
    );
  });

  it('tells what is between namespaces, and how it talks', () => {
    for (const flow of assessment.flows) {
      const isBefore = flow.server.process === 'nginx' || flow.server.process === 'etcd';
      assert.equal(flow.sameNamespace, isBefore, `${pair(flow)}\n${report}`);
      assert.equal(flow.connections, 1, report);
      assert.equal(flow.shape, 'request-response', report);
      assert.equal(flow.messagesFrom, 'calls');
    }
  });

  const relianceOf = (process: string, use: Use, cgroup: string): Reliance => {
    const found = assessment.relies.filter(
      (one) =>
        one.process === process && one.use === use && one.cgroup === path.join(outer.path, cgroup),
    );
    assert.equal(found.length, 1, report);
    const [first] = found;
    assert.ok(first);
    return first;
  };

  it('names the proxy in Go, and that it would stall', () => {
    assert.deepEqual(assessment.notLookedAt, []);
    const { effect, basis, sockets, consequence } = relianceOf('etcd', 'splice', 'gateway');
    assert.deepEqual([effect, basis, sockets], ['stalls', 'probed', 2]);
    assert.match(consequence, /splice\(\) from a bypassed socket finds no data.*Programs .* stall/);
    assert.match(
      report,
      /etcd \(\S+\/gateway\): splice\(\) \([\d,]+ times\)\. On this kernel: .*stall/,
    );
  });

  it('names the gRPC pair, and that it would stay on TCP', () => {
    for (const cgroup of ['clients', 'rpc']) {
      const { effect, consequence } = relianceOf('python3', 'rcvlowat', cgroup);
      assert.equal(effect, 'stays');
      assert.match(consequence, /leave what it receives on TCP/);
    }
    assert.match(
      report,
      /python3 \(\S+\/rpc\): SO_RCVLOWAT \([\d,]+ times\)\. The guarded programs leave/,
    );
  });

  it('ranks what would gain, without what stays and what stalls', () => {
    const { verdict } = assessment;
    const worth = verdict.gains.filter(({ isWorth }) => isWorth).map(pairOf);
    assert.deepEqual(worth.toSorted(), WORTH.toSorted(), report);
    assert.equal(worth[0], TRAFFIC[0][0], report);
    assert.equal(verdict.kind, 'gains', report);
    assert.equal(verdict.reach, 'host');
    const inside = (names: string[]) => names.map((name) => path.join(outer.path, name));
    assert.deepEqual(verdict.cover, inside(['cache', 'clients']), report);
    const gateway = verdict.cgroups.find(({ cgroup }) => cgroup.endsWith('/gateway'));
    assert.ok(
      gateway?.against.some(({ kind, isGrave }) => kind === 'stalls' && isGrave),
      report,
    );
  });

  it('leaves the host as it was', async () => {
    assert.ok(
      steps.some(({ temporaries }) => temporaries > 0),
      'its temporary files are seen',
    );
    const scratch = process.env['TMPDIR'] ?? '';
    let changed: string[] = [];
    const isAsItWas = async () => {
      // Shells that watched a connection of the tests before may have been about to end.
      changed = changes(asItWas, await lastingState(scratch)).filter(
        (line) => !/^- process .* sh$/.test(line),
      );
      return changed.length === 0;
    };
    await eventually('all is as it was', isAsItWas).catch((error: unknown) => {
      assert.deepEqual(changed, []);
      throw error;
    });
  });
});
