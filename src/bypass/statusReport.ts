import * as l10n from '@vscode/l10n';
import type { LiveConfig } from './config.ts';
import { shareWords } from './shareWords.ts';
import { REACH_LABELS } from './reachWords.ts';
import { counterReport, table } from './counterReport.ts';
import type { Attachment, BypassStatus } from './attachment.ts';
import { keptReport } from './keptWords.ts';
import { oneLine } from '../text.ts';

/** Its state in words, but for one that is switched off. */
export const STATES: Readonly<Record<Attachment['state'], string>> = {
  get attached() {
    return l10n.t('on');
  },
  get unpinned() {
    return l10n.t('on, but its pins were removed: unload it');
  },
  get loading() {
    return l10n.t('being loaded');
  },
  get detached() {
    return l10n.t('off: left behind, unload it');
  },
};

const switchedOff = (): string => l10n.t('loaded, but switched off: all is on TCP');

/**
 * The status as text, aligned for a fixed-width font.
 * @param copy what the next load takes in place of the bundled programs.
 * @param labels names of containers and units by the path of their cgroup; empty where it has none.
 */
export function statusReport(
  status: BypassStatus,
  copy?: string,
  labels: ReadonlyMap<string, string> = new Map(),
): string {
  const next =
    copy === undefined
      ? ''
      : `\n${l10n.t('The next load from this window takes {0}.', oneLine(copy))}\n`;
  return loaded(status, labels) + next;
}

function loaded(
  { host, attachments, namesakes, kept = [] }: BypassStatus,
  labels: ReadonlyMap<string, string>,
): string {
  const others = namesakes.map(
    ({ cgroup, id, name, owner }) =>
      `${oneLine(cgroup)}\n  ${l10n.t("{0}, id {1}, is somebody else's, and is left alone: {2}", name, id, oneLine(owner))}\n`,
  );
  others.push(...kept.map(keptReport));
  if (attachments.length === 0) {
    return [`${l10n.t('No sockmap bypass is loaded on {0}.', oneLine(host))}\n`, ...others].join(
      '\n',
    );
  }
  const rank = Object.keys(STATES);
  return attachments
    .toSorted((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state))
    .map((one) => attachmentReport(one, labels))
    .concat(others)
    .join('\n');
}

export const MODE_LABELS: Readonly<Record<LiveConfig['mode'], string>> = {
  get guarded() {
    return l10n.t('guarded');
  },
  get off() {
    return l10n.t('off: all is on TCP');
  },
  get unguarded() {
    return l10n.t('without limits');
  },
};

function configRows(config: LiveConfig): [string, string][] {
  const { mode, reach, queueBound, oneWayLimit, keepAlive, share } = config;
  return [
    [l10n.t('mode'), MODE_LABELS[mode]],
    [l10n.t('reach'), REACH_LABELS[reach]],
    ...(share === undefined
      ? []
      : [[l10n.t('share'), shareWords(share)] satisfies [string, string]]),
    ...(keepAlive === undefined
      ? []
      : [
          [l10n.t('keep-alive after'), `${keepAlive.toLocaleString('en')} s`] satisfies [
            string,
            string,
          ],
        ]),
    [l10n.t('queue bound'), `${(queueBound / 2 ** 20).toLocaleString('en')} MiB`],
    [l10n.t('one-way limit'), l10n.t('{0} small messages', oneWayLimit.toLocaleString('en'))],
  ];
}

function attachmentReport(attachment: Attachment, labels: ReadonlyMap<string, string>): string {
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
    one === undefined
      ? l10n.t('missing')
      : l10n.t('id {0}, tag {1}', one.id, one.tag === '' ? l10n.t('unknown') : one.tag);
  const rows: [string, string][] = [
    [
      l10n.t('state'),
      config?.mode === 'off' && state === 'attached'
        ? switchedOff()
        : loader === undefined
          ? STATES[state]
          : l10n.t('{0} by {1}', STATES[state], oneLine(loader)),
    ],
    [l10n.t('policy'), policy],
    ...(config === undefined ? [] : configRows(config)),
    ['sockmap_sockops', program(sockops)],
    ['sockmap_redirect', program(redirect)],
    ...beside.map((name): [string, string] => [l10n.t('other sock_ops programs'), name]),
    [
      l10n.t('sockets in the map'),
      l10n.t('{0} of {1}', sockets.toLocaleString('en'), maxSockets.toLocaleString('en')),
    ],
  ];
  const titled = (path: string): string => {
    const label = labels.get(path) ?? '';
    return label === '' ? path : `${label}: ${path}`;
  };
  const titles = [
    ...cgroups.map(titled),
    ...gone.map((name) => l10n.t('{0} (the cgroup is gone)', titled(name))),
  ];
  if (titles.length === 0) titles.push(l10n.t('a cgroup that is gone'));
  return [
    ...titles.map((one) => oneLine(one, 4096)),
    ...table(rows, '  '),
    ...counterReport(counters),
    '',
  ].join('\n');
}
