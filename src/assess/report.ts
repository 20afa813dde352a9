import * as l10n from '@vscode/l10n';
import { amount, number, part } from '../results/format.ts';
import { markdownText, shortIds } from '../text.ts';
import type { Assessment, FlowGain } from './assessment.ts';
import type { Flow, Side } from './flows.ts';
import { processName } from './page/names.ts';

/** Flows in a report: the rest carries least. */
const MOST_FLOWS = 100;

/** Words of an assessment, for a terminal. */
export function assessmentReport(assessment: Assessment): string {
  const { flows, relies, notLookedAt, verdict } = assessment;
  const gains = new Map(verdict.gains.map((one) => [one.flow, one]));
  const more = flows.length - MOST_FLOWS;
  return [
    ...head(assessment),
    '',
    verdict.words,
    verdict.basis,
    ...(verdict.cover.length === 0
      ? []
      : [
          '',
          l10n.t('Load it on (reach {0}):', verdict.reach ?? ''),
          ...verdict.cover.map((one) => `  ${shortIds(one)}`),
        ]),
    ...section(
      l10n.t('Cgroups, the most gain first:'),
      verdict.cgroups.map(
        ({ cgroup, label, ratio, savedMs }) =>
          `  ${label === undefined ? '' : `${label} `}${shortIds(cgroup)}: ${times(ratio)}, ${saved(savedMs)}`,
      ),
    ),
    ...section(
      l10n.t('What speaks against it:'),
      verdict.against.map(({ words, isGrave }) => `  ${isGrave ? '! ' : ''}${words}`),
    ),
    ...section(
      l10n.t('What programs rely on:'),
      relies.map(({ title, calls, consequence, ...side }) => {
        const seen = calls === 1 ? l10n.t('once') : l10n.t('{0} times', number(calls));
        return `  ${sideText(side)}: ${title} (${seen}). ${consequence}`;
      }),
    ),
    ...section(
      l10n.t('Not looked at:'),
      notLookedAt.map((one) => `  ${one}`),
    ),
    ...section(
      l10n.t('Who talks to whom:'),
      flows.slice(0, MOST_FLOWS).map((flow, index) => flowText(flow, gains.get(index))),
    ),
    ...(more > 0 ? [l10n.t('And {0} more.', number(more))] : []),
    '',
  ].join('\n');
}

/** The same in Markdown, to paste elsewhere. */
export function assessmentMarkdown(assessment: Assessment): string {
  const { flows, relies, notLookedAt, verdict } = assessment;
  const gains = new Map(verdict.gains.map((one) => [one.flow, one]));
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', `**${title}**`, '', ...lines.map((one) => `- ${one}`)];
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const titles = [
    l10n.t('Client'),
    l10n.t('Server'),
    l10n.t('Port'),
    l10n.t('Connections'),
    l10n.t('Kind'),
    l10n.t('To the server'),
    l10n.t('To the client'),
    l10n.t('Bypass'),
  ];
  return [
    ...head(assessment).map(markdownText),
    '',
    markdownText(verdict.words),
    markdownText(verdict.basis),
    ...list(
      l10n.t('Load it on (reach {0}):', verdict.reach ?? ''),
      verdict.cover.map((one) => markdownText(shortIds(one))),
    ),
    ...list(
      l10n.t('What speaks against it:'),
      verdict.against.map(({ words }) => markdownText(words)),
    ),
    ...list(
      l10n.t('What programs rely on:'),
      relies.map((one) => markdownText(`${sideText(one)}: ${one.title}. ${one.consequence}`)),
    ),
    ...list(l10n.t('Not looked at:'), notLookedAt.map(markdownText)),
    '',
    row(titles),
    row(titles.map(() => '---')),
    ...flows.slice(0, MOST_FLOWS).map((flow, index) => {
      const gain = gains.get(index);
      return row([
        markdownText(sideText(flow.client)),
        markdownText(sideText(flow.server)),
        String(flow.server.port),
        number(flow.connections),
        flow.shape,
        `${amount(flow.bytesToServer)}/s`,
        `${amount(flow.bytesToClient)}/s`,
        gain === undefined ? '' : times(gain.ratio),
      ]);
    }),
    '',
  ].join('\n');
}

function head({ host, seconds, sockets, localSockets, namespaces, capped }: Assessment): string[] {
  const time = number(Math.round(seconds));
  return [
    capped
      ? l10n.t(
          'Local TCP traffic of {0}, over {1} s, in {2} of its network namespaces',
          host,
          time,
          number(namespaces),
        )
      : namespaces === 1
        ? l10n.t('Local TCP traffic of {0}, over {1} s, in 1 network namespace', host, time)
        : l10n.t(
            'Local TCP traffic of {0}, over {1} s, in {2} network namespaces',
            host,
            time,
            number(namespaces),
          ),
    sockets === 0
      ? l10n.t('Sockets whose other end is on this host: {0}', number(localSockets))
      : l10n.t(
          'Sockets whose other end is on this host: {0}, {1} of {2}',
          number(localSockets),
          part(localSockets / sockets),
          number(sockets),
        ),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

const times = (ratio: number): string => l10n.t('{0} times as fast', ratio.toFixed(2));
const saved = (ms: number): string =>
  l10n.t('{0} ms less waiting a second', number(Math.round(ms)));

function flowText(flow: Flow, gain: FlowGain | undefined): string {
  const { server, client, connections, opened, closed, family, shape } = flow;
  const { bytesToServer, bytesToClient, messagesToServer, messagesToClient } = flow;
  const where = [
    flow.sameNamespace ? l10n.t('one network namespace') : l10n.t('two network namespaces'),
    ...(flow.isTranslated ? [l10n.t('addresses translated')] : []),
    family === 'both' ? l10n.t('IPv4 and IPv6') : family,
    ...(flow.kernelTls ? [l10n.t('kernel TLS')] : []),
    ...(flow.mptcp ? ['Multipath TCP'] : []),
  ].join(', ');
  const way = (bytes: number, messages: number, mean: number) =>
    l10n.t('{0} in {1} messages/s of {2}', rate(bytes), number(Math.round(messages)), amount(mean));
  const count =
    connections === 1 ? l10n.t('1 connection') : l10n.t('{0} connections', number(connections));
  const expected =
    gain === undefined
      ? []
      : [
          `  ${l10n.t('bypass: {0}, {1} ({2}, {3})', times(gain.ratio), saved(gain.savedMs), gain.basis, gain.at)}`,
        ];
  return [
    `  ${l10n.t('{0} -> {1}, port {2}', sideText(client), sideText(server), server.port)}`,
    `    ${count} (${l10n.t('{0} new, {1} gone', number(opened), number(closed))}); ${shape}; ${where}`,
    `    ${l10n.t(
      'to the server {0}, to the client {1}',
      way(bytesToServer, messagesToServer, flow.meanToServer),
      way(bytesToClient, messagesToClient, flow.meanToClient),
    )}`,
    ...expected.map((one) => `  ${one}`),
  ].join('\n');
}

const rate = (bytes: number): string => `${amount(bytes)}/s`;

function sideText({
  process,
  label,
  cgroup,
  cpu,
}: Pick<Side, 'process' | 'label' | 'cgroup'> & Partial<Pick<Side, 'cpu'>>): string {
  const name = processName(process);
  const place = label ?? (cgroup === undefined ? undefined : shortIds(cgroup));
  const details = [
    ...(place === undefined ? [] : [place]),
    ...(cpu === undefined ? [] : [`${part(cpu)} CPU`]),
  ];
  return details.length === 0 ? name : `${name} (${details.join(', ')})`;
}
