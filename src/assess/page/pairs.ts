import * as l10n from '@vscode/l10n';
import { amount, factor, number, part } from '../../results/format.ts';
import type { FlowGain } from '../assessment.ts';
import type { Flow, Shape } from '../flows.ts';
import { sideName } from './names.ts';
import type { Cell, Column, PairRow } from './protocol.ts';

/** More are not drawn: nobody reads them, and the busiest come first. */
export const MOST_PAIRS = 500;

const column = (title: string, isNumber = true): Column => ({ title, isNumber });

export const pairColumns = (): Column[] => [
  column(l10n.t('Client'), false),
  column(l10n.t('Server'), false),
  column(l10n.t('Gain')),
  column(l10n.t('To the server')),
  column(l10n.t('To the client')),
  column(l10n.t('Mean message')),
  column(l10n.t('Connections')),
  column(l10n.t('Use'), false),
  column(l10n.t('CPU')),
  column(l10n.t('Path'), false),
];

/** @param gain of this flow; undefined where none was worked out. */
export function pairRow(flow: Flow, gain: FlowGain | undefined): PairRow {
  const { server, client } = flow;
  const text = (words: string): Cell => ({ text: words, sort: words.toLowerCase() });
  const cpu = (client.cpu ?? 0) + (server.cpu ?? 0);
  return [
    text(sideName(client)),
    text(l10n.t('{0}, port {1}', sideName(server), server.port)),
    gainCell(gain),
    rateCell(flow.bytesToServer, flow.messagesToServer),
    rateCell(flow.bytesToClient, flow.messagesToClient),
    {
      text: `${roundBytes(flow.meanToServer)} / ${roundBytes(flow.meanToClient)}`,
      sort: flow.meanToServer + flow.meanToClient,
    },
    { text: connectionsText(flow), sort: flow.connections },
    text(SHAPES[flow.shape]()),
    {
      text:
        client.cpu === undefined && server.cpu === undefined
          ? '–'
          : `${part(client.cpu ?? 0)} / ${part(server.cpu ?? 0)}`,
      sort: cpu,
    },
    text(pathText(flow)),
  ];
}

const SHAPES: Readonly<Record<Shape, () => string>> = {
  'request-response': () => l10n.t('request and answer'),
  'one-way': () => l10n.t('one way'),
  idle: () => l10n.t('idle'),
};

function gainCell(gain: FlowGain | undefined): Cell {
  if (gain === undefined) return { text: '–', sort: 0 };
  const { ratio, isWorth, basis } = gain;
  const times = l10n.t('{0}×', factor(ratio));
  const words = basis === 'measured' ? times : l10n.t('about {0}', times);
  return { text: isWorth ? words : l10n.t('{0}, not worth it', words), sort: gain.savedMs };
}

const rateCell = (bytes: number, messages: number): Cell => ({
  text:
    bytes === 0
      ? '–'
      : l10n.t('{0}/s in {1} messages/s', amount(bytes), number(Math.ceil(messages))),
  sort: bytes,
});

const roundBytes = (bytes: number): string => (bytes === 0 ? '–' : amount(Math.round(bytes)));

function connectionsText({ connections, opened, closed, minimumAge }: Flow): string {
  const count = number(connections);
  if (opened > 0 || closed > 0)
    return l10n.t('{0} ({1} opened, {2} closed)', count, number(opened), number(closed));
  return l10n.t('{0} (older than {1} s)', count, number(Math.floor(minimumAge)));
}

function pathText(flow: Flow): string {
  return [
    flow.sameNamespace ? l10n.t('one network namespace') : l10n.t('two network namespaces'),
    flow.family === 'both' ? l10n.t('IPv4 and IPv6') : flow.family,
    ...(flow.isTranslated ? [l10n.t('addresses translated')] : []),
    ...(flow.kernelTls ? [l10n.t('TLS in the kernel')] : []),
    ...(flow.mptcp ? [l10n.t('Multipath TCP')] : []),
  ].join(', ');
}
