import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { checkHostAndKept } from '../../src/bypass/checkKept.ts';
import { keepBypass } from '../../src/bypass/keep.ts';
import { keptLine } from '../../src/bypass/keptWords.ts';
import { scratchDirectory, type Guard } from '../../src/host/guard.ts';
import type { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { upload } from '../../src/host/upload.ts';
import { openControl } from '../harness/host/ansible.ts';
import { bpfSource } from '../harness/host/bypass.ts';
import { eventually } from '../harness/host/wait.ts';
import { bootMachine, type Machine, type Release } from './machine.ts';

const BPF = path.resolve(import.meta.dirname, '../../bpf');
const METRICS_UNITS = path.resolve(import.meta.dirname, '../../deploy/systemd');
const METRICS = '/var/lib/prometheus/node-exporter/sockmap_bypass.prom';
const FILES = {
  'steady.c': path.join(import.meta.dirname, 'shop/steady.c'),
  'net.h': path.resolve(import.meta.dirname, '../host/programs/net.h'),
};
const SERVICES = ['first.service', 'asker.service'];
const CGROUPS = SERVICES.map((name) => `/sys/fs/cgroup/system.slice/${name}`);
const INSTALLED = '/usr/local/lib/sockmap-bypass';
const COMMAND = `${INSTALLED}/sockmap-bypassctl`;
const KEEP = ['keep', '--unit', ...SERVICES, '--name', 'first', '--reach', 'host'];
const PATIENCE_MS = 20 * 60_000;
const RESTARTS = 20;
/** How many connections, of 50 requests each, make a sample. */
const CONNECTIONS = 2;
/** steady.c's: of a request and its response. */
const REQUEST_BYTES = 2 * 1000;

const BOOKWORM: Release = { suite: 'bookworm', architecture: 'amd64', containers: true };
const TRIXIE: Release = { suite: 'trixie', architecture: 'amd64', containers: true };

/** Puts a service and who asks it onto a machine, from a directory with their files. */
const OPEN = `cd "$1" && mkdir -p /usr/local/bin && cc -O2 -o /usr/local/bin/steady steady.c
unit() { printf '[Service]\nExecStart=/usr/local/bin/steady %s\n[Install]\nWantedBy=multi-user.target\n' "$2" >"/etc/systemd/system/$1"; }
unit first.service 'serve 7777' && unit asker.service 'ask 7777 /run/asked'
printf '[Socket]\nListenStream=/run/asker.sock\n[Install]\nWantedBy=sockets.target\n' >/etc/systemd/system/asker.socket
systemctl daemon-reload && systemctl enable --now asker.socket first.service asker.service`;

/** An account whose sudo asks for the password on standard input. */
const ACCOUNT = `set -e
pwconv
useradd --create-home --shell /bin/sh ops
read -r password
echo "ops:$password" | chpasswd --crypt-method SHA512
install -D -o ops -m 600 /root/.ssh/authorized_keys /home/ops/.ssh/authorized_keys
echo 'ops ALL=(ALL:ALL) ALL' >/etc/sudoers.d/ops`;

/** Where on a machine standard input stands: in its files, its journal, or what is said about its processes. */
const SEARCH = `read -r text
for place in /etc /home /root /run /tmp /var /usr/local /dev/shm; do
  echo "$text" | grep -rslF -D skip -f - "$place"
done
for place in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do
  echo "$text" | grep -slF -f - "$place"
done
journalctl --no-pager -o cat >/root/journal && echo "$text" | grep -lF -f - /root/journal
rm /root/journal`;

/** "CONNECTIONS REQUESTS FAILED BYTES": bytes are those that loopback has carried, which are few on the bypass. */
const SAMPLE =
  'set -- $(cat /run/asked 2>/dev/null); echo "${1:-0} ${2:-0} ${3:-0} $(cat /sys/class/net/lo/statistics/tx_bytes)"';
interface Sample {
  readonly connections: number;
  readonly requests: number;
  readonly failed: number;
  readonly bytes: number;
}
function parseSample(line: string): Sample {
  const numbers = line.trim().split(/\s+/).map(Number);
  const [connections, requests, failed, bytes] = z
    .tuple([z.number(), z.number(), z.number(), z.number()])
    .parse(numbers);
  return { connections, requests, failed, bytes };
}
const NONE: Sample = { connections: 0, requests: 0, failed: 0, bytes: 0 };

/** Share of the bytes between two samples: on the bypass, loopback carries handshakes and acknowledgements alone. */
function partOnLoopback(from: Sample, to: Sample): number {
  const asked = (to.requests - from.requests) * REQUEST_BYTES;
  assert.ok(asked > 0, JSON.stringify({ from, to }));
  return (to.bytes - from.bytes) / asked;
}

const statusSchema = z.object({
  attachments: z.array(
    z.object({
      cgroups: z.array(z.string()),
      state: z.string(),
      /** Not of one whose maps are not there yet. */
      config: z.exactOptional(z.object({ reach: z.string() })),
    }),
  ),
  kept: z
    .array(
      z.object({
        name: z.string(),
        units: z.array(z.string()),
        state: z.string(),
        version: z.string(),
        why: z.exactOptional(z.string()),
      }),
    )
    .default([]),
});
const ON = [
  ['attached', 'host', [...CGROUPS].sort()],
  ['first', [...SERVICES].sort(), 'on'],
];

describe('a bypass that systemd keeps, Debian bookworm and then trixie', function () {
  this.timeout(PATIENCE_MS);
  let machine: Machine | undefined;
  let host: Host;
  let sources: Guard;
  let command = '';

  before(async () => {
    machine = await bootMachine(BOOKWORM);
    await connect(machine);
    await bring();
    await on('sh', '-c', OPEN, 'sh', sources.line);
  });
  after(async () => {
    if (!machine) return;
    await host.dispose();
    await machine.stop();
  });

  /** Has the command and its sources there, as an editor or a playbook would. */
  const bring = async (): Promise<void> => {
    sources = await scratchDirectory(host);
    const files = new Map<string, Uint8Array>();
    for (const name of fs.readdirSync(BPF).filter((each) => /\.[ch]$/.test(each))) {
      files.set(name, fs.readFileSync(path.join(BPF, name)));
    }
    for (const name of ['sockmap-bypassctl', 'semantics.c']) {
      files.set(`tools/${name}`, fs.readFileSync(path.join(BPF, 'tools', name)));
    }
    for (const [name, file] of Object.entries(FILES)) files.set(name, fs.readFileSync(file));
    await upload(host, sources.line, files);
    command = `${sources.line}/tools/sockmap-bypassctl`;
  };
  const connect = async ({ alias, configFile }: Machine): Promise<void> => {
    host = new Host(alias, { ssh: { configFile } });
    await host.becomeRoot();
  };
  /** The files that a disk would keep. */
  const SAVED = ['etc/systemd/system', 'etc/sockmap-bypass', 'usr/local', 'var/lib/sockmap-bypass'];
  const reboot = async (release: Release): Promise<void> => {
    assert.ok(machine);
    await on('tar', '-C', '/', '-cf', '/dev/vda', ...SAVED);
    await on('sync');
    await host.dispose();
    await machine.restart(release);
    await connect(machine);
  };
  const on = async (...argv: string[]): Promise<string> =>
    (await host.check(argv, { tried: argv.join(' '), root: true, timeoutMs: PATIENCE_MS })).trim();
  /** The same with standard input. */
  const feed = async (input: string, script: string): Promise<string> =>
    (
      await host.check(['sh', '-c', script], {
        tried: script,
        root: true,
        input,
        timeoutMs: PATIENCE_MS,
      })
    ).trim();
  const status = async (by = COMMAND) =>
    statusSchema.parse(JSON.parse(await on('sh', by, 'status', '--json')));
  const journal = () => on('journalctl', '--no-pager', '-n', '60', '-o', 'cat');

  /** A service waits 20 s at most, which is little where a processor is emulated: it may wait longer here. */
  const keep = async (): Promise<string> => {
    const answer = await on('sh', command, ...KEEP);
    await letWait();
    return answer;
  };
  const letWait = async (): Promise<void> => {
    const dropIns = SERVICES.map(
      (name) => `/etc/systemd/system/${name}.d/50-sockmap-bypass-first.conf`,
    );
    await on('sed', '-i', 's/timeout -k 5 20 /timeout -k 5 80 /', ...dropIns);
    await on('systemctl', 'daemon-reload');
  };

  const sample = async () => parseSample(await on('sh', '-c', SAMPLE));
  /** A later one, when so many connections more have been served. */
  const sampleAfter = async (from: Sample, connections: number): Promise<Sample> => {
    let to = NONE;
    await eventually(
      'the service is asked',
      async () => {
        to = await sample();
        return to.connections >= from.connections + connections;
      },
      240_000,
    );
    return to;
  };
  const asked = (from: Sample) => sampleAfter(from, CONNECTIONS);
  /** When the connection that there is has ended: an open one stays where it is. */
  const settled = async () => sampleAfter(await sample(), 1);
  const assertOn = async (): Promise<void> => {
    const { attachments, kept } = await status();
    assert.deepEqual(
      [
        ...attachments.map(({ state, config, cgroups }) => [
          state,
          config?.reach,
          [...cgroups].sort(),
        ]),
        ...kept.map(({ name, units, state }) => [name, [...units].sort(), state]),
      ],
      ON,
      `${JSON.stringify({ attachments, kept })}\n${await journal()}`,
    );
  };
  /** All that was asked since then was bypassed, and answered. */
  const assertBypassed = async (from: Sample): Promise<void> => {
    const to = await asked(from);
    assert.equal(to.failed, from.failed);
    const part = partOnLoopback(from, to);
    assert.ok(part < 0.1, `${part}\n${await journal()}`);
  };
  const assertOnTcp = async (from: Sample): Promise<void> => {
    const part = partOnLoopback(from, await asked(from));
    assert.ok(part > 1, `${part}\n${await journal()}`);
  };
  /** Both, so that nothing of before is left; the counts begin anew. */
  const restart = async (): Promise<Sample> => {
    await on('systemctl', 'stop', ...SERVICES);
    const { bytes } = await sample();
    await on('rm', '-f', '/run/asked');
    await on('systemctl', 'start', ...SERVICES);
    return { ...NONE, bytes };
  };
  const assertOverRestarts = async (): Promise<void> => {
    const script = `sample() { ${SAMPLE}; }
connections=$2
sample
for i in $(seq "$1"); do
  before=$(sample) && systemctl restart first.service || exit
  until now=$(sample) && [ "\${now%% *}" -ge $((\${before%% *} + connections)) ]; do sleep 0.2; done
  echo "$now"
done`;
    const text = await on('sh', '-c', script, 'sh', String(RESTARTS), String(CONNECTIONS));
    const samples = text.split('\n').map(parseSample);
    assert.equal(samples.length, RESTARTS + 1, text);
    const parts = samples.slice(1).map((to, i) => partOnLoopback(samples[i] ?? NONE, to));
    assert.ok(
      parts.every((part) => part < 0.1),
      `${parts.join()}\n${await journal()}`,
    );
    assert.equal(samples.at(-1)?.failed, samples[0]?.failed, text);
    await assertOn();
  };
  const reload = async () =>
    host.run(['systemctl', 'reload', 'sockmap-bypass@first.service'], {
      tried: 'reload',
      root: true,
      timeoutMs: PATIENCE_MS,
    });
  /** As if it had been made for another kernel. */
  const forget = () => on('sh', '-c', 'echo other >/var/lib/sockmap-bypass/first/stamp');

  it('is kept by a playbook, and no longer by another, which change nothing again', async () => {
    assert.ok(machine);
    const { alias, configFile } = machine;
    const control = await openControl(
      { hosts: [{ name: alias }], configFile },
      { bypass_cgroups: ['system.slice/first.service'], bypass_source: BPF },
    );
    const play = async (name: string): Promise<boolean> => {
      const { exitCode, hosts, output } = await control.play(name);
      assert.equal(exitCode, 0, output);
      return hosts.get(alias)?.changed !== 0;
    };
    try {
      assert.deepEqual([await play('keep'), await play('keep')], [true, false]);
      const { attachments, kept } = await status();
      assert.deepEqual(
        [attachments.flatMap(({ cgroups }) => cgroups), kept.map((one) => [one.name, one.state])],
        [[CGROUPS[0]], [['fleet', 'on']]],
      );
      assert.deepEqual([await play('stop_keeping'), await play('stop_keeping')], [true, false]);
    } finally {
      await control.remove();
    }
    const after = await status(command);
    assert.deepEqual([after.attachments, after.kept], [[], []]);
  });

  it('is loaded with its first keep, and with each restart of the services before they connect', async () => {
    await asked(NONE);
    assert.equal(await keep(), 'kept as first', await journal());
    await assertBypassed(await settled());
    await assertOn();
    assert.equal(await keep(), 'kept as first already');
    await assertBypassed(await restart());
    await assertOn();
    const { kept, findings } = await checkHostAndKept(host);
    assert.deepEqual(
      [
        ...kept.map(keptLine),
        ...findings.flatMap(({ id, wrong }) => (id === 'socket-unit' ? wrong : [])),
      ],
      [
        'first 0.1.0 (first.service, asker.service): on',
        'asker.socket listens for asker.service: what it accepts stays on TCP.',
      ],
    );
  });

  it('has its counters written by the timer of deploy/systemd', async () => {
    const names = fs.readdirSync(METRICS_UNITS);
    const files = names.map(
      (name) => [name, fs.readFileSync(path.join(METRICS_UNITS, name))] as const,
    );
    await upload(host, sources.line, new Map(files));
    const placed = names.map((name) => `/etc/systemd/system/${name}`);
    await on('cp', ...names.map((name) => `${sources.line}/${name}`), '/etc/systemd/system');
    await on('mkdir', '-p', path.dirname(METRICS));
    await on('systemctl', 'enable', '--now', 'sockmap-bypass-metrics.timer');
    const written = () => on('sh', '-c', `cat ${METRICS} 2>/dev/null || :`);
    await eventually('they are written', async () => (await written()) !== '', 240_000);
    assert.match(await written(), /^sockmap_bypass_reach\{.*sockmap_bypass_reach="host"\} 1$/m);
    await on('systemctl', 'disable', '--now', 'sockmap-bypass-metrics.timer');
    await on('rm', METRICS, ...placed);
    await on('systemctl', 'daemon-reload');
  });

  it(`is so with ${RESTARTS} more of one under load, and no request fails`, async () => {
    await assertOverRestarts();
  });

  it('is kept again from an editor by who needs a password for sudo, and that stays nowhere', async () => {
    assert.ok(machine);
    const password = `right-${randomBytes(9).toString('base64url')}`;
    await feed(`${password}\n`, ACCOUNT);
    const [command, probe] = ['sockmap-bypassctl', 'semantics.c'].map((name) =>
      fs.readFileSync(path.join(BPF, 'tools', name)),
    ) as [Buffer, Buffer];
    const keepBy = async (...passwords: string[]): Promise<boolean[]> => {
      assert.ok(machine);
      const asked: boolean[] = [];
      const user = new Host(`ops@${machine.alias}`, {
        ssh: { configFile: machine.configFile },
        askPassword: (_host, retry) => {
          asked.push(retry);
          return Promise.resolve(passwords.shift());
        },
      });
      try {
        await keepBypass(user, {
          cgroup: CGROUPS[0] ?? '',
          readSource: bpfSource,
          tools: { command, probe },
          limits: { maxSockets: 4096 },
        });
      } finally {
        await user.dispose();
      }
      return asked;
    };
    const version = () => on('cat', `${INSTALLED}/first/sockmap_bypass.bpf.c`);
    const before = await version();
    await assert.rejects(keepBy('wrong', 'wrong', 'wrong'), (error: HostError) => {
      assert.equal(error.problem.kind, 'privilege');
      return true;
    });
    assert.equal(await version(), before);
    await assertOn();
    assert.deepEqual(await keepBy('wrong', password), [false, true]);
    assert.match(await version(), /^#define MAX_SOCKETS 4096$/m);
    await letWait();
    await assertBypassed(await restart());
    await assertOn();
    // A search that finds nothing proves nothing unless it is seen to find.
    await feed(`${password}\n`, 'cat >/run/a-copy');
    assert.equal(await feed(`${password}\n`, SEARCH), '/run/a-copy');
    await on('rm', '/run/a-copy');
    assert.equal(
      await on('find', '/tmp', '/run', '/home', '-name', '*sockmap*', '-user', 'ops'),
      '',
    );
  });

  it('is on after a reboot with the same settings, before the first connection', async () => {
    await reboot(BOOKWORM);
    await assertBypassed(NONE);
    await assertOn();
  });

  it('is not loaded where it changes for programs what it did not before, and says so', async () => {
    const baseline = '/var/lib/sockmap-bypass/first/faults';
    const faults = await on('cat', baseline);
    assert.match(faults, /^splice-receive: /m, 'what this kernel’s bypass changes');
    await on('sh', '-c', `: >${baseline}`);
    await forget();
    const since = await restart();
    assert.notEqual((await reload()).exitCode, 0);
    await assertOnTcp(since);
    const { attachments, kept } = await status();
    assert.deepEqual([attachments, kept[0]?.state], [[], 'refused']);
    assert.match(
      kept[0]?.why ?? '',
      /it changes for programs what it did not before: .*splice-receive/,
    );
    assert.match(await journal(), /not loaded: .*splice-receive/);
  });

  it('is not loaded where it does not compile, and services start', async () => {
    await on('sh', '-c', `echo "#error no" >>${INSTALLED}/first/sockmap_bypass.bpf.c`);
    await on('systemctl', 'restart', 'sockmap-bypass@first');
    await assertOnTcp(await restart());
    await eventually(
      'it is refused',
      async () => (await status()).kept[0]?.why?.includes('does not compile') === true,
      240_000,
    );
    assert.deepEqual((await status()).attachments, []);
  });

  it('is kept again by the same name, in place of what is broken', async () => {
    await bring();
    assert.equal(await keep(), 'kept as first', await journal());
    await assertBypassed(await restart());
    await assertOn();
  });

  it('is verified anew on the kernel of the next release, and the services do not wait', async () => {
    await reboot(TRIXIE);
    await assertOnTcp(NONE);
    await eventually('it is on', async () => (await status()).kept[0]?.state === 'on', PATIENCE_MS);
    await assertBypassed(await settled());
    await assertOn();
    await assertBypassed(await restart());
  });

  it(`is on over ${RESTARTS} restarts there, and after a reboot`, async () => {
    await assertOverRestarts();
    await reboot(TRIXIE);
    await assertBypassed(NONE);
    await assertOn();
  });

  it('leaves nothing when it is no longer kept', async () => {
    await bring();
    await on('sh', command, 'stop-keeping', '--unit', 'first.service');
    const { attachments, kept } = await status(command);
    assert.deepEqual([attachments, kept], [[], []]);
    const places = ['/usr/local', '/etc', '/var/lib', '/run', '/sys/fs/bpf'];
    const others = ['-not', '-path', `${sources.line}*`];
    assert.equal(await on('find', ...places, '-xdev', '-name', '*sockmap*', ...others), '');
    await on('systemctl', 'is-active', ...SERVICES);
    await assertOnTcp(await settled());
    // Connections that were open hold the programs until they end.
    await eventually(
      'the kernel has let go of the programs',
      async () => !(await on('bpftool', '-j', 'prog', 'show')).includes('sockmap_'),
      240_000,
    );
    await assertOnTcp(await restart());
  });
});
