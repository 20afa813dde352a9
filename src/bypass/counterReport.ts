import * as l10n from '@vscode/l10n';

/** Its words are translated where they are read. */
interface Group {
  readonly title: string;
  /** Words for each counter. */
  readonly counters: Readonly<Record<string, string>>;
  /** Reasons that never were are left out. */
  readonly areReasons: boolean;
}

/** The counters of the programs (bpf/README.md), in plain words. */
export const COUNTER_GROUPS: readonly Group[] = [
  {
    title: 'Bypassed',
    counters: {
      sockets_added: 'sockets added',
      sockets_removed: 'of these, moved to TCP permanently',
      redirected_messages: 'redirected messages',
      redirected_bytes: 'redirected bytes',
    },
    areReasons: false,
  },
  {
    title: 'Sockets that stayed on TCP, because',
    counters: {
      peer_remote: 'the other end is on another host',
      peer_outside: 'the other end is in none of these cgroups',
      peer_other_namespace: 'the other end is in another network namespace',
      pair_refused: 'it is not proved that the two ends belong together',
      kernel_sockets: 'they are of Multipath TCP',
      left_by_share: 'only a share of connections is bypassed',
      short_connections: 'connections of their service are too short to gain',
      sockets_refused: 'another sockmap has them',
      map_full: 'the map was full',
      flows_evicted: 'too many others were connecting',
    },
    areReasons: true,
  },
  {
    title: 'Directions that went back to TCP, because',
    counters: {
      tcp_early_bytes: 'bytes went over TCP before the other end was ready',
      tcp_queue_bound: 'the queue of the receiver was full',
      tcp_one_way_small: 'small messages went one way only',
      tcp_switched_off: 'the bypass was switched off',
      tcp_kernel_tls: 'the kernel does TLS for an end',
      tcp_other_ulp: 'an end has another protocol on top of TCP',
      tcp_repair: 'an end is under TCP_REPAIR',
      tcp_peer_gone: 'the other end had closed, or left the map',
      tcp_socket_options: 'an end asked for SO_RCVLOWAT or TCP_INQ',
    },
    areReasons: true,
  },
  {
    title: 'Beside that',
    counters: {
      back_on_bypass: 'directions that came back, their queue read',
      callbacks_taken: 'callbacks taken by another sock_ops program',
    },
    areReasons: true,
  },
];

interface CountedGroup {
  readonly title: string;
  readonly areReasons: boolean;
  readonly rows: readonly {
    readonly name: string;
    readonly label: string;
    readonly count: number;
  }[];
}

/** @param counters by the programs' names; one that has no words here is shown as it is called. */
export function groupCounters(counters: Readonly<Record<string, number>>): CountedGroup[] {
  const known = new Set(COUNTER_GROUPS.flatMap((group) => Object.keys(group.counters)));
  const others = Object.keys(counters).filter((name) => !known.has(name));
  const named = others.map((name): [string, string] => [name, name.replaceAll('_', ' ')]);
  const rest = {
    title: l10n.t('Other counters'),
    counters: Object.fromEntries(named),
    areReasons: true,
  };
  return [...COUNTER_GROUPS, rest].flatMap(({ title, counters: words, areReasons }) => {
    const rows = Object.entries(words).flatMap(([name, label]) => {
      const count = counters[name];
      return count === undefined ? [] : [{ name, label: l10n.t(label), count }];
    });
    return rows.length === 0 ? [] : [{ title: l10n.t(title), areReasons, rows }];
  });
}

/** The counters as text; reasons that never were are left out. */
export function counterReport(counters: Readonly<Record<string, number>>): string[] {
  return groupCounters(counters).flatMap(({ title, areReasons, rows }) => {
    const shown = rows.filter(({ count }) => count > 0 || !areReasons);
    const lines = shown.map(({ label, count }) => [label, count.toLocaleString('en')] as const);
    return lines.length === 0 ? [] : ['', `  ${title}`, ...table(lines, '    ')];
  });
}

/** Two columns, aligned for a fixed-width font. */
export function table(rows: readonly (readonly [string, string])[], margin: string): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${margin}${name.padEnd(width)}  ${value}`);
}
