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
    `# Socket semantics on ${markdownText(host)}`,
    `What programs see of a TCP socket, plain and over the **${policy}** bypass, measured on this host just now. ` +
      (copy === undefined ? '' : `The programs are ${markdownText(copy)}. `) +
      `${different.length} of ${rows.length} differ${untold.length === 0 ? '' : `, ${untold.length} could not be found out`}.`,
    ...(faults.length === 0
      ? []
      : [
          '## What stops or breaks programs',
          faults
            .map(
              ({ wrong, consequence }) =>
                `- **${markdownText(wrong)}** ${markdownText(consequence)}`,
            )
            .join('\n'),
        ]),
    ...(different.length === 0 ? [] : ['## What differs', table(different, true)]),
    ...(untold.length === 0
      ? []
      : [
          '## What could not be found out',
          'These probes did not end by themselves, which says nothing about the kernel. Check again when the host is less busy.',
          table(untold, true),
        ]),
    ...(same.length === 0 ? [] : ['## What does not', table(same, false)]),
    '',
  ].join('\n\n');
}

function table(rows: readonly SemanticRow[], differ: boolean): string {
  const head = differ
    ? ['What', 'TCP', 'Bypass', 'What was seen', 'Known to rely on it']
    : ['What', 'TCP and bypass', 'Over the bypass'];
  const lines = rows.map(({ title, tcp, bypass, detail, affected }) =>
    differ ? [title, tcp, bypass, detail, affected.join('; ')] : [title, tcp, detail],
  );
  return [head, head.map(() => '---'), ...lines.map((line) => line.map(markdownText))]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}
