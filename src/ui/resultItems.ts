import * as l10n from '@vscode/l10n';
import { when } from '../results/format.ts';
import type { Summary } from '../results/summary.ts';
import { ResultNode, ResultsOfHost } from './resultNodes.ts';
import type { Row } from './window.ts';

/** The row of the results view for a node. */
export const resultRowOf = (node: ResultsOfHost | ResultNode): Row =>
  node instanceof ResultNode ? runRow(node) : hostRow(node);

function hostRow({ host, runs }: ResultsOfHost): Row {
  return {
    id: JSON.stringify({ host }),
    label: host,
    description: runs.length === 1 ? l10n.t('1 run') : l10n.t('{0} runs', runs.length),
    icon: host === 'local' ? 'device-desktop' : 'server',
    contextValue: 'results.host',
    expands: 'expanded',
  };
}

function runRow(node: ResultNode): Row {
  const { file, summary } = node;
  const { startedAt, finishedAt, annotation, plan, host, cgroup } = summary;
  const { name = '', notes = '', tags = [] } = annotation ?? {};
  const state = stateText(summary);
  return {
    id: file,
    label: name === '' ? when(startedAt) : name,
    description: [
      ...tags.map((tag) => `#${tag}`),
      plan.name,
      ...(state === undefined ? [] : [state]),
      ...(name === '' ? [] : [when(startedAt)]),
    ].join(' · '),
    tooltip: [
      ...(name === '' ? [] : [name]),
      ...(notes === '' ? [] : [notes, '']),
      ...(tags.length === 0 ? [] : [l10n.t('Tags: {0}', tags.join(', '))]),
      l10n.t('Plan: {0}', plan.name),
      l10n.t('Cgroup: {0}', cgroup),
      l10n.t('Kernel: {0}', host.kernel),
      finishedAt === undefined
        ? l10n.t('Started {0}', when(startedAt))
        : l10n.t('Started {0}, finished {1}', when(startedAt), when(finishedAt)),
      ...(state === undefined ? [] : [l10n.t('State: {0}', state)]),
      file,
    ].join('\n'),
    icon: finishedAt === undefined ? 'circle-slash' : 'graph-line',
    contextValue: finishedAt === undefined ? 'result.unfinished' : 'result',
    expands: 'never',
    does: { command: 'sockmapBypass.openResult', arguments: [node] },
  };
}

function stateText({ finishedAt, stopped }: Summary): string | undefined {
  if (finishedAt !== undefined) return undefined;
  if (stopped === undefined) return l10n.t('not finished');
  return stopped.why === 'cancelled' ? l10n.t('cancelled') : l10n.t('failed');
}
