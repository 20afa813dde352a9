import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { scratchDirectory, type Guard } from '../../src/host/guard.ts';
import { Host } from '../../src/host/host.ts';
import { upload } from '../../src/host/upload.ts';
import { eventually } from '../harness/host/wait.ts';
import { bootMachine, type Machine } from './machine.ts';

const BPF = path.resolve(import.meta.dirname, '../../bpf');
const FIRST = path.join(import.meta.dirname, 'shop/first.sh');
const CGROUP = '/sys/fs/cgroup/system.slice/first.service';
const TALKED = '/run/first-has-talked';
const INSTALLED = '/usr/local/lib/sockmap-bypass';
const COMMAND = `${INSTALLED}/sockmap-bypassctl`;
const PATIENCE_MS = 20 * 60_000;
const RESTARTS = 20;

const SERVICE = `[Service]
ExecStart=/bin/sh /usr/local/bin/first.sh
[Install]
WantedBy=multi-user.target
`;
/** On its cgroup; after which connections are taken in. */
const statusSchema = z.object({
  attachments: z.array(
    z.object({
      cgroups: z.array(z.string()),
      state: z.string(),
      config: z.object({ reach: z.string() }),
      counters: z.record(z.string(), z.number()),
    }),
  ),
  kept: z.array(
    z.object({
      name: z.string(),
      units: z.array(z.string()),
      state: z.string(),
      version: z.string(),
      why: z.exactOptional(z.string()),
    }),
  ),
});

/** Both ends of the control connection and of the data connection. */
const SOCKETS = 4;

describe('a bypass that systemd keeps, Debian bookworm', function () {
  this.timeout(PATIENCE_MS);
  let machine: Machine;
  let host: Host;
  let sources: Guard;
  let command = '';

  before(async () => {
    machine = await bootMachine({ suite: 'bookworm', architecture: 'amd64', containers: true });
    await connect();
    await bring();
    const put =
      'mkdir -p /usr/local/bin && cp "$1/first.sh" /usr/local/bin && cp "$1/first.service" "$2"';
    await on('sh', '-c', put, 'sh', sources.line, '/etc/systemd/system');
    await on('systemctl', 'daemon-reload');
    await on('systemctl', 'enable', '--now', 'first.service');
  });
  after(async () => {
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
    files.set('first.sh', fs.readFileSync(FIRST));
    files.set('first.service', Buffer.from(SERVICE));
    await upload(host, sources.line, files);
    command = `${sources.line}/tools/sockmap-bypassctl`;
  };
  const connect = async (): Promise<void> => {
    host = new Host(machine.alias, { ssh: { configFile: machine.configFile } });
    await host.becomeRoot();
  };
  const on = async (...argv: string[]): Promise<string> =>
    (await host.check(argv, { tried: argv.join(' '), root: true, timeoutMs: 600_000 })).trim();
  const status = async (by = COMMAND) =>
    statusSchema.parse(JSON.parse(await on('sh', by, 'status', '--json')));
  const hasTalked = () =>
    eventually(
      'the service has talked to itself',
      () => on('ls', TALKED).then(Boolean, () => false),
      120_000,
    );
  const journal = () => on('journalctl', '--no-pager', '-n', '60', '-o', 'cat');
  /** It is on, and has been since before the service's first connection. */
  const assertOnFromTheFirst = async (): Promise<void> => {
    await hasTalked();
    const { attachments, kept } = await status();
    const [one, ...more] = attachments;
    const told = `${JSON.stringify({ attachments, kept })}\n${await journal()}`;
    assert.deepEqual(more, [], told);
    assert.deepEqual(
      [one?.cgroups, one?.state, one?.config.reach],
      [[CGROUP], 'attached', 'host'],
      told,
    );
    assert.ok((one?.counters['sockets_added'] ?? 0) >= SOCKETS, told);
    assert.deepEqual(
      kept.map(({ name, units, state }) => [name, units, state]),
      [['first', ['first.service'], 'on']],
      told,
    );
  };
  const restart = async (): Promise<void> => {
    await on('rm', '-f', TALKED);
    await on('systemctl', 'restart', 'first.service');
  };
  /** What a disk would keep. */
  const SAVED = [
    ...['etc/systemd/system', 'etc/sockmap-bypass', 'usr/local', 'var/lib/sockmap-bypass'],
  ];

  it('is loaded with its first keep, and with each restart of the service before it connects', async () => {
    await hasTalked();
    const keep = ['keep', '--unit', 'first', '--reach', 'host'];
    assert.equal(await on('sh', command, ...keep), 'kept as first', await journal());
    const { attachments, kept } = await status();
    assert.deepEqual([attachments[0]?.cgroups, kept[0]?.state], [[CGROUP], 'on']);
    assert.equal(await on('sh', command, ...keep), 'kept as first already');
    await restart();
    await assertOnFromTheFirst();
  });

  it(`is so with ${RESTARTS} more`, async () => {
    const script = `for i in $(seq "$1"); do
  rm -f "$2" && systemctl restart first.service || exit
  until [ -e "$2" ]; do sleep 0.2; done
  "$3" status --json | sed -n 's/.*"sockets_added":\\([0-9]*\\).*/\\1/p'
done`;
    const text = await on('sh', '-c', script, 'sh', String(RESTARTS), TALKED, COMMAND);
    const added = text.split('\n').map(Number);
    assert.equal(added.length, RESTARTS, text);
    assert.ok(
      added.every((count) => count >= SOCKETS),
      text,
    );
  });

  it('is on after a reboot with the same settings, before the first connection', async () => {
    await on('tar', '-C', '/', '-cf', '/dev/vda', ...SAVED);
    await on('sync');
    await host.dispose();
    await machine.restart();
    await connect();
    await assertOnFromTheFirst();
    await bring();
  });

  it('is verified anew where it was made for another kernel, and the service does not wait', async () => {
    await on('sh', '-c', 'echo other >/var/lib/sockmap-bypass/first/stamp');
    await restart();
    await hasTalked();
    const { attachments, kept } = await status();
    assert.deepEqual([attachments, kept[0]?.state], [[], 'waiting'], await journal());
    await on('systemctl', 'reload', 'sockmap-bypass@first.service');
    const again = await status();
    assert.deepEqual([again.attachments[0]?.cgroups, again.kept[0]?.state], [[CGROUP], 'on']);
    await restart();
    await assertOnFromTheFirst();
  });

  it('is not loaded where it changes for programs what it did not before, and says so', async () => {
    const baseline = '/var/lib/sockmap-bypass/first/faults';
    const faults = await on('cat', baseline);
    assert.match(faults, /^splice-receive: /m, 'what this kernel’s bypass changes');
    await on('sh', '-c', `: >${baseline} && echo other >/var/lib/sockmap-bypass/first/stamp`);
    await restart();
    const { exitCode } = await host.run(['systemctl', 'reload', 'sockmap-bypass@first'], {
      ...{ tried: 'reload', root: true, timeoutMs: 600_000 },
    });
    assert.notEqual(exitCode, 0);
    await hasTalked();
    const { attachments, kept } = await status();
    assert.deepEqual([attachments, kept[0]?.state], [[], 'refused']);
    assert.match(
      kept[0]?.why ?? '',
      /it changes for programs what it did not before: splice-receive/,
    );
    assert.match(await journal(), /not loaded: .*splice-receive/);
  });

  it('is not loaded where it does not compile, and services start', async () => {
    await on(
      'sh',
      '-c',
      'echo "#error no" >>/usr/local/lib/sockmap-bypass/first/sockmap_bypass.bpf.c',
    );
    await on('systemctl', 'stop', 'sockmap-bypass@first');
    await on('systemctl', 'start', 'sockmap-bypass@first');
    await restart();
    await hasTalked();
    await eventually(
      'it is refused',
      async () => (await status()).kept[0]?.state === 'refused',
      60_000,
    );
    const { attachments, kept } = await status();
    assert.deepEqual([attachments.length, kept[0]?.why?.includes('does not compile')], [0, true]);
  });

  it('is kept again by the same name, in place of what is broken', async () => {
    const keep = ['keep', '--unit', 'first', '--reach', 'host'];
    assert.equal(await on('sh', command, ...keep), 'kept as first', await journal());
    await restart();
    await assertOnFromTheFirst();
  });

  it('leaves nothing when it is no longer kept', async () => {
    await on('sh', command, 'stop-keeping', '--unit', 'first.service');
    const { attachments, kept } = await status(command);
    assert.deepEqual([attachments, kept], [[], []]);
    const places = ['/usr/local', '/etc', '/var/lib', '/run', '/sys/fs/bpf'];
    assert.equal(
      await on(
        'find',
        ...places,
        '-xdev',
        '-name',
        '*sockmap*',
        '-not',
        '-path',
        `${sources.line}*`,
      ),
      '',
    );
    assert.doesNotMatch(await on('bpftool', '-j', 'prog', 'show'), /sockmap_/);
    assert.equal(await on('systemctl', 'is-active', 'first.service'), 'active');
    await restart();
    await hasTalked();
  });
});
