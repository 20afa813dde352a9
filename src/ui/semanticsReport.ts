import * as l10n from '@vscode/l10n';
import { faultsOf, socketFaults } from '../bypass/faults.ts';
import type { SemanticRow } from '../bypass/semantics.ts';
import type { Policy } from '../bypass/attachment.ts';
import { markdownText } from '../text.ts';

/** The rows as Markdown: what differs first, then what does not. */
export function semanticsReport(
  host: string,
  policy: Policy,
  rows: readonly SemanticRow[],
  copy?: string,
): string {
  const different = rows.filter(({ differs }) => differs);
  const same = rows.filter(({ differs, told }) => told && !differs);
  const untold = rows.filter(({ told }) => !told);
  const faults = faultsOf(socketFaults(rows).faults);
  return [
    `# ${l10n.t('Socket semantics on {0}', markdownText(host))}`,
    [
      l10n.t(
        'What programs see of a TCP socket, plain and over the **{0}** bypass, measured on this host just now.',
        policy,
      ),
      ...(copy === undefined ? [] : [l10n.t('The programs are {0}.', markdownText(copy))]),
      untold.length === 0
        ? l10n.t('{0} of {1} differ.', different.length, rows.length)
        : l10n.t(
            '{0} of {1} differ, {2} could not be measured.',
            different.length,
            rows.length,
            untold.length,
          ),
    ].join(' '),
    ...(faults.length === 0
      ? []
      : [
          `## ${l10n.t('What stops or breaks programs')}`,
          faults
            .map(
              ({ wrong, consequence }) =>
                `- **${markdownText(wrong)}** ${markdownText(consequence)}`,
            )
            .join('\n'),
        ]),
    ...(different.length === 0 ? [] : [`## ${l10n.t('What differs')}`, table(different, true)]),
    ...(untold.length === 0
      ? []
      : [
          `## ${l10n.t('What could not be measured')}`,
          l10n.t(
            'These probes did not finish, which says nothing about the kernel. Check again when the host is less busy.',
          ),
          table(untold, true),
        ]),
    ...(same.length === 0 ? [] : [`## ${l10n.t('What is the same')}`, table(same, false)]),
    '',
  ].join('\n\n');
}

function table(rows: readonly SemanticRow[], differ: boolean): string {
  const head = differ
    ? [
        l10n.t('What'),
        'TCP',
        l10n.t('Bypass'),
        l10n.t('What was seen'),
        l10n.t('Known to rely on it'),
      ]
    : [l10n.t('What'), l10n.t('TCP and bypass'), l10n.t('Over the bypass')];
  const lines = rows.map(({ title, tcp, bypass, detail, affected }) =>
    differ ? [title, tcp, bypass, detail, affected.join('; ')] : [title, tcp, detail],
  );
  return [head, head.map(() => '---'), ...lines.map((line) => line.map(markdownText))]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}
