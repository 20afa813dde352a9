import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { execa, execaSync } from 'execa';
import type { Arm, Plan, ResultDocument } from '../../src/results/document.ts';
import { runBenchmark, type BenchOptions } from '../../src/bench/run.ts';
import { timePrograms } from '../../src/bench/sample.ts';
import { writeDocument } from '../../src/bench/store.ts';
import { Host } from '../../src/host/host.ts';
import { firstLine } from '../../src/host/lines.ts';
import { atEnd } from '../harness/cleanup.ts';
import {
  commandLine,
  endProcesses,
  processesOfUser,
  type ProcessRef,
} from '../harness/processes.ts';
import { startSshd } from '../harness/sshd.ts';
import { temporaryDirectory } from '../harness/temporary.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { assertNoBench, benchCgroups, benchProcesses } from '../harness/host/benches.ts';
import { bpfSource, inodeOf, pinsOf } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { eventually } from '../harness/host/wait.ts';

const plan = (arms: Arm[], repetitions = 1): Plan => ({
  name: 'faults',
  points: [{ experiment: 'latency', requestBytes: 1, responseBytes: 1, arms }],
  secondsPerSample: 1,
  repetitions,
});
const uidOf = ({ pid }: ProcessRef): number => fs.statSync(`/proc/${pid}`).uid;
/** Locked by who has the number, or measures how long programs run. */
const held = (uid: number | 'timing'): string => `/run/sockmap-bypass/${uid}`;
const tryLock = (uid: number | 'timing'): number | undefined =>
  execaSync('flock', ['-n', held(uid), 'true'], { reject: false }).exitCode;
const SWITCH = '/proc/sys/kernel/bpf_stats_enabled';

describe('a benchmark on a host of several people', () => {
  let stage: BenchStage;
  before(async () => {
    stage = await setBenchStage('faults');
  });
  after(() => stage.stop());
  let users = new Set<number>();
  let inodes: number[] = [];
  beforeEach(() => {
    users = new Set();
    inodes = [];
  });
  afterEach(async () => {
    await assertNoBench(stage.outer.cgroup.path);
    await eventually('nothing of its users runs, and their numbers are free', () =>
      [...users].every((uid) => processesOfUser(uid).length === 0 && !fs.existsSync(held(uid))),
    );
    assert.deepEqual(inodes.flatMap(pinsOf), []);
  });

  const servers = () =>
    benchProcesses(stage.outer.cgroup.path).filter(({ pid }) =>
      commandLine(pid).includes('netserver'),
    );
  /** @param when is called before the second sample is taken, or the one it names. */
  const bench = (
    when: () => void,
    {
      arms = ['tcp', 'bypass'],
      sample = 1,
      by = stage.host,
      ...options
    }: Partial<BenchOptions> & { arms?: Arm[]; sample?: number; by?: Host } = {},
  ): Promise<ResultDocument> =>
    runBenchmark(by, {
      cgroup: stage.cgroup,
      source: bpfSource,
      plan: plan(arms),
      save: () => Promise.resolve(),
      onProgress: ({ done }) => {
        if (done !== sample) return;
        const cgroups = benchCgroups(stage.outer.cgroup.path);
        inodes.push(...cgroups.map(inodeOf));
        for (const each of servers()) users.add(uidOf(each));
        when();
      },
      ...options,
    });

  describe('has netserver and netperf', () => {
    it('be a user of their own, who may nothing', async () => {
      const seen = new Map<string, Set<number>>();
      let passphrase: string | undefined;
      let looking: NodeJS.Timeout | undefined;
      await bench(
        () => {
          looking = setInterval(() => {
            for (const ref of benchProcesses(stage.outer.cgroup.path)) {
              const [name = '', ...words] = commandLine(ref.pid);
              if (!['netperf', 'netserver'].includes(name)) continue;
              seen.set(name, (seen.get(name) ?? new Set()).add(uidOf(ref)));
              passphrase ??= words[words.indexOf('-Z') + 1];
              assert.match(
                fs.readFileSync(`/proc/${ref.pid}/status`, 'utf8'),
                /^CapEff:\t0+$(?:\n.*)*^NoNewPrivs:\t1$/m,
              );
            }
          }, 50);
        },
        { sample: 0 },
      ).finally(() => {
        clearInterval(looking);
      });
      assert.deepEqual([...seen.keys()].sort(), ['netperf', 'netserver']);
      const uids = new Set([...seen.values()].flatMap((each) => [...each]));
      assert.deepEqual(uids, users);
      const [uid = 0] = uids;
      assert.ok(uids.size === 1 && uid >= 61_184 && uid <= 65_519, String([...uids]));
      assert.match(passphrase ?? '', /^[0-9a-f]{24}$/);
    });

    it('keep the number of that user from others as long as they run', async () => {
      let taken: (number | undefined)[] = [];
      await bench(() => {
        taken = [...users].map((uid) => tryLock(uid));
      });
      assert.deepEqual(taken, [1]);
    });

    it('serve nobody who does not know the passphrase', async () => {
      const strangers: Promise<string>[] = [];
      await bench(
        () => {
          for (const { pid } of servers()) {
            const words = commandLine(pid);
            const port = words[words.indexOf('-p') + 1] ?? '';
            const argv = ['-H', '127.0.0.1', '-p', port, '-l', '-1', '-t', 'TCP_RR'];
            strangers.push(
              execa('netperf', argv).then(
                () => 'served',
                () => 'refused',
              ),
            );
          }
        },
        { sample: 0 },
      );
      const answers = await Promise.all(strangers);
      // One of each arm, and children that they may have at that moment.
      assert.ok(answers.length >= 2);
      assert.deepEqual([...new Set(answers)], ['refused']);
    });

    it('meet on a port that is netserver’s own, whoever took the first one', async () => {
      // The first netserver finds that somebody else was faster.
      const shims = temporaryDirectory({
        netserver: `#!/bin/sh
case $* in *-D*) ;; *) exec /usr/bin/netserver "$@" ;; esac
echo >>"\${0%/*}/count"
[ "$(wc -l <"\${0%/*}/count")" = 1 ] || exec /usr/bin/netserver "$@"
while [ "$1" != -p ]; do shift; done
/usr/bin/netserver -D -N -p "$2" -L 127.0.0.1 &
wait
`,
        count: '',
      });
      fs.chmodSync(shims.path, 0o755);
      fs.chmodSync(path.join(shims.path, 'netserver'), 0o755);
      fs.chmodSync(path.join(shims.path, 'count'), 0o666);
      const shimmed = await startSshd({
        serverLines: [`SetEnv PATH=${shims.path}:/usr/local/bin:/usr/bin:/bin`],
      });
      const by = new Host(shimmed.alias, { ssh: { configFile: shimmed.configFile } });
      try {
        await bench(() => undefined, { by, plan: plan(['tcp']) });
        const started = fs.readFileSync(path.join(shims.path, 'count'), 'utf8').length;
        assert.equal(started, 2, 'the stranger was not taken for ours');
      } finally {
        await by.dispose();
        await shimmed.stop();
        await shims.remove();
      }
    });
  });

  const untilNetperf = (): Promise<ProcessRef[]> =>
    eventually('netperf runs', () => {
      const found = benchProcesses(stage.outer.cgroup.path).filter(
        ({ pid }) => commandLine(pid)[0] === 'netperf',
      );
      return found.length > 0 && found;
    }).then((found) => found || []);

  it('takes turns at the statistics of BPF programs, and waits for nobody who may only read them', async () => {
    const before = fs.readFileSync(SWITCH, 'utf8');
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    const argv = [...nobody, 'flock', SWITCH, 'sh', '-c', 'echo held; exec cat'];
    const holder = spawn('setpriv', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    const end = atEnd(async () => {
      holder.stdin.end();
      await once(holder, 'close');
    });
    try {
      assert.equal(await firstLine(holder.stdout), 'held');
      const first = await timePrograms(stage.host);
      const order: string[] = [];
      const second = timePrograms(stage.host).then((taken) => {
        order.push('taken');
        return taken;
      });
      assert.equal(tryLock('timing'), 1);
      order.push('given');
      await first[Symbol.asyncDispose]();
      const taken = await second;
      assert.deepEqual(order, ['given', 'taken']);
      assert.equal(fs.readFileSync(SWITCH, 'utf8').trim(), '1');
      await taken[Symbol.asyncDispose]();
    } finally {
      await end();
    }
    assert.equal(fs.readFileSync(SWITCH, 'utf8'), before);
    assert.ok(!fs.existsSync(held('timing')));
  });

  describe('says what stopped it, and leaves nothing, where', () => {
    const stopped = async (
      when: () => void,
      headline: RegExp,
      options: Parameters<typeof bench>[1] = {},
    ): Promise<void> => {
      const problem = await problemOf(bench(when, options), 'command');
      assert.match(problem.headline ?? '', headline);
      assert.equal(problem.words.split('\n')[0], problem.headline);
      assert.match(problem.next, /^What was measured before is kept\./);
    };

    it('netserver is killed', () =>
      stopped(() => {
        void endProcesses(servers(), { first: 'SIGKILL' });
      }, /^netserver on port \d+ has ended$/));

    it('netperf is killed', () =>
      stopped(() => {
        void untilNetperf().then((found) => endProcesses(found, { first: 'SIGKILL' }));
      }, /^netperf was ended by signal 9$/));

    const emptied = (): void => {
      for (const cgroup of benchCgroups(stage.outer.cgroup.path)) {
        for (const { pid } of benchProcesses(path.dirname(cgroup))) {
          fs.writeFileSync(path.join(stage.outer.cgroup.path, 'cgroup.procs'), String(pid));
        }
      }
    };

    it('its cgroups are emptied', () =>
      stopped(emptied, /^netserver was moved out of its cgroup \/sys/));

    it('its cgroups are removed, one that it loaded a policy on among them', () =>
      stopped(
        () => {
          emptied();
          for (const cgroup of benchCgroups(stage.outer.cgroup.path)) fs.rmdirSync(cgroup);
        },
        /^its cgroup \/sys\S+ was removed by somebody else$/,
        { arms: ['tcp', 'bypass', 'bypass-classic'] },
      ));

    const freeze = (): void => {
      for (const cgroup of benchCgroups(stage.outer.cgroup.path)) {
        fs.writeFileSync(path.join(cgroup, 'cgroup.freeze'), '1');
      }
    };

    it('its cgroups are frozen', () => stopped(freeze, /^its cgroup \/sys\S+ is frozen/));

    it('they are frozen while netperf runs', () =>
      stopped(() => {
        void untilNetperf().then(freeze);
      }, /^its cgroup \/sys\S+ is frozen/));

    it('the pins of the bypass are removed', () =>
      stopped(
        () => {
          const own = inodes.flatMap(pinsOf);
          assert.equal(own.length, 1);
          for (const pins of own) fs.rmSync(pins, { recursive: true });
        },
        /^the bypass that was measured, \/sys\S+, was unloaded or replaced meanwhile$/,
        { arms: ['tcp', 'bypass-classic'] },
      ));

    it('the statistics of BPF programs are switched off', () =>
      stopped(
        () => {
          void eventually('they are on', () => fs.readFileSync(SWITCH, 'utf8').trim() === '1').then(
            () => {
              fs.writeFileSync(SWITCH, '0');
            },
          );
        },
        /switched the statistics of BPF programs off/,
        {
          sample: 2,
          plan: {
            ...plan([]),
            bpfTime: true,
            points: [{ experiment: 'throughput', messageBytes: 4096, arms: ['tcp', 'bypass'] }],
          },
        },
      ));
  });

  it('says that the disk is full, and leaves the last document whole', async () => {
    const small = temporaryDirectory();
    execaSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small.path]);
    const unmount = atEnd(() => {
      execaSync('umount', [small.path]);
    });
    try {
      const file = path.join(small.path, 'x.sockmap-bench.json');
      const running = bench(
        () => {
          const free = fs.statfsSync(small.path);
          fs.writeFileSync(path.join(small.path, 'fill'), Buffer.alloc(free.bavail * free.bsize));
        },
        { save: (document) => writeDocument(file, document) },
      );
      await assert.rejects(running, /^Error: Could not write \S+: ENOSPC: no space left on device/);
      assert.deepEqual(fs.readdirSync(small.path).sort(), ['fill', 'x.sockmap-bench.json']);
      const { samples } = JSON.parse(fs.readFileSync(file, 'utf8')) as ResultDocument;
      assert.equal(samples.length, 1);
    } finally {
      await unmount();
      await small.remove();
    }
  });
});
