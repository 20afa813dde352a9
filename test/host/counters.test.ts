import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import type { Attachment } from '../../src/bypass/attachment.ts';
import { Host } from '../../src/host/host.ts';
import { statusReport } from '../../src/bypass/statusReport.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { Arms, runInside, type Arm } from '../harness/host/arms.ts';
import { bpfSource } from '../harness/host/bypass.ts';

const SOURCE = path.join(import.meta.dirname, 'programs/reasons.c');

/** Every reason to give a direction back to TCP. */
const REASONS = [
  'tcp_early_bytes',
  'tcp_one_way_small',
  'tcp_switched_off',
  'tcp_kernel_tls',
  'tcp_peer_gone',
  'tcp_socket_options',
  'tcp_queue_bound',
  'tcp_repair',
  'tcp_other_ulp',
];

/** The start of an argv: a network namespace in which no receive buffer grows to more than 256 KiB. */
const NARROW = [
  'unshare',
  '--net',
  'sh',
  '-c',
  'ip link set lo up && echo 4096 131072 262144 >/proc/sys/net/ipv4/tcp_rmem && exec "$@"',
  'sh',
];

/** The counter for each connection of reasons.c, in which only one end sends. */
const COUNTED: readonly {
  name: string;
  title: string;
  counter: string;
  also?: string;
  added?: number;
  removed?: number;
  within?: readonly string[];
}[] = [
  {
    name: 'early',
    title: 'bytes before the peer is ready',
    counter: 'tcp_early_bytes',
    // The end that accepts them stays out.
    added: 1,
  },
  {
    name: 'inherited',
    title: 'SO_RCVLOWAT of a listener: what it accepts stays out',
    counter: 'tcp_socket_options',
    added: 1,
  },
  { name: 'lowat', title: 'a reader with SO_RCVLOWAT', counter: 'tcp_socket_options' },
  { name: 'inq', title: 'a reader with TCP_INQ', counter: 'tcp_socket_options' },
  { name: 'repair', title: 'a reader under TCP_REPAIR', counter: 'tcp_repair' },
  { name: 'repaired', title: 'a sender under TCP_REPAIR', counter: 'tcp_repair' },
  {
    name: 'small',
    title: 'small messages without an answer, whose two ends leave the map',
    counter: 'tcp_one_way_small',
    removed: 2,
  },
  {
    name: 'fast',
    title: 'small messages with TCP_NODELAY that come fast',
    counter: 'tcp_one_way_small',
  },
  { name: 'gone', title: 'a peer that has closed', counter: 'tcp_peer_gone' },
  {
    name: 'bound',
    title: 'a reader whose queue is full, and its return to the bypass',
    counter: 'tcp_queue_bound',
    also: 'back_on_bypass',
  },
  {
    name: 'fixed',
    title: 'a reader that has set a small SO_RCVBUF, which is not overrun',
    counter: 'tcp_queue_bound',
    also: 'back_on_bypass',
  },
  {
    name: 'narrow',
    title: 'the same where tcp_rmem is small',
    counter: 'tcp_queue_bound',
    also: 'back_on_bypass',
    within: NARROW,
  },
  {
    name: 'polled',
    title: 'the same while a thread sleeps in poll()',
    counter: 'tcp_queue_bound',
    also: 'back_on_bypass',
  },
  {
    name: 'tls',
    title: 'TLS in the kernel, or of nothing where it has none',
    counter: 'tcp_kernel_tls',
  },
];

type Counters = Attachment['counters'];

const growth =
  (before: Counters, after: Counters) =>
  (name: string): number =>
    (after[name] ?? NaN) - (before[name] ?? NaN);

/** Names that setsockopt(TCP_ULP) takes, as far as they have been loaded: the call loads them. */
const AVAILABLE_ULP = '/proc/sys/net/ipv4/tcp_available_ulp';

describe('the counters of the guarded bypass', () => {
  let temporary: TemporaryDirectory;
  let program: string;
  let arms: Arms;
  before(async () => {
    temporary = temporaryDirectory();
    program = path.join(temporary.path, 'reasons');
    await run('cc', ['-O2', '-Wall', '-pthread', '-o', program, SOURCE]);
    arms = new Arms('counters');
    await arms.load();
  });
  after(async () => {
    await arms.remove();
    await temporary.remove();
  });

  for (const { name, title, counter, also, added = 2, removed, within = [] } of COUNTED) {
    it(`count ${title}`, async () => {
      const { counters: before } = await arms.status();
      const said = (await runInside(arms.bypass, [...within, program, name])).trim();
      const { counters } = await arms.status();
      if (said === 'unknown') {
        // The kernel shows it in its first network namespace only, where its own threads are.
        const available = await run('nsenter', ['--net=/proc/2/ns/net', 'cat', AVAILABLE_ULP]);
        assert.doesNotMatch(available, /\btls\b/);
        assert.equal(counters[counter], before[counter]);
        return;
      }
      assert.equal(said, 'ok');
      const grown = growth(before, counters);
      const grew = REASONS.filter((each) => grown(each) !== 0);
      assert.deepEqual(grew, [counter], JSON.stringify(counters));
      assert.equal(grown(counter), 1);
      assert.equal(grown('sockets_added'), added);
      if (removed !== undefined) assert.equal(grown('sockets_removed'), removed);
      if (also !== undefined) assert.ok(grown(also) >= 1, JSON.stringify(counters));
    });
  }

  for (const [title, name, messages] of [
    ['the kernel refuses a protocol on top of TCP, as TLS where it has none', 'refused', 2],
    ['small messages with TCP_NODELAY come slowly', 'slow', 600],
  ] as const) {
    it(`count no reason when ${title}`, async () => {
      const { counters: before } = await arms.status();
      assert.equal((await runInside(arms.bypass, [program, name])).trim(), 'ok');
      const { counters } = await arms.status();
      const grown = growth(before, counters);
      assert.deepEqual(
        REASONS.filter((each) => grown(each) !== 0),
        [],
        JSON.stringify(counters),
      );
      assert.equal(grown('redirected_messages'), messages);
    });
  }

  it('are shown by the status, the reasons in words', async () => {
    const own = await arms.status();
    const reasons = Object.keys(own.counters).filter((name) => name.startsWith('tcp_'));
    assert.deepEqual(reasons.toSorted(), REASONS.toSorted());
    const report = statusReport({ host: 'local', attachments: [own], namesakes: [] });
    assert.match(report, /^ {4}bytes went over TCP before the other end was ready +[1-9]/m);
    assert.match(report, /^ {4}redirected bytes +[1-9]/m);
    assert.doesNotMatch(report, /Other counters/);
  });

  it('count callbacks that a neighbour takes away, and the status names it', async () => {
    const object = path.join(temporary.path, 'neighbour.o');
    const pin = `/sys/fs/bpf/neighbour-${process.pid}`;
    const source = path.join(import.meta.dirname, 'programs/neighbour.bpf.c');
    const headers = path.join(import.meta.dirname, '../../bpf');
    await run('clang', ['-O2', '-g', '-target', 'bpf', '-I', headers, '-c', source, '-o', object]);
    await run('bpftool', ['prog', 'load', object, pin]);
    const attach = [arms.bypass.cgroup, 'sock_ops', 'pinned', pin];
    try {
      await run('bpftool', ['cgroup', 'attach', ...attach, 'multi']);
      const { counters: before } = await arms.status();
      assert.equal((await runInside(arms.bypass, [program, 'refused'])).trim(), 'ok');
      const own = await arms.status();
      assert.equal(growth(before, own.counters)('callbacks_taken'), 1);
      assert.equal(growth(before, own.counters)('redirected_messages'), 2);
      assert.match(own.beside?.join() ?? '', /^neighbour \(id \d+\)$/);
      const report = statusReport({ host: 'local', attachments: [own], namesakes: [] });
      assert.match(report, /^ {2}other sock_ops programs +neighbour \(id \d+\)$/m);
      assert.match(report, /^ {4}callbacks taken by another sock_ops program +[1-9]/m);
    } finally {
      await run('bpftool', ['cgroup', 'detach', ...attach]).catch(() => undefined);
      fs.rmSync(pin);
    }
    assert.equal((await arms.status()).beside, undefined);
  });

  it('count sockets that are in the map of another bypass, and not that the map is full', async () => {
    const host = new Host('local');
    const inner: Arm = { name: 'bypass', cgroup: path.join(arms.bypass.cgroup, 'inner') };
    fs.mkdirSync(inner.cgroup);
    try {
      await loadBypass(host, { cgroup: inner.cgroup, source: await bpfSource('guarded') });
      const { counters: before } = await arms.status();
      assert.equal((await runInside(inner, [program, 'small'])).trim(), 'ok');
      const { counters } = await arms.status();
      const grown = growth(before, counters);
      // The end that connects is refused; without it the other one does not try.
      assert.deepEqual(['sockets_added', 'sockets_refused', 'map_full'].map(grown), [0, 1, 0]);
    } finally {
      await unloadBypass(host, inner.cgroup);
      await host.dispose();
    }
  });
});
