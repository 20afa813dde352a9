import * as l10n from '@vscode/l10n';
/** Programs known to ask FIONREAD how much there is before they read. */
export const FIONREAD_READERS = ['nginx', 'Java NIO', '.NET'];
/** Translated where they are read. */
export const SPLICE_READERS = ['proxies in Go (io.Copy)', 'HAProxy with splice options'];

/**
 * One thing a bypass does to sockets that stops or breaks programs which do nothing unusual. The warning
 * before a load, the semantics report and bpf/README.md name the same ones.
 */
export interface Fault {
  readonly id: string;
  /** Probes of semantics.c that show it: any of these, with this result over TCP and one of those over the bypass. */
  readonly shown: readonly { probe: string; tcp: string; bypass: readonly string[] }[];
  /** A few words, for a title or a list. */
  readonly brief: string;
  /** A sentence. */
  readonly wrong: string;
  /** And who is hurt, how. */
  readonly consequence: string;
  /** Programs would stall: not to be loaded before somebody has agreed. */
  readonly grave: boolean;
  /** Words by which bpf/README.md describes it. */
  readonly readme: string;
}

const each = (probes: readonly string[], tcp: string, ...bypass: string[]): Fault['shown'] =>
  probes.map((probe) => ({ probe, tcp, bypass }));

export const FAULTS: readonly Fault[] = [
  {
    id: 'fionread-tcp',
    shown: each(
      ['fionread-early', 'fionread-outside', 'fionread-connecting'],
      'counted',
      'zero',
      'wrong',
    ),
    get brief() {
      return l10n.t('FIONREAD wrongly returns 0 while data is waiting');
    },
    get wrong() {
      return l10n.t(
        'FIONREAD wrongly returns 0 while data is waiting, on sockets that get data over TCP while they can be bypassed.',
      );
    },
    get consequence() {
      return l10n.t(
        'Some programs may stall: those that ask how much there is to read first, such as {0}. nginx does with large uploads.',
        FIONREAD_READERS.join(', '),
      );
    },
    grave: true,
    readme: 'FIONREAD reads 0 for data that came over TCP',
  },
  {
    id: 'fionread',
    shown: each(['fionread'], 'counted', 'zero', 'wrong'),
    get brief() {
      return l10n.t('FIONREAD wrongly returns 0 while data is waiting');
    },
    get wrong() {
      return l10n.t('FIONREAD wrongly returns 0 while data is waiting, on bypassed sockets.');
    },
    get consequence() {
      return l10n.t(
        'Some programs may stall: those that ask how much there is to read first, such as {0}.',
        FIONREAD_READERS.join(', '),
      );
    },
    grave: true,
    readme: 'FIONREAD reads 0 for redirected data',
  },
  {
    id: 'splice',
    shown: each(['splice-receive'], 'intact', 'EAGAIN', 'hangs', 'end', 'failed'),
    get brief() {
      return l10n.t('splice() finds no data though data waits');
    },
    get wrong() {
      return l10n.t('splice() from a bypassed socket finds no data though data waits.');
    },
    get consequence() {
      return l10n.t(
        'Programs that read with it stall: {0}.',
        SPLICE_READERS.map((one) => l10n.t(one)).join(', '),
      );
    },
    grave: true,
    readme: '`splice()` from the socket does not see redirected data',
  },
  {
    id: 'wake-ups',
    shown: each(
      ['edges', 'edges-outside', 'edges-connecting', 'edges-switched'],
      'each',
      'some',
      'lost',
    ),
    get brief() {
      return l10n.t('an edge-triggered epoll is not woken by every message');
    },
    get wrong() {
      return l10n.t('An edge-triggered epoll is not woken by every message.');
    },
    get consequence() {
      return l10n.t('Readers in Go and Node.js may stall.');
    },
    grave: true,
    readme: 'An edge-triggered epoll',
  },
  {
    id: 'eagain',
    shown: each(['signal-restart'], 'continues', 'EAGAIN'),
    get brief() {
      return l10n.t('a blocking recv() may fail with EAGAIN');
    },
    get wrong() {
      return l10n.t(
        'A recv() that blocks on a bypassed socket fails with EAGAIN when it is woken without data, as by a signal or by shutdown() in another thread.',
      );
    },
    get consequence() {
      return l10n.t(
        'TCP would go on waiting, or return EINTR: programs with blocking sockets must be ready for it.',
      );
    },
    grave: false,
    readme: 'A blocking `recv()` that is woken without data returns EAGAIN',
  },
  {
    id: 'eagain-threads',
    shown: each(['threads'], 'waits', 'EAGAIN'),
    get brief() {
      return l10n.t('one of two threads in recv() fails with EAGAIN');
    },
    get wrong() {
      return l10n.t('Of two threads in recv() on one bypassed socket one fails with EAGAIN.');
    },
    get consequence() {
      return l10n.t('Programs that share a blocking socket between threads must be ready for it.');
    },
    grave: false,
    readme: 'Two threads in `recv()` on one socket',
  },
  {
    id: 'waitall',
    shown: each(['waitall', 'waitall-early'], 'full', 'short', 'hangs'),
    get brief() {
      return l10n.t('MSG_WAITALL returns less than it was asked for');
    },
    get wrong() {
      return l10n.t('recv() with MSG_WAITALL returns less than it was asked for.');
    },
    get consequence() {
      return l10n.t('Programs that read a whole record with one recv() break.');
    },
    grave: false,
    readme: '`MSG_WAITALL` returns at the end of a message',
  },
  {
    id: 'zerocopy',
    shown: [
      ...each(['zerocopy'], 'completes', 'silent', 'wrong'),
      ...each(['zerocopy-early'], 'each', 'too few', 'too many'),
    ],
    get brief() {
      return l10n.t('MSG_ZEROCOPY is not completed');
    },
    get wrong() {
      return l10n.t('Completions of MSG_ZEROCOPY are missing, or too many.');
    },
    get consequence() {
      return l10n.t('Programs that wait for each completion hang: QEMU (zero-copy-send).');
    },
    grave: false,
    readme: '`MSG_ZEROCOPY`: no completion',
  },
  {
    id: 'peek-off',
    shown: each(['peek-off'], 'goes on', 'repeats', 'wrong'),
    get brief() {
      return l10n.t('SO_PEEK_OFF reads the same bytes again');
    },
    get wrong() {
      return l10n.t('MSG_PEEK with SO_PEEK_OFF reads the same bytes again.');
    },
    get consequence() {
      return l10n.t('Programs that look ahead with it, as CRIU does, see bytes twice.');
    },
    grave: false,
    readme: '`SO_PEEK_OFF` repeats',
  },
];

/** The semantics that load probes: enough to know each fault. */
export const FAULT_PROBES: readonly string[] = FAULTS.flatMap(({ shown }) =>
  shown.map(({ probe }) => probe),
);

/** A row of the semantics, as far as faults show in it. */
interface Probed {
  readonly semantic: string;
  readonly tcp: string;
  readonly bypass: string;
}

export interface SocketFaults {
  /** Ids of those that the rows show. */
  readonly faults: readonly string[];
  /** Whether every probe came to an end: on a busy host one may not. */
  readonly certain: boolean;
}

/** Results that say nothing about the kernel; `hangs` may be the host's load or the fault. */
const UNTOLD = ['failed', 'hangs', 'skipped'];

/** @param rows of FAULT_PROBES, or of more. */
export function socketFaults(rows: readonly Probed[]): SocketFaults {
  const shows = ({ shown }: Fault): boolean =>
    shown.some(({ probe, tcp, bypass }) =>
      rows.some((row) => row.semantic === probe && row.tcp === tcp && bypass.includes(row.bypass)),
    );
  return {
    faults: FAULTS.filter(shows).map(({ id }) => id),
    certain: FAULT_PROBES.every((probe) =>
      rows.some(
        ({ semantic, tcp, bypass }) =>
          semantic === probe && !UNTOLD.includes(tcp) && !UNTOLD.includes(bypass),
      ),
    ),
  };
}

/** Those of the list, in its order; ids it does not know (of an older version) are passed over. */
export const faultsOf = (ids: readonly string[]): Fault[] =>
  FAULTS.filter(({ id }) => ids.includes(id));
