import * as l10n from '@vscode/l10n';
import { oneLine, shortIds } from '../../text.ts';
import { isAttached, isOn, serves } from '../attachment.ts';
import type { Attachment, BypassStatus, Kept } from '../attachment.ts';
import { DEFAULT_LIMITS, LIMIT_RANGES, MODE_NAMES, REACHES, SHARE_RANGE } from '../config.ts';
import { groupCounters } from '../counterReport.ts';
import { keptState } from '../keptWords.ts';
import { modeWords } from '../modeWords.ts';
import { REACH_CHOICES, REACH_LABELS, reachDetail } from '../reachWords.ts';
import { shareWords } from '../shareWords.ts';
import { STATES } from '../statusReport.ts';
import type { Controls, CounterGroup, ShownBypass, SocketRow } from './protocol.ts';
import { listsAll, type History } from './rates.ts';
import type { LiveReading, Owner } from './reading.ts';

/** Sockets in the table at most. */
const MOST_SHOWN = 100;

/** Names a bypass for as long as one of its cgroups, or its directory of pins, is there. */
export const idOf = ({ cgroup, gone, pins }: Attachment): string =>
  cgroup ?? pins ?? gone[0] ?? 'bypass';

/** The bypass of that name; what replaced it on its cgroup goes by the same. */
export const bypassNamed = (
  { attachments }: BypassStatus,
  id: string | undefined,
): Attachment | undefined =>
  id === undefined
    ? (attachments.find(isAttached) ?? attachments[0])
    : (attachments.find((one) => isAttached(one) && serves(one, [id])) ??
      attachments.find((one) => idOf(one) === id || serves(one, [id])));

/** In a list of a host's bypasses. */
export const bypassLabel = ({ cgroups, gone, pins }: Attachment): string =>
  oneLine(
    shortIds([...cgroups, ...gone].join(', ') || (pins ?? l10n.t('a cgroup that is gone'))),
    200,
  );

/** Why nothing of a bypass can be read beside its status. */
export function unreadWords({ state, pins }: Attachment): string | undefined {
  if (state === 'loading') return l10n.t('It is being loaded: figures come once it is attached.');
  if (state === 'detached')
    return l10n.t('No program is attached any more: unload what remains of it.');
  return pins === undefined
    ? l10n.t(
        'Its pins were removed from the BPF file system, so its counters cannot be read cheaply. Unload it, and load it again.',
      )
    : undefined;
}

/** Whether the programs still have the configuration that the status had. */
export function isConfigured({ config }: Attachment, reading: LiveReading): boolean {
  if (config === undefined || reading.config === undefined)
    return config === undefined && reading.config === undefined;
  const { mode = 0, reach = 0, queue_bound: bound = 0, one_way_limit: limit = 0 } = reading.config;
  const { kept_on_tcp: keptOnTcp = 0 } = reading.config;
  return (
    MODE_NAMES[mode] === config.mode &&
    REACHES[reach] === config.reach &&
    (bound === 0 ? DEFAULT_LIMITS.queueBound : bound) === config.queueBound &&
    (limit === 0 ? DEFAULT_LIMITS.oneWayLimit : limit) === config.oneWayLimit &&
    100 - keptOnTcp === (config.share ?? 100)
  );
}

/** Its limits as an argument of the command that changes a bypass, as far as that takes them. */
export function limitsArgument({ config }: Attachment): Record<string, number> {
  const { queueBoundMiB: bound, oneWayLimit: limit } = LIMIT_RANGES;
  const isWithin = (value: number, [least, most]: readonly [number, number]) =>
    value >= least && value <= most;
  const queueBoundMiB = (config?.queueBound ?? 0) / 2 ** 20;
  const oneWayLimit = config?.oneWayLimit ?? 0;
  return {
    ...(isWithin(queueBoundMiB, bound) && { queueBoundMiB }),
    ...(isWithin(oneWayLimit, limit) && { oneWayLimit }),
  };
}

/**
 * A bypass as the page shows it.
 * @param owners of an earlier reading, where the latest did not look for them. @param kept what loads it after a boot.
 */
export function shownBypass(
  attachment: Attachment,
  history: History,
  owners: ReadonlyMap<number, Owner>,
  kept?: Kept,
): ShownBypass {
  const { latest } = history;
  const { seconds, counts } = history.growth();
  const counters = latest?.counters ?? attachment.counters;
  return {
    title: bypassLabel(attachment),
    isOn: isOn(attachment),
    state: stateWords(attachment),
    facts: [...facts(attachment, latest), [l10n.t('Kept across reboots'), keptFact(kept)]],
    controls: controls(attachment),
    unread: unreadWords(attachment),
    points: history.points,
    tcpNote: latest && tcpNote(latest),
    notYet: latest && notYet(attachment, latest),
    recentSeconds: seconds,
    groups: counterGroups(counters, counts),
    sockets: latest === undefined ? [] : socketRows(latest, history, owners),
    socketsNote: latest === undefined ? '' : socketsNote(latest),
  };
}

function stateWords(attachment: Attachment): string {
  const { state, config } = attachment;
  return state === 'attached' && config?.mode === 'off' ? l10n.t('switched off') : STATES[state];
}

const keptFact = (kept: Kept | undefined): string =>
  kept === undefined
    ? l10n.t('no')
    : l10n.t(
        'as {0}, by version {1}: {2}',
        oneLine(kept.name),
        oneLine(kept.version),
        keptState(kept),
      );

function facts(
  { policy, config, sockets, maxSockets, sockops, redirect, beside }: Attachment,
  latest: LiveReading | undefined,
): [string, string][] {
  const count = (value: number) => value.toLocaleString('en');
  const programs = [sockops, redirect].flatMap((one) => (one === undefined ? [] : [`${one.id}`]));
  return [
    [l10n.t('Policy'), policy],
    ...(config === undefined ? [] : [[l10n.t('Reach'), REACH_LABELS[config.reach]] satisfies Fact]),
    ...(config?.share === undefined
      ? []
      : [[l10n.t('Share'), shareWords(config.share)] satisfies Fact]),
    ...(config?.keepAlive === undefined
      ? []
      : [[l10n.t('Keep-alive after'), l10n.t('{0} s', count(config.keepAlive))] satisfies Fact]),
    [
      l10n.t('Sockets in the map'),
      l10n.t('{0} of {1}', count(latest?.held ?? sockets), count(maxSockets)),
    ],
    [l10n.t('Programs'), programs.join(', ')],
    ...(beside === undefined
      ? []
      : [[l10n.t('Beside it'), oneLine(beside.join(', '), 200)] satisfies Fact]),
  ];
}
type Fact = [string, string];

function controls({ state, pins, config }: Attachment): Controls | undefined {
  if (config === undefined || pins === undefined || state !== 'attached') return undefined;
  const { mode, reach, queueBound, oneWayLimit, share = 100 } = config;
  return {
    mode,
    reach,
    oneWayLimit,
    share,
    queueBoundMiB: queueBound / 2 ** 20,
    modes: MODE_NAMES.map((value) => {
      const { label, detail } = modeWords(value);
      return { value, label, detail };
    }),
    reaches: REACHES.map((value) => ({
      value,
      label: REACH_CHOICES[value],
      detail: reachDetail(value),
    })),
    ranges: { ...LIMIT_RANGES, share: SHARE_RANGE },
  };
}

/** All counters, those at 0 too: a reason that never was is an answer. */
const counterGroups = (
  counters: Readonly<Record<string, number>>,
  grown: ReadonlyMap<string, number>,
): CounterGroup[] =>
  groupCounters(counters).map(({ title, rows }) => ({
    title,
    rows: rows.map(({ name, label, count }) => ({
      name,
      label,
      total: count,
      recent: grown.get(name) ?? 0,
    })),
  }));

/** Those that send most over TCP first, then those on the bypass. */
function socketRows(
  latest: LiveReading,
  history: History,
  owners: ReadonlyMap<number, Owner>,
): SocketRow[] {
  return latest.sockets
    .map((socket) => ({ socket, tcpBytes: history.tcpRateOf(socket.cookie) }))
    .toSorted(
      (a, b) =>
        (b.tcpBytes ?? 0) - (a.tcpBytes ?? 0) ||
        Number(b.socket.inMap) - Number(a.socket.inMap) ||
        a.socket.cookie.localeCompare(b.socket.cookie),
    )
    .slice(0, MOST_SHOWN)
    .map(({ socket: { local, peer, inMap, inode }, tcpBytes }) => {
      const owner = owners.get(inode);
      const process = owner === undefined ? '' : `${oneLine(owner.name, 40)} (${owner.pid})`;
      return { local: oneLine(local, 100), peer: oneLine(peer, 100), process, inMap, tcpBytes };
    });
}

function socketsNote(latest: LiveReading): string {
  if (!latest.tellsSockets)
    return l10n.t(
      'The host’s ss (iproute2) is missing or older than 5.8, so connections cannot be listed.',
    );
  const { mine, capped } = latest;
  if (mine === 0) return l10n.t('The processes of these cgroups have no TCP connections now.');
  const shown = Math.min(latest.sockets.length, MOST_SHOWN);
  const [few, all] = [shown.toLocaleString('en'), mine.toLocaleString('en')];
  if (capped) return l10n.t('{0} of at least {1} TCP sockets of these cgroups.', few, all);
  return shown === mine
    ? l10n.t('TCP sockets of these cgroups, all {0} of them.', all)
    : l10n.t('{0} of {1} TCP sockets of these cgroups.', few, all);
}

/** A note for whoever has just loaded it: services that stay connected gain nothing before they connect again. */
function notYet(attachment: Attachment, { counters, mine, held }: LiveReading): string | undefined {
  const isUntouched = held === 0 && Object.values(counters).every((count) => count === 0);
  return isOn(attachment) && isUntouched && mine > 0
    ? l10n.t(
        'Nothing is bypassed yet: connections that were open before the load stay on TCP. Restart a service, or have it connect again.',
      )
    : undefined;
}

function tcpNote(latest: LiveReading): string {
  if (!latest.tellsSockets)
    return l10n.t(
      'Traffic over TCP is not known: the host’s ss (iproute2) is missing or older than 5.8.',
    );
  const what = l10n.t(
    'What the processes of these cgroups send, to each other and to others. TCP counts segments where the bypass counts messages; connections that come and go between two readings are left out.',
  );
  return listsAll(latest)
    ? what
    : `${what} ${l10n.t('There are too many sockets to read all: it is at least that much over TCP.')}`;
}
