import * as l10n from '@vscode/l10n';
import { FAULTS } from '../bypass/faults.ts';
import type { SemanticRow } from '../bypass/semantics.ts';
import { groupBy } from '../results/samples.ts';
import { EFFECTS, type Effect, type Reliance, type Use } from './assessment.ts';
import type { Side } from './flows.ts';
import type { Seen } from './observe.ts';

interface Known {
  readonly title: string;
  /** Probes of semantics.c that say what becomes of it. */
  readonly probes: readonly string[];
  /** Where none of them has come to an end. */
  readonly effect: Effect;
  readonly consequence: () => string;
}

const fault = (id: string) => (): string => {
  const found = FAULTS.find((one) => one.id === id);
  return found === undefined ? '' : `${found.wrong} ${found.consequence}`;
};
const works = (): string => l10n.t('It works as over TCP.');

/** How kernels in general go about them; what was tried on the host's own says more. */
const KNOWN: Readonly<Record<Use, Known>> = {
  waitall: {
    title: 'MSG_WAITALL',
    probes: ['waitall', 'waitall-early'],
    effect: 'differs',
    consequence: fault('waitall'),
  },
  trunc: {
    title: 'MSG_TRUNC',
    probes: ['trunc'],
    effect: 'differs',
    consequence: () =>
      l10n.t('recv() with MSG_TRUNC, to discard data without a buffer, fails with EFAULT.'),
  },
  oob: {
    title: 'MSG_OOB',
    probes: ['oob'],
    effect: 'differs',
    consequence: () => l10n.t('Urgent data comes in line, as if it were ordinary.'),
  },
  peek: {
    title: 'MSG_PEEK',
    probes: ['peek', 'peek-messages'],
    effect: 'works',
    consequence: works,
  },
  threads: {
    get title() {
      return l10n.t('several threads in recv() on one socket');
    },
    probes: ['threads'],
    effect: 'differs',
    consequence: fault('eagain-threads'),
  },
  splice: {
    title: 'splice()',
    probes: ['splice-receive'],
    effect: 'stalls',
    consequence: fault('splice'),
  },
  sendfile: {
    title: 'sendfile()',
    probes: ['sendfile'],
    effect: 'works',
    consequence: works,
  },
  fionread: {
    title: 'FIONREAD',
    probes: ['fionread', 'fionread-early', 'fionread-outside', 'fionread-connecting'],
    effect: 'stalls',
    consequence: fault('fionread'),
  },
  // The guarded programs look for these themselves (bpf/README.md): no probe says more.
  rcvlowat: { title: 'SO_RCVLOWAT', probes: [], effect: 'stays', consequence: stays },
  inq: { title: 'TCP_INQ', probes: [], effect: 'stays', consequence: stays },
  'peek-off': {
    title: 'SO_PEEK_OFF',
    probes: ['peek-off'],
    effect: 'differs',
    consequence: fault('peek-off'),
  },
  ulp: { title: 'TCP_ULP', probes: [], effect: 'stays', consequence: stays },
  zerocopy: {
    title: 'MSG_ZEROCOPY',
    probes: ['zerocopy', 'zerocopy-early'],
    effect: 'differs',
    consequence: fault('zerocopy'),
  },
};

function stays(): string {
  return l10n.t(
    'The guarded programs leave what it receives on TCP: nothing breaks, and nothing is gained. The classic ones would not.',
  );
}

/** Probes that say what becomes of what was seen: those to run on the host. */
export const probesFor = (uses: Iterable<Use>): string[] =>
  Array.from(new Set(Array.from(uses).flatMap((use) => KNOWN[use].probes)));

/** Uses of local connections alone: others are of no concern here. */
export const usesOf = (seen: readonly Seen[], isLocal: (inode: number) => boolean): Set<Use> =>
  new Set(seen.flatMap(({ inode, uses }) => (isLocal(inode) ? Array.from(uses.keys()) : [])));

/** An end of a local connection. */
export interface LocalEnd {
  readonly side: Side;
  /** Index into the flows. */
  readonly flow: number;
}

/**
 * Lists the socket features that processes with local connections rely on.
 * @param ends of local sockets, by their inodes.
 * @param probed of this host's kernel, as many as could be run.
 */
export function reliances(
  seen: readonly Seen[],
  ends: ReadonlyMap<number, LocalEnd>,
  probed: readonly SemanticRow[],
): Reliance[] {
  const found = seen.flatMap(({ inode, pid, name, uses }) => {
    const end = ends.get(inode);
    if (end === undefined) return [];
    return Array.from(uses, ([use, calls]) => ({
      inode,
      pid,
      use,
      calls,
      ...end,
      process: end.side.process ?? name,
    }));
  });
  const groups = groupBy(found, ({ process, side: { cgroup }, use }) =>
    JSON.stringify([process, cgroup, use]),
  );
  return Array.from(groups.values())
    .flatMap((group): Reliance[] => {
      const [first] = group;
      if (first === undefined) return [];
      const { process, use, side } = first;
      return [
        {
          process,
          use,
          title: KNOWN[use].title,
          ...outcomeOf(use, probed),
          pids: Array.from(new Set(group.map(({ pid }) => pid))).toSorted((a, b) => a - b),
          cgroup: side.cgroup,
          ...(side.label !== undefined && { label: side.label }),
          calls: group.reduce((sum, { calls }) => sum + calls, 0),
          sockets: new Set(group.map(({ inode }) => inode)).size,
          flows: Array.from(new Set(group.map(({ flow }) => flow))).toSorted((a, b) => a - b),
        },
      ];
    })
    .sort((a, b) => EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect) || b.calls - a.calls);
}

const sentence = (words: string): string => (/[.!?]$/.test(words) ? words : `${words}.`);

/** A call over the bypass that never ends, or finds nothing where there is something. */
const STALLED = ['hangs', 'EAGAIN', 'end', 'zero', 'lost', 'some'];
/** Uses whose callers wait for data that nothing announces. */
const WAITED_FOR: readonly Use[] = ['splice', 'fionread'];

function outcomeOf(
  use: Use,
  probed: readonly SemanticRow[],
): Pick<Reliance, 'effect' | 'consequence' | 'basis'> {
  const { probes, effect, consequence } = KNOWN[use];
  const rows = probed.filter(({ semantic, told }) => told && probes.includes(semantic));
  if (rows.length === 0) return { effect, consequence: consequence(), basis: 'known' };
  const changed = rows.filter(({ differs }) => differs);
  const [first] = changed;
  if (first === undefined) {
    const same = l10n.t('It works on this kernel as over TCP.');
    return { effect: 'works', consequence: same, basis: 'probed' };
  }
  const mayStall =
    WAITED_FOR.includes(use) && changed.some(({ bypass }) => STALLED.includes(bypass));
  return {
    effect: mayStall ? 'stalls' : 'differs',
    consequence: [
      l10n.t('On this kernel: {0}', changed.map(({ detail }) => sentence(detail)).join(' ')),
      ...(effect === 'works' ? [] : [consequence()]),
    ].join(' '),
    basis: 'probed',
  };
}
