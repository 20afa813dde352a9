import type { LiveConfig } from './config.ts';
import type { Attachment, BypassStatus } from './attachment.ts';
import { oneLine } from '../text.ts';

const STATES: Readonly<Record<Attachment['state'], string>> = {
  attached: 'on',
  unpinned: 'on, but its pins were removed: unload it',
  loading: 'being loaded',
  detached: 'off: left behind, unload it',
};

const SWITCHED_OFF = 'loaded, but switched off: all is on TCP';

/**
 * The status as text, aligned for a fixed-width font.
 * @param copy what the next load takes in place of the bundled programs.
 */
export function statusReport(status: BypassStatus, copy?: string): string {
  const next =
    copy === undefined ? '' : `\nThe next load from this window takes ${oneLine(copy)}.\n`;
  return loaded(status) + next;
}

function loaded({ host, attachments, namesakes }: BypassStatus): string {
  const others = namesakes.map(
    ({ cgroup, id, name, owner }) =>
      `${oneLine(cgroup)}\n  ${name}, id ${id}, is somebody else's, and is left alone: ${oneLine(owner)}\n`,
  );
  if (attachments.length === 0) {
    return [`No sockmap bypass is loaded on ${oneLine(host)}.\n`, ...others].join('\n');
  }
  const rank = Object.keys(STATES);
  return attachments
    .toSorted((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state))
    .map(attachmentReport)
    .concat(others)
    .join('\n');
}

export const MODE_LABELS: Readonly<Record<LiveConfig['mode'], string>> = {
  guarded: 'guarded',
  off: 'off: all is on TCP',
  unguarded: 'without limits',
};

const REACH_LABELS: Readonly<Record<LiveConfig['reach'], string>> = {
  namespace: 'within one network namespace',
  host: 'between network namespaces, too',
};

function configRows(config: LiveConfig): [string, string][] {
  const { mode, reach, queueBound, oneWayLimit, keepAlive } = config;
  return [
    ['mode', MODE_LABELS[mode]],
    ['reach', REACH_LABELS[reach]],
    ...(keepAlive === undefined
      ? []
      : [['keep-alive after', `${keepAlive.toLocaleString('en')} s`] satisfies [string, string]]),
    ['queue bound', `${(queueBound / 2 ** 20).toLocaleString('en')} MiB`],
    ['one-way limit', `${oneWayLimit.toLocaleString('en')} small messages`],
  ];
}

/** Counters whose own names say too little; the others are shown as they are called. */
const COUNTER_LABELS: Readonly<Record<string, string>> = {
  sockets_removed: 'moved to TCP permanently',
  sockets_refused: 'sockets refused, in another map',
  map_full: 'connections on TCP, map full',
  tcp_early_bytes: 'back to TCP, early bytes',
  tcp_queue_bound: 'back to TCP, queue bound',
  tcp_one_way_small: 'back to TCP, one-way small messages',
  tcp_switched_off: 'back to TCP, switched off',
  tcp_kernel_tls: 'back to TCP, TLS in the kernel',
  tcp_peer_gone: 'back to TCP, peer gone',
  tcp_other_ulp: 'back to TCP, another protocol on top of TCP',
  tcp_socket_options: 'back to TCP, SO_RCVLOWAT or TCP_INQ',
  tcp_repair: 'back to TCP, TCP_REPAIR',
  back_on_bypass: 'on the bypass again',
  callbacks_taken: 'callbacks taken by another sock_ops program',
  flows_evicted: 'connections on TCP, flow forgotten',
  peer_remote: 'sockets on TCP, peer remote',
  peer_outside: 'sockets on TCP, peer not in the cgroups',
  peer_other_namespace: 'sockets on TCP, peer in another network namespace',
  pair_refused: 'sockets on TCP, no proof that the peer is the other end',
  kernel_sockets: 'sockets on TCP, the kernel’s own (Multipath TCP)',
};

function attachmentReport(attachment: Attachment): string {
  const {
    cgroups,
    gone,
    state,
    loader,
    policy,
    config,
    sockops,
    redirect,
    sockets,
    maxSockets,
    counters,
  } = attachment;
  const { beside = [] } = attachment;
  const program = (one: Attachment['sockops']) =>
    one === undefined ? 'missing' : `id ${one.id}, tag ${one.tag === '' ? 'unknown' : one.tag}`;
  const rows: [string, string][] = [
    [
      'state',
      config?.mode === 'off' && state === 'attached'
        ? SWITCHED_OFF
        : `${STATES[state]}${loader === undefined ? '' : ` by ${oneLine(loader)}`}`,
    ],
    ['policy', policy],
    ...(config === undefined ? [] : configRows(config)),
    ['sockmap_sockops', program(sockops)],
    ['sockmap_redirect', program(redirect)],
    ...beside.map((name): [string, string] => ['beside it, sock_ops', name]),
    ['sockets in the map', `${sockets.toLocaleString('en')} of ${maxSockets.toLocaleString('en')}`],
    ...Object.entries(counters).map(([name, count]): [string, string] => [
      COUNTER_LABELS[name] ?? name.replaceAll('_', ' '),
      count.toLocaleString('en'),
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const titles = [...cgroups, ...gone.map((name) => `${name} (the cgroup is gone)`)];
  if (titles.length === 0) titles.push('a cgroup that is gone');
  return [...titles.map((one) => oneLine(one, 4096)), ...lines, ''].join('\n');
}
