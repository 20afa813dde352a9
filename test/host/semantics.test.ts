import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BpfSource } from '../../src/bypass/build.ts';
import {
  checkSemantics,
  fionreadFault,
  FIONREAD_PROBES,
  type SemanticRow,
  type SemanticsStep,
} from '../../src/bypass/semantics.ts';
import { HostError } from '../../src/host/errors.ts';
import { PIN_ROOT } from '../../src/host/facts.ts';
import { Host } from '../../src/host/host.ts';
import { makeAccount } from '../harness/accounts.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';

const bpf = path.join(import.meta.dirname, '../../bpf');
const probe = fs.readFileSync(path.join(bpf, 'tools', 'semantics.c'));

const sourceOf = (entry: string): BpfSource => ({
  entry,
  files: new Map(
    [entry, 'compat.h', 'kernel.h'].map((name) => [name, fs.readFileSync(path.join(bpf, name))]),
  ),
});
const CLASSIC = sourceOf('classic.bpf.c');
const GUARDED = sourceOf('sockmap_bypass.bpf.c');

/** Promises of tcp(7), recv(2), socket(7), splice(2) and their like. */
const PROMISED: Readonly<Record<string, string>> = {
  waitall: 'full',
  'waitall-early': 'full',
  'early-order': 'in order',
  peek: 'kept',
  'peek-messages': 'all',
  'peek-off': 'goes on',
  trunc: 'discards',
  fionread: 'counted',
  'fionread-early': 'counted',
  'fionread-outside': 'counted',
  'fionread-connecting': 'counted',
  inq: 'counted',
  'lowat-poll': 'waits',
  'lowat-epoll': 'waits',
  'lowat-epoll-edge': 'waits',
  edges: 'each',
  'edges-outside': 'each',
  'edges-connecting': 'each',
  'edges-switched': 'each',
  rdhup: 'both',
  oob: 'separate',
  'half-close': 'works',
  'close-unread': 'ECONNRESET',
  linger: 'ECONNRESET',
  'linger-waiting': 'data first',
  'reset-error': 'ECONNRESET',
  'blocked-end': 'end',
  'blocked-reset': 'ECONNRESET',
  'blocked-shutdown': 'end',
  threads: 'waits',
  rcvtimeo: 'EAGAIN',
  signal: 'EINTR',
  'signal-restart': 'continues',
  sendfile: 'intact',
  'splice-send': 'intact',
  'splice-receive': 'intact',
  zerocopy: 'completes',
  'zerocopy-early': 'each',
  mmsg: 'all',
  iovecs: 'intact',
  'tcp-info': 'counted',
  stalled: 'blocks',
  tls: 'intact',
  'tls-send': 'encrypted',
};

/** The results on any sockmap. */
const ON_SOCKMAP: Readonly<Record<string, string>> = {
  waitall: 'short',
  'peek-off': 'repeats',
  trunc: 'EFAULT',
  oob: 'inline',
  'close-unread': 'end',
  'blocked-reset': 'EAGAIN',
  'blocked-shutdown': 'EAGAIN',
  signal: 'EAGAIN',
  'signal-restart': 'EAGAIN',
  threads: 'EAGAIN',
  'splice-receive': 'EAGAIN',
  zerocopy: 'silent',
  'zerocopy-early': 'too many',
  'tcp-info': 'zero',
};

/** And on the classic bypass alone. */
const ON_CLASSIC: Readonly<Record<string, string>> = {
  'waitall-early': 'hangs',
  'early-order': 'reordered',
  inq: 'absent',
  'lowat-poll': 'early',
  'lowat-epoll': 'early',
  'lowat-epoll-edge': 'early',
  'zerocopy-early': 'too few',
  stalled: 'unbounded',
};

/** Results that depend on the kernel. */
const VARIES: readonly string[] = [...FIONREAD_PROBES, 'tls', 'tls-send'];

const tcpOf = (rows: readonly SemanticRow[]): Record<string, string> =>
  Object.fromEntries(rows.map(({ semantic, tcp }) => [semantic, tcp]));
const bypassOf = (rows: readonly SemanticRow[]): Record<string, string> =>
  Object.fromEntries(rows.map(({ semantic, bypass }) => [semantic, bypass]));

/** Expects that these differ, and that all others are as promised, apart from what varies. */
function assertDifferent(
  rows: readonly SemanticRow[],
  different: Readonly<Record<string, string>>,
): void {
  const compared = rows.filter(({ semantic }) => !VARIES.includes(semantic));
  const promised = Object.entries(PROMISED).filter(([semantic]) => !VARIES.includes(semantic));
  assert.deepEqual(bypassOf(compared), { ...Object.fromEntries(promised), ...different });
  const differing = compared.filter(({ differs }) => differs).map(({ semantic }) => semantic);
  assert.deepEqual(differing.toSorted(), Object.keys(different).toSorted());
}

/** Things that the checks of these tests made on the host; others may be at work beside us. */
class Traces {
  readonly #paths = new Set<string>();
  readonly #programs: Promise<number>[] = [];

  /** For the host's log: every path of ours a command was given. */
  readonly log = (line: string): void => {
    const ours = /\/[\w./-]*\/sockmap-bypass(?:-semantics-\w{8}|\.\w{10})/g;
    for (const [made] of line.matchAll(ours)) this.#paths.add(made);
  };

  readonly onStep = (step: SemanticsStep): void => {
    if (step !== 'load' && step !== 'bypass') return;
    for (const cgroup of Array.from(this.#paths, (made) => `${made}/bypass`)) {
      if (!fs.existsSync(cgroup)) continue;
      const pins = `${PIN_ROOT}/${fs.statSync(cgroup).ino}`;
      this.#paths.add(pins);
      if (step !== 'bypass') continue;
      const show = ['-j', 'prog', 'show', 'pinned', `${pins}/sockmap_sockops`];
      this.#programs.push(
        run('bpftool', show).then(
          (text) => (JSON.parse(text) as { id: number }).id,
          // Cancelled before we looked.
          () => 0,
        ),
      );
    }
  };

  /** The kernel lets go of programs a moment after their last user. */
  async assertGone(): Promise<void> {
    assert.ok(this.#paths.size > 0);
    const programs = await Promise.all(this.#programs);
    const end = Date.now() + 10_000;
    for (;;) {
      const all = JSON.parse(await run('bpftool', ['-j', 'prog', 'show'])) as { id: number }[];
      const left = [
        ...[...this.#paths].filter((made) => fs.existsSync(made)),
        ...programs.filter((id) => all.some((program) => program.id === id)),
      ];
      if (left.length === 0) return;
      if (Date.now() > end) assert.deepEqual(left, []);
      await delay(100);
    }
  }
}

describe('socket semantics', () => {
  let server: TestSshd;
  let host: Host;
  let classic: SemanticRow[];
  let guarded: SemanticRow[];
  const steps: SemanticsStep[] = [];
  const traces = new Traces();

  before(async function () {
    this.timeout(180_000);
    server = await startSshd();
    host = new Host(server.alias, { ssh: { configFile: server.configFile }, log: traces.log });
    classic = await checkSemantics(host, {
      source: CLASSIC,
      probe,
      onStep: (step) => {
        steps.push(step);
        traces.onStep(step);
      },
    });
    guarded = await checkSemantics(host, { source: GUARDED, probe });
  });
  after(async () => {
    await host.dispose();
    await server.stop();
  });

  it('are what the manual pages promise over plain TCP', () => {
    // TLS needs a kernel that has it.
    const expected = tcpOf(classic)['tls'] === 'unavailable' ? 'unavailable' : undefined;
    assert.deepEqual(tcpOf(classic), {
      ...PROMISED,
      ...(expected !== undefined && { tls: expected, 'tls-send': expected }),
    });
  });

  it('are the same in two runs over plain TCP', () => {
    assert.deepEqual(tcpOf(guarded), tcpOf(classic));
  });

  it('differ on the classic bypass where they are known to, and nowhere else', () => {
    assertDifferent(classic, { ...ON_SOCKMAP, ...ON_CLASSIC });
  });

  it('differ on the guarded bypass where any sockmap makes them, and nowhere else', () => {
    // With the verdict program the kernel gives no TCP_INQ, even for what came over TCP.
    const inq = bypassOf(guarded)['inq'] === 'absent';
    assertDifferent(guarded, { ...ON_SOCKMAP, ...(inq && { inq: 'absent' }) });
  });

  it('were looked at with the data on the bypass', () => {
    for (const rows of [classic, guarded]) {
      const paths = Object.fromEntries(rows.map(({ semantic, path }) => [semantic, path]));
      for (const semantic of ['waitall', 'peek', 'fionread', 'oob', 'iovecs']) {
        assert.equal(paths[semantic], 'bypass', semantic);
      }
      assert.equal(paths['fionread-outside'], 'tcp');
      assert.equal(paths['fionread-early'], 'tcp');
    }
  });

  it('report the FIONREAD fault exactly when data of a peer outside reads as 0', () => {
    for (const rows of [classic, guarded]) {
      const results = bypassOf(rows);
      assert.equal(
        fionreadFault(rows),
        ['outside', 'connecting', 'early'].some((which) => results[`fionread-${which}`] === 'zero'),
      );
    }
  });

  it('count with FIONREAD in every case on the guarded bypass, where redirected data is counted', () => {
    const results = bypassOf(guarded);
    const expected = Object.fromEntries(FIONREAD_PROBES.map((probe) => [probe, 'counted']));
    // Kernels that do not count redirected data have no other fault of it.
    assert.deepEqual(Object.fromEntries(FIONREAD_PROBES.map((probe) => [probe, results[probe]])), {
      ...expected,
      ...(results['fionread'] === 'zero' && { fionread: 'zero' }),
    });
  });

  it('go to TCP where the reader asks for SO_RCVLOWAT or TCP_INQ', () => {
    const paths = Object.fromEntries(guarded.map(({ semantic, path }) => [semantic, path]));
    for (const semantic of ['inq', 'lowat-poll', 'lowat-epoll', 'lowat-epoll-edge']) {
      assert.equal(paths[semantic], 'tcp', semantic);
    }
  });

  it('come step by step', () => {
    assert.deepEqual(steps, ['connect', 'compile', 'tcp', 'load', 'bypass']);
  });

  it('leave nothing behind', async function () {
    this.timeout(20_000);
    await traces.assertGone();
  });

  it('can be looked at one by one', async function () {
    this.timeout(60_000);
    const rows = await checkSemantics(host, { source: CLASSIC, probe, only: FIONREAD_PROBES });
    assert.deepEqual(
      rows.map(({ semantic }) => semantic),
      FIONREAD_PROBES,
    );
    assert.equal(fionreadFault(rows), fionreadFault(classic));
  });

  it('leave nothing behind when cancelled, whatever the step', async function () {
    this.timeout(120_000);
    for (const last of ['compile', 'tcp', 'load', 'bypass'] as const) {
      const controller = new AbortController();
      await assert.rejects(
        checkSemantics(host, {
          source: CLASSIC,
          probe,
          signal: controller.signal,
          onStep: (step) => {
            traces.onStep(step);
            if (step === last) {
              setTimeout(() => {
                controller.abort();
              }, 100);
            }
          },
        }),
        (error: unknown) => error instanceof HostError && error.problem.kind === 'cancelled',
        last,
      );
      await traces.assertGone();
    }
  });

  it('leave nothing behind when the connection is cut', async function () {
    this.timeout(60_000);
    const other = await startSshd();
    const cut = new Host(other.alias, { ssh: { configFile: other.configFile }, log: traces.log });
    let stopped: Promise<void> | undefined;
    await assert.rejects(
      checkSemantics(cut, {
        source: CLASSIC,
        probe,
        onStep: (step) => {
          traces.onStep(step);
          if (step === 'bypass') stopped = delay(300).then(() => other.stop());
        },
      }),
      HostError,
    );
    await stopped;
    await cut.dispose();
    await traces.assertGone();
  });

  it('need no more than a user with sudo and its password', async function () {
    this.timeout(60_000);
    const account = await makeAccount('password');
    const other = await startSshd({ user: account.name });
    const asked: string[] = [];
    const user = new Host(other.alias, {
      ssh: { configFile: other.configFile },
      log: traces.log,
      askPassword: (name) => {
        asked.push(name);
        return Promise.resolve(account.password);
      },
    });
    try {
      const [row] = await checkSemantics(user, {
        source: CLASSIC,
        probe,
        only: ['waitall'],
        onStep: traces.onStep,
      });
      assert.deepEqual([row?.tcp, row?.bypass], ['full', 'short']);
      assert.equal(asked.length, 1);
    } finally {
      await user.dispose();
      await other.stop();
      await account.remove();
    }
    await traces.assertGone();
  });

  it('report a compiler error in its own words', async () => {
    await assert.rejects(
      checkSemantics(host, { source: CLASSIC, probe: Buffer.from('int main(void) { oops }\n') }),
      (error: unknown) =>
        error instanceof HostError &&
        error.problem.kind === 'not-found' &&
        error.problem.words.startsWith('semantics.c:1:'),
    );
  });
});
