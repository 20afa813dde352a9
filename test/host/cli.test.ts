import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { BypassStatus } from '../../src/bypass/attachment.ts';
import type { HostCheck } from '../../src/host/check.ts';
import type { CanaryReading } from '../../src/results/canary/trial.ts';
import type { Problem } from '../../src/host/errors.ts';
import { parseDocument, type ResultDocument } from '../../src/results/document.ts';
import type { Fleet } from '../../src/results/fleet/fleet.ts';
import type { Diagnosis } from '../../src/verifier/diagnose.ts';
import type { GrowthCheck } from '../../src/verifier/difference.ts';
import type { FigureSet } from '../../src/verifier/figures.ts';
import { makeAccount } from '../harness/accounts.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import { installCli, type InstalledCli } from '../harness/cli.ts';
import { assertNoBench } from '../harness/host/benches.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { makeNetns, reside } from '../harness/host/traffic.ts';
import { eventually } from '../harness/host/wait.ts';
import { shortPlan } from '../harness/shortPlan.ts';
import { run } from '../harness/run.ts';
import { stanza } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

/** A program that the kernel rejects, in line 7. */
const BAD = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("socket")
int bad(struct __sk_buff *ctx)
{
	int *p = (void *)8;
	return *p;
}
char _license[] SEC("license") = "GPL";
`;

const PLAN = shortPlan('tiny');

/** Cgroups that were made for a run. */
const ownCgroups = (): string[] =>
  fs.readdirSync(cgroupMount() ?? '').filter((name) => name.startsWith('sockmap-bypass-run-'));

describe('the command line', () => {
  let cli: InstalledCli;
  let stage: BenchStage;
  let folder: TemporaryDirectory;
  let ssh: string[];
  before(async () => {
    cli = await installCli();
    stage = await setBenchStage('cli');
    ssh = ['--ssh-config', stage.server.configFile];
    folder = temporaryDirectory({ 'tiny.sockmap-plan.json': JSON.stringify(PLAN) });
  });
  after(async () => {
    await stage.stop();
    await folder.remove();
    await cli.remove();
  });
  afterEach(() => assertNoBench(stage.outer.cgroup.path));

  const file = (name: string): string => path.join(folder.path, name);
  const read = (name: string): ResultDocument => parseDocument(fs.readFileSync(file(name), 'utf8'));
  const plan = () => ['--plan', file('tiny.sockmap-plan.json')];
  const benchmark = (...more: string[]) =>
    cli.run(['benchmark', stage.server.alias, stage.cgroup, ...ssh, ...more]);

  it('Ctrl-C leaves nothing of a benchmark but its document, which is completed later', async () => {
    const out = file('first.json');
    const { alias } = stage.server;
    const limits = ['--queue-bound', '2', '--one-way-limit', '1000'];
    const argv = [...plan(), ...limits, '--out', out, '--json'];
    const running = cli.start(['benchmark', alias, ...ssh, ...argv]);
    await eventually('a sample is taken', () => running.stderr.includes('(2 of 6'));
    running.interrupt();
    const { status, stdout, stderr } = await running.ended;
    assert.equal(status, 130, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^TCP, round trip, 64 B \/ 64 B \(1 of 6, \d+ s left\)$/m);
    assert.match(stderr, /What was measured is kept in .*first\.json/);
    assert.deepEqual(ownCgroups(), [], 'nothing is left when it has ended');
    const cut = read('first.json');
    assert.equal(cut.stopped?.why, 'cancelled');
    assert.ok(cut.samples.length > 0 && cut.samples.length < 6);

    assert.deepEqual(cut.limits, { localNetworks: [], queueBound: 2 << 20, oneWayLimit: 1000 });
    const resume = ['benchmark', alias, ...ssh, '--resume', out, '--json'];
    const other = await cli.run([...resume, '--queue-bound', '3']);
    assert.equal(other.status, 64);
    assert.match(other.stderr, /^--queue-bound: the run began with 2, and goes on with that\.$/m);
    const resuming = cli.start(resume);
    await eventually('its bypass is loaded', () => resuming.stderr.includes(' of 6'), 60_000);
    const { stdout: loaded } = await cli.run(['status', alias, ...ssh, '--json']);
    const { attachments } = JSON.parse(loaded) as BypassStatus;
    const own = attachments.find(({ cgroup }) => cgroup?.startsWith(cut.cgroup));
    assert.deepEqual([own?.config?.queueBound, own?.config?.oneWayLimit], [2 << 20, 1000]);
    const resumed = await resuming.ended;
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.deepEqual(JSON.parse(resumed.stdout), { result: out });
    const whole = read('first.json');
    assert.ok(whole.finishedAt !== undefined);
    assert.deepEqual(whole.plan, PLAN);
    assert.equal(whole.samples.length, 6);
    assert.equal(whole.cgroup, cut.cgroup);
    assert.deepEqual(ownCgroups(), []);
  });

  it('benchmark ends with 2 when the bypass got slower than in a saved run, and names it', async () => {
    const measured = read('first.json');
    // So far better that no noise hides it; all of it by the bypass.
    const FACTOR = 200;
    const samples = measured.samples.map((sample) =>
      sample.arm === 'bypass' && sample.experiment === 'latency' && sample.bpf
        ? {
            ...sample,
            transactionsPerSecond: FACTOR * sample.transactionsPerSecond,
            bpf: { ...sample.bpf, redirectedBytes: FACTOR * sample.bpf.redirectedBytes },
          }
        : sample,
    );
    fs.writeFileSync(file('better.json'), JSON.stringify({ ...measured, samples }));
    const { status, stdout, stderr } = await benchmark(
      ...plan(),
      '--out',
      file('second.json'),
      '--baseline',
      file('better.json'),
    );
    assert.equal(status, 2, stderr + stdout);
    assert.match(stdout, /^WORSE: Bypass, round trip, 64 B \/ 64 B: -\d.*, its ratio to TCP -\d/m);
    assert.equal(read('second.json').baselineId, measured.id);
    assert.equal(read('second.json').cgroup, stage.cgroup);
  });

  it('shows the commands of a plan, and of a run to complete, and runs none before a person agrees', async () => {
    const touched = file('touched');
    fs.chmodSync(folder.path, 0o777);
    const client = ['sh', '-c', 'echo >>"$1"; echo 5', 'sh', touched, 'x\u202e\u001b[2J'];
    const workload = {
      name: 'own',
      arms: ['tcp'],
      client,
      metric: { pattern: '(\\d+)' },
      unit: 'x',
      higherIsBetter: true,
      warmup: 0,
    };
    const own = { name: 'own', workloads: [workload], secondsPerSample: 1, repetitions: 1 };
    fs.writeFileSync(file('own.sockmap-plan.json'), JSON.stringify(own));
    const at = ['benchmark', stage.server.alias, ...ssh, '--as', 'node-7'];
    const argv = [...at, '--plan', file('own.sockmap-plan.json'), '--out', file('own.json')];
    const unanswered = await cli.run(argv);
    assert.equal(unanswered.status, 1);
    assert.match(
      unanswered.stderr,
      /client: "own"\n.*\n {4}"sh" "-c" "echo >>\\"\$1\\"; echo 5" "sh"/,
    );
    assert.match(unanswered.stderr, /"x\\u202e\\u001b\[2J"/);
    assert.match(
      unanswered.stderr,
      /no terminal to ask for confirmation.*Read the commands, then repeat/,
    );
    const asked = cli.open(argv);
    await eventually('it asks', () => asked.stdout.includes('Run these commands on'));
    asked.type('n\r');
    assert.equal((await asked.ended).status, 130);
    assert.ok(!fs.existsSync(touched) && !fs.existsSync(file('own.json')));

    const agreed = await cli.run([...argv, '--yes']);
    assert.equal(agreed.status, 0, agreed.stderr);
    assert.equal(fs.readFileSync(touched, 'utf8'), '\n');
    const { finishedAt: _, ...cut } = read('own.json');
    assert.equal(cut.host.name, 'node-7');
    fs.writeFileSync(file('own.json'), JSON.stringify({ ...cut, samples: [] }));
    const resume = [...at, '--resume', file('own.json')];
    const again = await cli.run(resume);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /client: "own"[^]*with --yes/);
    assert.equal((await cli.run([...resume, '--yes'])).status, 0);
    assert.equal(fs.readFileSync(touched, 'utf8'), '\n\n');
  });

  it('ends with 1 when nothing can be said, with 64 when it is used wrongly, and says why', async () => {
    const { alias } = stage.server;
    const out = ['--out', file('none.json')];
    const at = ['benchmark', alias, stage.cgroup, ...ssh];
    const here = [...at, ...out];
    for (const [argv, wanted, words] of [
      [[...here, '--baseline', file('none.json')], 1, /Could not read none\.json .*: ENOENT/],
      [[...here, '--plan', file('better.json')], 1, /not a benchmark plan/],
      [[...at, '--out', file('better.json'), '--baseline', file('better.json')], 1, /saved run/],
      [[...at, '--out', file('tiny.sockmap-plan.json')], 1, /Could not read tiny/],
      [['benchmark', alias, '/sys/fs/cgroup/none-of-these', ...ssh, ...out], 1, /is not a cgroup/],
      [['benchmark', 'nobody-at-all', ...ssh, ...out], 1, /Could not connect to nobody-at-all/],
      [[...here, '--profile', 'fast'], 64, /--profile is one of quick, standard, article/],
      [[...here, '--max-slowdown', 'much'], 64, /--max-slowdown is 0 to 100/],
      [[...here, '--as', 'a b'], 64, /--as takes a name/],
      [[...here, '--resume', file('first.json')], 64, /--resume goes on with a run/],
      [['benchmark'], 64, /HOST is missing/],
      [[], 64, /COMMAND is missing/],
    ] as const) {
      const { status, stdout, stderr } = await cli.run(argv);
      assert.equal(status, wanted, `${argv.join(' ')}: ${stderr}`);
      assert.match(stderr, words);
      assert.equal(stdout, '');
    }
    assert.ok(!fs.existsSync(file('none.json')));
  });

  it('a second Ctrl-C ends it at once, and the host undoes the rest', async () => {
    const out = file('ended.json');
    const running = cli.start(['benchmark', stage.server.alias, ...ssh, ...plan(), '--out', out]);
    await eventually('it is at work there', () => running.stderr.includes('(1 of 6'), 60_000);
    running.interrupt();
    await eventually('the first is heard', () => running.stderr.includes('Cancelling'));
    running.interrupt();
    assert.equal((await running.ended).status, 130);
    await eventually('nothing is left', () => ownCgroups().length === 0, 30_000);
  });

  it('compare ends with 2 when the bypass got slower, and gives the figures as data', async () => {
    const slower = await cli.run(['compare', file('better.json'), file('first.json'), '--json']);
    assert.equal(slower.status, 2, slower.stderr);
    const { differences, check } = JSON.parse(slower.stdout) as Record<string, object>;
    assert.ok(Array.isArray(differences) && differences.length > 0);
    assert.equal((check as { outcome: string }).outcome, 'worse');
    const table = await cli.run(['compare', file('better.json'), file('first.json'), '--markdown']);
    assert.equal(table.status, 2);
    assert.match(table.stdout, /^\| round trip, 64 B \/ 64 B \| Bypass \| rate \|/m);
    assert.match(table.stdout, /^- WORSE: Bypass, round trip.*\n- 1 measurement .* slower than/m);
    const missing = await cli.run(['compare', file('none.json'), file('first.json')]);
    assert.equal(missing.status, 1);
  });

  it('fleet sums up the documents of several hosts', async () => {
    const other = JSON.parse(fs.readFileSync(file('first.json'), 'utf8')) as ResultDocument;
    other.host.name = 'other';
    fs.writeFileSync(file('other.json'), JSON.stringify(other));
    const summed = await cli.run(['fleet', file('first.json'), file('other.json'), '--json']);
    assert.equal(summed.status, 0, summed.stderr);
    const { hosts, places } = JSON.parse(summed.stdout) as Pick<Fleet, 'hosts' | 'places'>;
    assert.equal(hosts.length, 2);
    assert.equal(places[0]?.hosts.length, 2);
    assert.equal(places[0].summary?.hosts, 2);
    const text = await cli.run(['fleet', file('first.json'), file('other.json')]);
    assert.match(
      text.stdout,
      /^Round trip, 64 B \/ 64 B\n.*\n {2}other .* against TCP\n {2}fleet /,
    );
    const missing = await cli.run(['fleet', file('none.json')]);
    assert.equal(missing.status, 1);
  });

  it('check says what a host has', async () => {
    const checked = await cli.run(['check', stage.server.alias, ...ssh, '--for', 'load', '--json']);
    assert.equal(checked.status, 0, checked.stderr);
    const { facts, findings } = JSON.parse(checked.stdout) as HostCheck;
    assert.equal(facts.kernel, os.release());
    assert.deepEqual(findings, []);
  });

  it('load, status and unload do as the commands of the editor, and refuse what is occupied', async () => {
    const { alias } = stage.server;
    const cgroup = stage.outer.cgroup.child('loaded');
    const at = ({ stdout }: { stdout: string }) =>
      (JSON.parse(stdout) as BypassStatus).attachments.find((one) => one.cgroup === cgroup);
    const limits = ['--queue-bound', '2', '--one-way-limit', '7', '--max-sockets', '100'];
    const argv = ['load', alias, cgroup, ...ssh, ...limits, '--yes', '--json'];
    const loaded = await cli.run(argv);
    assert.equal(loaded.status, 0, loaded.stderr);
    assert.match(loaded.stderr, /^the kernel verifies$/m);
    assert.equal(at(loaded)?.state, 'attached');
    assert.equal(at(loaded)?.maxSockets, 100);
    assert.equal(at(loaded)?.config?.queueBound, 2 * 2 ** 20);
    assert.equal(at(loaded)?.config?.oneWayLimit, 7);
    const again = await cli.run(['load', alias, cgroup, ...ssh, '--yes', '--json']);
    assert.equal(again.status, 1);
    const { error } = JSON.parse(again.stdout) as { error: Problem };
    assert.deepEqual([error.kind, error.where], ['occupied', alias]);
    const shown = await cli.run(['status', 'local']);
    assert.equal(shown.status, 0);
    assert.ok(shown.stdout.includes(`${cgroup}\n  state `), shown.stdout);
    const unloaded = await cli.run(['unload', alias, cgroup, ...ssh, '--json']);
    assert.equal(unloaded.status, 0, unloaded.stderr);
    assert.equal(at(unloaded), undefined);
    const gone = await cli.run(['unload', 'local', cgroup]);
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /nothing is loaded on/);
  });

  it('canary compares a share of live connections, and says by its exit status what is known', async () => {
    const { alias } = stage.server;
    const cgroup = stage.outer.cgroup.child('canary');
    const at = ({ stdout }: { stdout: string }) =>
      (JSON.parse(stdout) as BypassStatus).attachments.find((one) => one.cgroup === cgroup);
    const none = await cli.run(['canary', alias, cgroup, ...ssh, '--for', '5s', '--json']);
    assert.equal(none.status, 1);
    assert.match(none.stdout, /no guarded bypass is loaded/);
    const load = ['load', alias, cgroup, ...ssh, '--share', '20', '--yes', '--json'];
    assert.equal(at(await cli.run(load))?.config?.share, 20);
    // Nobody talks.
    const run = await cli.run(['canary', alias, cgroup, ...ssh, '--for', '5s', '--json']);
    assert.equal(run.status, 1, run.stderr);
    assert.match(run.stderr, /^5 s: 0 answers on the bypass, 0 on TCP/m);
    const { outcome, share } = JSON.parse(run.stdout) as CanaryReading;
    assert.deepEqual([outcome, share], ['undecided', 50]);
    assert.equal(at(await cli.run(['status', alias, ...ssh, '--json']))?.config?.share, 20);
    const wrong = await cli.run(['canary', alias, cgroup, '--for', '5 minutes']);
    assert.equal(wrong.status, 64);
    assert.match(wrong.stderr, /--for is a time/);
    const configure = ['configure', alias, cgroup, ...ssh, '--share', '100', '--json'];
    assert.equal(at(await cli.run(configure))?.config?.share, undefined);
    assert.equal((await cli.run(['unload', alias, cgroup, ...ssh])).status, 0);
  });

  it('load has one bypass for several cgroups, and asks for its reach where that matters', async () => {
    const { cgroup: outer } = stage.outer;
    const [web, db] = [outer.child('web'), outer.child('db')];
    const inner = outer.child('web/inner');
    const ours = (stdout: string) =>
      (JSON.parse(stdout) as BypassStatus).attachments.find((one) => one.cgroups.includes(web));
    const argv = ['load', 'local', web, inner, db];
    const loaded = await cli.run([...argv, '--reach', 'host', '--yes', '--json']);
    assert.equal(loaded.status, 0, loaded.stderr);
    assert.match(loaded.stderr, /web\/inner is already covered by/);
    assert.deepEqual(ours(loaded.stdout)?.cgroups.toSorted(), [db, web]);
    assert.equal(ours(loaded.stdout)?.config?.reach, 'host');
    const shown = await cli.run(['status', 'local']);
    assert.match(
      shown.stdout,
      new RegExp(`^(?:${web}|${db})\n(?:${web}|${db})\n {2}state .*\n[^]*reach +between`, 'm'),
    );

    const third = outer.child('cache');
    const attached = await cli.run(['attach', 'local', third, '--to', web, '--yes', '--json']);
    assert.equal(attached.status, 0, attached.stderr);
    assert.deepEqual(ours(attached.stdout)?.cgroups.toSorted(), [third, db, web].toSorted());
    assert.equal((await cli.run(['attach', 'local', third])).status, 64);
    const change = ['configure', 'local', db, '--json'];
    const bounded = await cli.run([...change, '--queue-bound', '2', '--reach', 'namespace']);
    assert.equal(bounded.status, 0, bounded.stderr);
    assert.equal(ours(bounded.stdout)?.config?.queueBound, 2 << 20);
    assert.equal(ours(bounded.stdout)?.config?.reach, 'namespace');
    const off = await cli.run([...change, '--mode', 'off']);
    assert.equal(ours(off.stdout)?.config?.mode, 'off', off.stderr);
    const on = await cli.run([...change, '--mode', 'guarded']);
    assert.deepEqual(ours(on.stdout)?.config, ours(bounded.stdout)?.config, on.stderr);
    const detached = await cli.run(['detach', 'local', web, third, '--json']);
    assert.equal(detached.status, 0, detached.stderr);
    const { attachments } = JSON.parse(detached.stdout) as BypassStatus;
    assert.deepEqual(attachments.find((one) => one.cgroups.includes(db))?.cgroups, [db]);
    assert.equal((await cli.run(['detach', 'local', web])).status, 1);
    assert.equal((await cli.run(['unload', 'local', db])).status, 0);

    const namespaces = [await makeNetns(), await makeNetns()];
    const [one, other] = namespaces;
    assert.ok(one !== undefined && other !== undefined);
    const residents = [reside(web, one), reside(db, other)];
    try {
      const terminal = cli.open(argv);
      await eventually('it asks', () =>
        terminal.stdout.includes('containers of local, too? [y/N]'),
      );
      assert.match(terminal.stdout, /are in 2 network namespaces/);
      terminal.type('y\r');
      const warned = () => terminal.stdout.includes('Load it anyway? [y/N]');
      await eventually(
        'it warns or loads',
        () => warned() || /reach +between/.test(terminal.stdout),
      );
      if (warned()) terminal.type('y\r');
      const { status, stdout } = await terminal.ended;
      assert.equal(status, 0, stdout);
      assert.match(stdout, /reach +between network namespaces, too/);
      assert.equal((await cli.run(['unload', 'local', web])).status, 0);
    } finally {
      for (const resident of residents) resident.kill();
      for (const netns of namespaces) await netns.remove();
    }
  });

  it('load goes on where the sockets cannot be probed, and says so', async () => {
    const { alias } = stage.server;
    const cgroup = stage.outer.cgroup.child('unknown');
    const probe = cli.source('tools/semantics.c');
    const text = fs.readFileSync(probe);
    fs.writeFileSync(probe, '#include <no/such.h>\n');
    try {
      const loaded = await cli.run(['load', alias, cgroup, ...ssh]);
      assert.equal(loaded.status, 0, loaded.stderr);
      assert.match(loaded.stderr, /^The sockets of .* could not be probed: .*'no\/such\.h' file/m);
      assert.match(loaded.stderr, /So it is not known what its kernel does/);
    } finally {
      fs.writeFileSync(probe, text);
    }
    assert.equal((await cli.run(['unload', alias, cgroup, ...ssh])).status, 0);
  });

  it('verify says in clang’s form what the kernel objects to, and ends with 2', async () => {
    fs.writeFileSync(file('bad.bpf.c'), BAD);
    const { alias } = stage.server;
    const bad = await cli.run(['verify', alias, file('bad.bpf.c'), ...ssh]);
    assert.equal(bad.status, 2, bad.stderr);
    assert.match(
      bad.stdout,
      /bad\.bpf\.c:7:2: error: R1 invalid mem access 'scalar' \[verifier\]$/m,
    );
    assert.match(bad.stdout, /^bad \(socket\): rejected by Linux /m);
    const good = await cli.run(['verify', alias, cli.source('classic.bpf.c'), ...ssh, '--json']);
    assert.equal(good.status, 0, good.stderr);
    const { programs } = JSON.parse(good.stdout) as Diagnosis;
    assert.deepEqual(
      programs.map(({ verdict }) => verdict),
      ['accepted', 'accepted'],
    );
  });

  it('verify compares with a baseline, ours or veristat’s, and ends with 2 where a program got worse', async () => {
    const { alias } = stage.server;
    const verify = (...more: string[]) =>
      cli.run(['verify', alias, file('grows.bpf.c'), ...ssh, ...more]);
    const source = (...lines: string[]) => {
      const body = lines.map((line) => `\t${line}\n`).join('');
      const text = BAD.replace('int *p = (void *)8;', 'int sum = 0;').replace('*p', 'sum');
      fs.writeFileSync(file('grows.bpf.c'), text.replace('\treturn', `${body}\treturn`));
    };
    source();
    for (const name of ['before.json', 'before.csv']) {
      const { status, stderr } = await verify('--output', file(name));
      assert.equal(status, 0, stderr);
    }
    assert.match(
      fs.readFileSync(file('before.csv'), 'utf8'),
      /^file_name,prog_name,verdict,.*total_insns.*\ngrows\.bpf\.c,bad,success,[\d,]+\n$/,
    );
    const same = await verify('--baseline', file('before.json'), '--max-growth', '0%');
    assert.equal(same.status, 0, same.stderr);
    assert.match(same.stdout, /^No program got worse by more than 0% since .*before\.json\.$/m);

    source(...Array.from({ length: 20 }, () => 'sum += bpf_get_prandom_u32() & 1;'));
    for (const name of ['before.json', 'before.csv']) {
      const argv = ['--baseline', file(name), '--output', file('after.json')];
      const worse = await verify(...argv, '--figure', 'processed');
      assert.equal(worse.status, 2, worse.stderr);
      assert.match(worse.stdout, /^bad: \d+ -> \d+ processed \(\+\d+, \+\d+%\): more than 10%\.$/m);
    }
    const written = JSON.parse(fs.readFileSync(file('after.json'), 'utf8')) as FigureSet;
    assert.ok((written.programs[0]?.processed ?? 0) > 40);
    const allowed = await verify('--baseline', file('after.json'), '--json');
    assert.equal(allowed.status, 0, allowed.stderr);
    const { comparison } = JSON.parse(allowed.stdout) as { comparison: GrowthCheck };
    assert.equal(comparison.outcome, 'good');

    fs.writeFileSync(file('other.csv'), 'file_name,prog_name,verdict\na.o,other,success\n');
    assert.equal((await verify('--baseline', file('other.csv'))).status, 1);
    fs.writeFileSync(file('broken.csv'), 'file_name,prog_name,verdict\na.o,bad\n');
    const broken = await verify('--baseline', file('broken.csv'));
    assert.equal(broken.status, 1);
    assert.match(broken.stderr, /row 2: 2 columns, not the 3 of the first row/);
    const text = fs.readFileSync(file('grows.bpf.c'), 'utf8');
    const precious = await verify('--output', file('grows.bpf.c'));
    assert.equal(precious.status, 1, 'a source is not overwritten');
    assert.equal(fs.readFileSync(file('grows.bpf.c'), 'utf8'), text);
    const twice = ['--baseline', file('after.json'), '--output', file('after.json')];
    assert.equal((await verify(...twice)).status, 64);
    assert.equal((await verify('--max-growth', '5')).status, 64);
  });

  it('verify says how a makefile compiles what lacks a header, and takes that as options', async () => {
    const { alias } = stage.server;
    const fixture = path.join(import.meta.dirname, '../fixtures/makefile');
    const argv = [
      'verify',
      alias,
      path.join(fixture, 'src/count.bpf.c'),
      '--root',
      fixture,
      ...ssh,
    ];
    const bare = await cli.run(argv);
    assert.equal(bare.status, 2, bare.stderr);
    const words = ['-I', 'include', '-I', 'lib', '-mcpu=v3', '-DDOUBLE=2'];
    const flags = words.map((word) => `--flag=${word}`);
    assert.match(bare.stdout, /file not found/);
    assert.ok(
      bare.stdout.endsWith(`\nhint: as Makefile compiles it: ${flags.join(' ')}\n`),
      bare.stdout,
    );
    const { guess } = JSON.parse((await cli.run([...argv, '--json'])).stdout) as { guess: unknown };
    assert.deepEqual(guess, { from: 'Makefile', flags: words });
    const good = await cli.run([...argv, ...flags]);
    assert.equal(good.status, 0, good.stdout);
    assert.doesNotMatch(good.stdout, /hint:/);
  });

  it('verify tries what a makefile says where a program is rejected, beside what .clangd says', async () => {
    // The kernel's types lie above what is read.
    const source = `#include "../vmlinux.h"
#include <bpf/bpf_helpers.h>
#ifndef LAST
#define LAST 99
#endif
int values[16];
SEC("socket")
int program(struct __sk_buff *skb)
{
	return values[skb->mark & LAST];
}
char LICENSE[] SEC("license") = "GPL";
`;
    const root = file('tried');
    fs.mkdirSync(root);
    fs.writeFileSync(path.join(root, 'probe.bpf.c'), source);
    fs.writeFileSync(path.join(root, '.clangd'), 'CompileFlags: {Add: [-xc, -DLSP]}\n');
    const argv = ['verify', stage.server.alias, path.join(root, 'probe.bpf.c'), ...ssh];
    const hints = async (makefile: string) => {
      fs.writeFileSync(path.join(root, 'Makefile'), makefile);
      const { status, stdout } = await cli.run([...argv, '--root', root]);
      assert.equal(status, 2, stdout);
      return stdout.split('\n').filter((line) => line.startsWith('hint: '));
    };
    const helps = 'BPF_CFLAGS = -DLAST=15\n';
    assert.deepEqual(await hints(helps), ['hint: as Makefile compiles it: --flag=-DLAST=15']);
    assert.deepEqual(await hints('BPF_CFLAGS = -DOTHER=15\n'), []);
  });

  it('verify says which source beside it defines what it only declares, and links them', async () => {
    const wanting = BAD.replace('SEC("socket")', 'int step(int a);\nSEC("socket")')
      .replace('int *p = (void *)8;', '')
      .replace('*p', 'step(0)');
    fs.writeFileSync(file('part.bpf.c'), wanting);
    fs.writeFileSync(file('step.bpf.c'), 'int step(int a)\n{\n\treturn a + 1;\n}\n');
    const argv = ['verify', stage.server.alias, file('part.bpf.c'), ...ssh];
    const bare = await cli.run(argv);
    assert.equal(bare.status, 2, bare.stderr);
    assert.match(bare.stdout, /part\.bpf\.c:\d+:\d+: error: .*'step'/);
    assert.ok(
      bare.stdout.endsWith('\nhint: step.bpf.c defines step: --link=step.bpf.c\n'),
      bare.stdout,
    );
    const good = await cli.run([...argv, '--link=step.bpf.c']);
    assert.equal(good.status, 0, good.stdout);
  });

  it('verify on several hosts ends with a table of them', async () => {
    fs.writeFileSync(file('bad.bpf.c'), BAD);
    const { alias } = stage.server;
    const argv = ['verify', alias, file('bad.bpf.c'), ...ssh, '--host', 'local'];
    const { status, stdout, stderr } = await cli.run(argv);
    assert.equal(status, 2, stderr);
    assert.match(stdout, /^bad +rejected, \S*bad\.bpf\.c:7 +rejected, \S*bad\.bpf\.c:7$/m);
    const json = await cli.run([...argv, '--json']);
    const { hosts } = JSON.parse(json.stdout) as { hosts: Diagnosis[] };
    assert.deepEqual(
      hosts.map(({ host }) => host),
      [alias, 'local'],
    );
    assert.equal((await cli.run([...argv, '--output', file('two.csv')])).status, 64);
    const lost = await cli.run([
      'verify',
      'local',
      file('bad.bpf.c'),
      ...ssh,
      '--host',
      'no.such.invalid',
    ]);
    assert.equal(lost.status, 2, lost.stderr);
    assert.match(lost.stdout, /^bad +rejected, \S*bad\.bpf\.c:7$/m);
    assert.match(lost.stderr, /no\.such\.invalid/);
  });

  it('verify does not take a fault of its own tool, or no file at all, for one of the source', async () => {
    const { alias } = stage.server;
    const tool = cli.source('tools/verify.c');
    const text = fs.readFileSync(tool);
    fs.writeFileSync(tool, '#include <no/such.h>\n');
    try {
      const argv = ['verify', alias, cli.source('classic.bpf.c'), ...ssh, '--json'];
      const { status, stdout } = await cli.run(argv);
      assert.equal(status, 1, stdout);
      const { error } = JSON.parse(stdout) as { error: Problem };
      assert.deepEqual([error.kind, error.tried], ['not-found', 'build the verification helper']);
      assert.match(error.words, /'no\/such\.h' file not found/);
    } finally {
      fs.writeFileSync(tool, text);
    }
    const there = ['verify', alias, cli.source('classic.bpf.c'), ...ssh];
    const nowhere = await cli.run([...there, '--libbpf', '/no/such']);
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /use the libbpf of \/no\/such[^]*\/no\/such is not a directory/);
    const relative = await cli.run([...there, '--libbpf', 'lib']);
    assert.equal(relative.status, 64);
    assert.match(relative.stderr, /--libbpf: not an absolute path of the host: lib/);
    const missing = await cli.run(['verify', alias, file('none.bpf.c'), ...ssh]);
    assert.equal(missing.status, 64);
    assert.match(missing.stderr, /FILE: .*none\.bpf\.c is not there\.\n/);
  });

  it('shows what would act on a terminal as text', async () => {
    const { status, stderr } = await cli.run(['unload', 'local', '\u001b[2Jgone']);
    assert.equal(status, 1);
    assert.match(stderr, /<U\+001B>\[2Jgone/);
    assert.ok(!stderr.includes('\u001b'));
  });

  it('asks on a terminal: for sudo’s password unseen, and before programs would stall', async () => {
    const account = await makeAccount('password');
    const alias = 'asks';
    stage.server.addHost(alias, { user: account.name });
    const cgroup = stage.outer.cgroup.child('asked');
    try {
      const argv = ['load', alias, cgroup, ...ssh];
      const given = cli.open(argv);
      await eventually('it asks', () => given.stdout.includes('sudo: password of'));
      given.type('\u0003');
      assert.equal((await given.ended).status, 130);

      const terminal = cli.open(argv);
      await eventually('it asks', () => terminal.stdout.includes('sudo: password of'));
      terminal.type('wrong\r');
      await eventually('it asks again', () => terminal.stdout.includes('was not accepted'));
      terminal.type(`${account.password}\r`);
      await eventually('it warns', () => terminal.stdout.includes('Load it anyway? [y/N]'));
      terminal.type('y\r');
      const { status, stdout } = await terminal.ended;
      assert.equal(status, 0, stdout);
      assert.match(stdout, /^On Linux .*: splice\(\)/m);
      assert.ok(!stdout.includes('wrong') && !stdout.includes(account.password));
      assert.equal((await cli.run(['unload', 'local', cgroup])).status, 0);
    } finally {
      await account.remove();
    }
  });

  it('has ssh ask on a terminal for what it needs, and says what to do where there is none', async () => {
    const key = file('locked_key');
    const { identityFile, knownHostsFile } = stage.server;
    fs.copyFileSync(identityFile, key);
    fs.chmodSync(key, 0o600);
    await run('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', key]);
    const known = file('new_hosts');
    const { username } = os.userInfo();
    const files = { identityFile: key, knownHostsFile: known };
    const there = stanza('locked', username, stage.server.port, files, ['IdentityAgent none']);
    fs.appendFileSync(stage.server.configFile, there);
    const argv = ['check', 'locked', ...ssh, '--for', 'load'];
    const unknown = await cli.run(argv);
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /not in known_hosts\. Connect in a terminal once/);

    const before = stage.server.sessions();
    const terminal = cli.open(argv);
    await eventually('ssh asks for the key', () => terminal.stdout.includes('(yes/no'));
    terminal.type('yes\r');
    await eventually('ssh asks', () => terminal.stdout.includes('Enter passphrase for key'));
    terminal.type('open sesame\r');
    const { status, stdout } = await terminal.ended;
    assert.equal(status, 0, stdout);
    assert.match(stdout, new RegExp(`Linux ${os.release()}`));
    assert.ok(!stdout.includes('sesame'));
    const keyOf = (text: string) => text.split(' ').slice(1, 3).join(' ');
    const [added = ''] = fs.readFileSync(known, 'utf8').split('\n');
    assert.equal(keyOf(added), keyOf(fs.readFileSync(knownHostsFile, 'utf8')));
    await eventually('its connection is gone', () =>
      stage.server.sessions().every((pid) => before.includes(pid)),
    );

    const locked = await cli.run(argv);
    assert.equal(locked.status, 1);
    assert.match(
      locked.stderr,
      /Load your key into the agent with ssh-add, or begin in a terminal/,
    );

    const given = cli.open(argv);
    await eventually('ssh asks', () => given.stdout.includes('Enter passphrase for key'));
    given.type('\u0003');
    assert.equal((await given.ended).status, 130);
  });
});
