import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { parsePrefix } from '../../src/bypass/config.ts';
import { bypassStatus } from '../../src/bypass/load.ts';
import { encodeBytes } from '../../src/host/bytes.ts';
import { Host } from '../../src/host/host.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import {
  attachedTo,
  localKeys,
  makeSite,
  PIN_ROOT,
  pinsOf,
  type BypassSite,
} from '../harness/host/bypass.ts';
import { makeNetns, Pair, type TestNetns } from '../harness/host/traffic.ts';
import { eventually } from '../harness/host/wait.ts';
import { descendants } from '../harness/processes.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const BPF = path.join(import.meta.dirname, '../../bpf');
const COMMAND = path.join(BPF, 'tools/sockmap-bypassctl');
const BYTES = 4 << 20;

/** The strict parser of the Prometheus project. Debian's packages are for Debian's interpreter. */
const PYTHON = fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const PARSE = `import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(json.dumps([[f.name, f.type, f.unit, f.documentation, [[s.name, s.labels, s.value] for s in f.samples]]
  for f in parse(sys.stdin.read())]))`;

type Family = [
  name: string,
  type: string,
  unit: string,
  help: string,
  samples: [name: string, labels: Record<string, string>, value: number][],
];

interface Told {
  readonly attachments: readonly {
    readonly cgroup: string;
    readonly cgroups: readonly string[];
    readonly state: string;
  }[];
}

const hexOf = (bytes: readonly number[]): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');

/** The shells that hosts have; with BusyBox, everything that it can stand in for. */
const SHELLS = ['dash', 'busybox'] as const;

describe('sockmap-bypassctl', () => {
  let site: BypassSite;
  let own: TemporaryDirectory;
  let netns: TestNetns;
  before(async () => {
    own = temporaryDirectory();
    netns = await makeNetns();
    const applets = path.join(own.path, 'applets');
    fs.mkdirSync(applets);
    await execa('busybox', ['--install', '-s', applets]);
  });
  after(async () => {
    await netns.remove();
    await own.remove();
  });
  beforeEach(() => {
    site = makeSite('ctl');
  });
  afterEach(() => site.remove());

  /** Runs it as a person would, in a shell of theirs. */
  async function ctl(shell: (typeof SHELLS)[number], ...args: readonly string[]) {
    const { PATH = '' } = process.env;
    const there = shell === 'dash' ? PATH : `${path.join(own.path, 'applets')}:${PATH}`;
    const argv = [...(shell === 'dash' ? ['dash'] : ['busybox', 'sh']), COMMAND, ...args];
    const [file = '', ...rest] = argv;
    return execa(file, rest, { reject: false, env: { PATH: there }, stdin: 'ignore' });
  }

  const metricsOf = async (text: string): Promise<Family[]> =>
    JSON.parse(
      (await execa(PYTHON, ['-c', PARSE], { input: text, env: { PYTHONUTF8: '1' } })).stdout,
    ) as Family[];

  for (const shell of SHELLS) {
    describe(`under ${shell}`, () => {
      it('loads, shows what is loaded, and unloads', async () => {
        const { path: cgroup } = site;
        // The network namespace of a process in the cgroup counts as the host's, too.
        const member = execa('sleep', ['60'], { reject: false });
        fs.writeFileSync(path.join(cgroup, 'cgroup.procs'), String(member.pid));
        const loaded = await ctl(shell, 'load', '--cgroup', cgroup, '--source', BPF);
        member.kill();
        await member;
        assert.equal(loaded.exitCode, 0, loaded.stderr);
        const [program] = await attachedTo(cgroup);
        assert.equal(program?.name, 'sockmap_sockops');
        const [pins = '', ...more] = pinsOf(site.inode);
        assert.deepEqual(more, []);
        // The guarded programs know this host by its addresses.
        const keys = await localKeys(pins);
        for (const each of Object.values(os.networkInterfaces()).flat()) {
          if (each?.family !== 'IPv4') continue;
          const key = `80 00 00 00 ${hexOf(parsePrefix(each.address).address)}`;
          assert.ok(keys.includes(key), `${each.address} is not in ${keys.join(', ')}`);
        }

        const pair = await Pair.connect(cgroup, netns);
        assert.ok((await pair.move(BYTES)) < BYTES / 50, 'nothing crosses the loopback device');
        const { stdout } = await ctl(shell, 'status', '--json');
        const local = new Host('local');
        const seen = (await bypassStatus(local)).attachments.find((one) => one.cgroup === cgroup);
        await local.dispose();
        const told = (JSON.parse(stdout) as Told).attachments.find((one) => one.cgroup === cgroup);
        assert.deepEqual(told, JSON.parse(JSON.stringify(seen)));
        assert.match((await ctl(shell, 'status')).stdout, /redirected_bytes +[1-9]/);

        const families = await metricsOf((await ctl(shell, 'metrics')).stdout);
        const value = (sample: string, wanted: Record<string, string> = {}) =>
          families
            .flatMap(([, , , , samples]) => samples)
            .find(
              ([name, labels]) =>
                name === sample &&
                Object.entries({ cgroup, ...wanted }).every(([key, each]) => labels[key] === each),
            )?.[2];
        assert.ok((value('sockmap_bypass_redirected_bytes_total') ?? 0) >= BYTES);
        assert.equal(value('sockmap_bypass_sockets'), 2);
        assert.equal(value('sockmap_bypass_mode', { sockmap_bypass_mode: 'guarded' }), 1);
        assert.equal(value('sockmap_bypass_mode', { sockmap_bypass_mode: 'off' }), 0);
        assert.equal(value('sockmap_bypass_programs_info', { policy: 'guarded' }), 1);
        assert.equal(value('sockmap_bypass_tcp_fallbacks_total', { reason: 'early_bytes' }), 0);
        assert.ok(families.every(([, , , help]) => help.endsWith('.')));
        // Each counter has words of its own.
        for (const [name, , , help] of families) assert.doesNotMatch(help, /^The counter/, name);

        assert.equal((await ctl(shell, 'unload', '--cgroup', cgroup)).exitCode, 0);
        await site.assertClean();
        // Its open connection is on TCP, intact.
        assert.ok((await pair.move(BYTES)) > BYTES);
        await pair.close();
        const again = await ctl(shell, 'unload', '--cgroup', cgroup);
        assert.deepEqual([again.exitCode, again.stderr.includes('nothing is loaded')], [0, true]);
      });

      it('keeps several cgroups in one bypass, takes them in, and lets them go', async () => {
        const [a, b, c] = [site.path, site.cgroup.child('b'), site.cgroup.child('c')];
        const inner = path.join(a, 'inner');
        fs.mkdirSync(inner);
        const done = async (...args: string[]) => {
          const { exitCode, stdout, stderr } = await ctl(shell, ...args);
          assert.equal(exitCode, 0, stderr);
          return { stdout, stderr };
        };
        const told = async () => {
          const { attachments } = JSON.parse((await done('status', '--json')).stdout) as Told;
          return attachments.map(({ cgroups }) => cgroups).filter((all) => all.includes(b));
        };
        const load = ['load', '--cgroup', a, b, `--cgroup=${inner}`, '--source', BPF];
        const loaded = await done(...load, '--reach', 'host');
        assert.ok(loaded.stderr.includes(`${inner} is in ${a}`), loaded.stderr);
        assert.ok(loaded.stdout.startsWith(`loaded on ${a}, ${b}, pinned in `), loaded.stdout);
        assert.deepEqual(await told(), [[a, b]]);
        const pins = pinsOf(site.inode)[0] ?? '';
        const status = (await done('status')).stdout;
        assert.ok(status.includes(`${a}\n${b}\n  state     on\n`), status);
        assert.match(status, /reach {5}host: .* keep-alive after \d+ s/);
        const members = (await metricsOf((await done('metrics')).stdout))
          .flatMap(([, , , , samples]) => samples)
          .filter(([name, { cgroup }]) => name === 'sockmap_bypass_cgroups_info' && cgroup === a)
          .map(([, { member }]) => member);
        assert.deepEqual(members, [a, b]);

        await done('attach', '--cgroup', c, '--to', pins);
        assert.deepEqual((await attachedTo(c)).length, 1);
        const again = await ctl(shell, 'attach', '--cgroup', c, '--to', b);
        assert.equal(again.exitCode, 0, again.stderr);
        assert.equal((await attachedTo(c)).length, 1);
        const nowhere = await ctl(shell, 'attach', '--cgroup', inner, '--to', site.cgroup.path);
        assert.equal(nowhere.exitCode, 1);
        assert.match(nowhere.stderr, /no bypass with its pins is on/);
        const second = await ctl(shell, ...load.map((word) => (word === a ? c : word)));
        assert.equal(second.exitCode, 3, second.stderr);

        await done('detach', '--cgroup', a, c);
        assert.deepEqual(await told(), [[b]]);
        assert.deepEqual([...(await attachedTo(a)), ...(await attachedTo(c))], []);
        assert.ok(!fs.existsSync(pins), 'what is named after a cgroup that has left');
        const nothing = await done('detach', '--cgroup', a);
        assert.ok(nothing.stderr.includes(`nothing is loaded on ${a}`));
        await done('detach', '--cgroup', b);
        assert.deepEqual(await told(), []);
        await site.assertClean();
      });

      it('refuses an occupied cgroup with 3, unless it is to replace', async () => {
        const load = (...more: string[]) =>
          ctl(shell, 'load', `--cgroup=${site.path}`, '--source', BPF, ...more);
        assert.equal((await load()).exitCode, 0);
        const [first] = await attachedTo(site.path);
        const refused = await load();
        assert.deepEqual([refused.exitCode, refused.stdout], [3, '']);
        assert.match(refused.stderr, /--replace/);
        assert.deepEqual(await attachedTo(site.path), [first]);
        const replaced = await load('--replace', '--policy', 'classic');
        assert.equal(replaced.exitCode, 0, replaced.stderr);
        const { stdout } = await ctl(shell, 'status', '--json');
        assert.match(stdout, /"policy":"classic"/);
        assert.equal((await attachedTo(site.path)).length, 1);
        assert.equal(pinsOf(site.inode).length, 1);
      });

      it('fails with 1, and leaves nothing', async () => {
        const broken = path.join(own.path, `broken-${shell}`);
        fs.mkdirSync(broken);
        fs.writeFileSync(path.join(broken, 'sockmap_bypass.bpf.c'), 'int x = no_such_thing;\n');
        const text = path.join(own.path, 'no-object');
        fs.writeFileSync(text, 'text');
        const cgroup = ['--cgroup', site.path];
        for (const [args, words] of [
          [['load', '--cgroup', `${site.path}-gone`, '--source', BPF], /is not a cgroup/],
          [['load', '--cgroup', own.path, '--source', BPF], /is not a cgroup/],
          [['load', ...cgroup, '--source', own.path], /has no sockmap_bypass.bpf.c/],
          [['load', ...cgroup, '--source', broken], /undeclared identifier 'no_such_thing'/],
          [['load', ...cgroup, '--object', text], /failed at verify: the host is as it was/],
          [['unload', '--cgroup', `${site.path}-gone`], /has left nothing/],
        ] as const) {
          const { exitCode, stderr } = await ctl(shell, ...args);
          assert.equal(exitCode, 1, `${args.join(' ')}: ${stderr}`);
          assert.match(stderr, words);
          await site.assertClean();
        }
        const left = fs.readdirSync('/run').filter((name) => name.startsWith('sockmap-bypassctl.'));
        assert.deepEqual(left, []);
      });
    });
  }

  it('answers wrong use with 2 and what is wrong, and help with 0', async () => {
    const load = ['load', '--cgroup', site.path, '--source', BPF];
    for (const [args, words] of [
      [[], /^Usage: sockmap-bypassctl COMMAND/],
      [['remove'], /remove is not a command/],
      [['load'], /--cgroup PATH is missing/],
      [['load', '--cgroup'], /--cgroup needs a value/],
      [['load', '--cgroup', '', '--source', BPF], /load: --cgroup is empty/],
      [['load', '--cgroup', site.path, '', '--source', BPF], /load: --cgroup is empty/],
      [['detach', '--cgroup', site.path, ''], /detach: --cgroup is empty/],
      [[...load, '--reach', 'host', '--policy', 'classic'], /--reach is for the guarded policy/],
      [[...load, '--reach', 'world'], /no such reach/],
      [[...load, '--policy', 'fast'], /no such policy: fast/],
      [[...load, '--object', 'x.o'], /not both/],
      [[...load, '--force'], /--force is not known/],
      [['unload'], /--cgroup PATH or --all is missing/],
      [['unload', '--all', '--cgroup', site.path], /not both/],
      [['attach', '--cgroup', site.path], /--to PATH is missing/],
      [['attach', '--to', site.path], /--cgroup PATH is missing/],
      [['detach', '--cgroup', site.path, '--to', 'x'], /--to is not known/],
      [['status', '--yaml'], /--yaml is not known/],
      [['metrics', 'x'], /x is not known/],
    ] as const) {
      const { exitCode, stderr, stdout } = await ctl('dash', ...args);
      assert.deepEqual([exitCode, stdout], [2, ''], args.join(' '));
      assert.match(stderr, words);
    }
    await site.assertClean();
    for (const args of [['--help'], ['help'], ['load', '--help']]) {
      const { exitCode, stdout } = await ctl('dash', ...args);
      assert.equal(exitCode, 0);
      assert.match(stdout, /^Exit status:\n {2}0 {2}Done/m);
    }
  });

  it('works as a copy of its one file, and finds the sources that it lies beside', async () => {
    const copy = path.join(own.path, 'copy');
    fs.copyFileSync(COMMAND, copy);
    const there = await execa(copy, ['load', '--cgroup', site.path, '--source', BPF], {
      reject: false,
    });
    assert.equal(there.exitCode, 0, there.stderr);
    assert.equal((await execa(copy, ['unload', '--cgroup', site.path])).exitCode, 0);
    const alone = await execa(copy, ['load', '--cgroup', site.path], { reject: false });
    assert.equal(alone.exitCode, 2);
    // Root compiles no sources that others may have put there, unless they are named.
    const open = path.join(own.path, 'open');
    fs.cpSync(BPF, open, { recursive: true });
    fs.chmodSync(open, 0o1777);
    const theirs = path.join(open, 'tools', 'sockmap-bypassctl');
    const planted = await execa(theirs, ['load', '--cgroup', site.path], { reject: false });
    assert.equal(planted.exitCode, 2);
    assert.match(planted.stderr, /others may change what lies in/);
    const beside = await execa(COMMAND, ['load', '--cgroup', site.path], { reject: false });
    assert.equal(beside.exitCode, 0, beside.stderr);
  });

  for (const shell of SHELLS) {
    it(`under ${shell} shows cgroups with names of any bytes`, async () => {
      const name = Buffer.concat([Buffer.from('a|b "c" \\d\\" é 🚀\t'), Buffer.of(0xff)]);
      const cgroup = Buffer.concat([Buffer.from(`${site.path}/`), name]);
      fs.mkdirSync(cgroup);
      try {
        // Node gives programs no arguments but UTF-8.
        const script = `"$@" --cgroup "$(printf '${Array.from(cgroup, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}')"`;
        const by = (...args: string[]) =>
          execa('sh', ['-c', script, 'sh', COMMAND, ...args], { reject: false });
        const loaded = await by('load', '--source', BPF);
        assert.equal(loaded.exitCode, 0, loaded.stderr);
        const { attachments } = JSON.parse((await ctl(shell, 'status', '--json')).stdout) as Told;
        const one = attachments.find(({ cgroup: each }) => encodeBytes(each).equals(cgroup));
        assert.equal(one?.state, 'attached');
        const families = await metricsOf((await ctl(shell, 'metrics')).stdout);
        const labels = families.flatMap(([, , , , all]) => all).map(([, { cgroup: each }]) => each);
        assert.ok(labels.includes(`${site.path}/a|b "c" \\d\\" é 🚀\\x09\\xff`));
        assert.match((await ctl(shell, 'status')).stdout, /\\d\\" é 🚀\\x09\\xff\n {2}state +on$/m);
        assert.equal((await by('unload')).exitCode, 0);
        assert.doesNotMatch((await ctl(shell, 'status', '--json')).stdout, /a\|b/);
      } finally {
        fs.rmdirSync(cgroup);
      }
    });
  }

  it('makes its directory of pins when it is its turn: without a lock it would be what a load has left', async () => {
    fs.mkdirSync(PIN_ROOT, { mode: 0o700, recursive: true });
    const holder = execa('flock', [PIN_ROOT, 'cat'], { stdin: 'pipe', reject: false });
    const isOpen = (pid: number): boolean => {
      try {
        return fs.readlinkSync(`/proc/${pid}/fd/8`) === PIN_ROOT;
      } catch {
        return false;
      }
    };
    try {
      await eventually('it is locked', async () => {
        const { exitCode } = await execa('flock', ['-n', PIN_ROOT, 'true'], { reject: false });
        return exitCode === 1;
      });
      const argv = [COMMAND, 'load', '--cgroup', site.path, '--source', BPF];
      const load = execa('sh', argv, { reject: false });
      await eventually('it waits for its turn', () =>
        descendants(load.pid ?? 0).some(({ pid }) => isOpen(pid)),
      );
      assert.deepEqual(pinsOf(site.inode), []);
      holder.stdin.end();
      assert.equal((await load).exitCode, 0);
      assert.equal((await ctl('dash', 'unload', '--cgroup', site.path)).exitCode, 0);
    } finally {
      holder.stdin.end();
      await holder;
    }
  });

  it('fails with 1 where the pins are not root’s alone, in words', async () => {
    const script = `mount -t bpf -o mode=0700 bpf /sys/fs/bpf && mkdir -m 755 /sys/fs/bpf/sockmap-bypass || exit 9
      "$1" status; echo $?; "$1" load --cgroup "$2"; echo $?; "$1" unload --cgroup "$2"; echo $?`;
    const argv = ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh', COMMAND, site.path];
    const { stdout, stderr } = await execa('unshare', argv);
    assert.equal(stdout, '1\n1\n1');
    assert.match(stderr, /sockmap-bypass is not a directory of root's alone: .*mode 755/);
  });

  it('fails with 1 where its output cannot be written', async () => {
    for (const what of ['status', 'metrics']) {
      const argv = ['-c', '"$@" >/dev/full', 'sh', COMMAND, what];
      assert.equal((await execa('sh', argv, { reject: false })).exitCode, 1, what);
    }
  });

  it('unloads all that it sees', async () => {
    // In a tree of cgroups and with pins of its own: others are at work on this machine.
    const script = `echo 0 >"$2/cgroup.procs" && exec unshare -Cm --propagation private sh -c '
      umount "$3" && mount -t cgroup2 none "$3" && mount -t bpf -o mode=0700 bpf /sys/fs/bpf && mkdir "$3/one" "$3/two" || exit 9
      for cgroup in one two; do "$1" load --cgroup "$3/$cgroup" || exit; done
      "$1" unload --all || exit
      "$1" status
      ls -A /sys/fs/bpf | grep sockmap
      for cgroup in one two; do bpftool cgroup show "$3/$cgroup"; rmdir "$3/$cgroup" || exit; done
      "$1" unload --all' sh "$@"`;
    const mount = cgroupMount() ?? '';
    const argv = ['-c', script, 'sh', COMMAND, site.path, mount];
    const { stdout, stderr, exitCode } = await execa('sh', argv, { reject: false });
    assert.equal(exitCode, 0, stderr);
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /^loaded on .*\/one/);
    assert.match(lines[1] ?? '', /^loaded on .*\/two/);
    assert.deepEqual(
      lines.slice(2).filter((line) => !line.startsWith('ID ')),
      [lines.find((line) => line.startsWith('No sockmap bypass is loaded'))],
    );
  });
});
