import type { Policy } from '../../bypass/attachment.ts';
import { faultsOf, socketFaults } from '../../bypass/faults.ts';
import { checkSemantics, type SemanticRow } from '../../bypass/semantics.ts';
import { readProbe, readSource } from '../../bypass/source.ts';
import { SEMANTICS_STEPS } from '../../bypass/steps.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { POLICY } from './load.ts';

export const semantics = command({
  name: 'semantics',
  summary: 'Tests how sockets behave over TCP and over the bypass, and compares them.',
  operands: { HOST },
  options: { policy: POLICY, ...HOST_OPTIONS },
  examples: ['web1'],
  notes: [
    'It uses sockets and a cgroup of its own. A difference is not a failure: the exit status is 0.',
  ],
  run: async (session, { HOST: name }, options) => {
    const { policy = 'guarded' } = options;
    const [source, probe] = await Promise.all([
      readSource(session.bpf, policy),
      readProbe(session.bpf),
    ]);
    const rows = await checkSemantics(session.host(name, options), {
      source,
      probe,
      signal: session.signal,
      onStep: (step) => {
        session.onStep(SEMANTICS_STEPS[step]);
      },
    });
    return { data: rows, text: semanticsText(policy, rows) };
  },
});

function semanticsText(policy: Policy, rows: readonly SemanticRow[]): string {
  const block = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [[title, ...lines, ''].join('\n')];
  const rowText = ({ title, tcp, bypass, detail, affected }: SemanticRow) =>
    [
      `  ${title}: ${tcp === bypass ? tcp : `TCP ${tcp}, bypass ${bypass}`}. ${detail}`,
      ...(affected.length === 0 ? [] : [`    Known to rely on it: ${affected.join('; ')}`]),
    ].join('\n');
  const { faults } = socketFaults(rows);
  return [
    ...block(
      'What stops or breaks programs:',
      faultsOf(faults).map(({ wrong, consequence }) => `  ${wrong} ${consequence}`),
    ),
    ...block(
      `What differs over the ${policy} bypass:`,
      rows.filter(({ differs }) => differs).map(rowText),
    ),
    ...block('What could not be measured:', rows.filter(({ told }) => !told).map(rowText)),
    ...block(
      'What is the same:',
      rows
        .filter(({ told, differs }) => told && !differs)
        .map(({ title, tcp }) => `  ${title}: ${tcp}`),
    ),
  ].join('\n');
}
