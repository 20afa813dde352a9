import type { Policy } from '../../bypass/attachment.ts';
import { faultsOf, socketFaults } from '../../bypass/faults.ts';
import { checkSemantics, type SemanticRow } from '../../bypass/semantics.ts';
import { readProbe, readSource } from '../../bypass/source.ts';
import { SEMANTICS_STEPS } from '../../bypass/steps.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { POLICY } from './load.ts';

export const semantics = command({
  name: 'semantics',
  summary: 'Runs each peculiarity of TCP sockets over TCP and over the bypass.',
  operands: { HOST },
  options: { policy: POLICY, ...HOST_OPTIONS },
  notes: ['That something differs is an answer, and no bad one: it ends with 0.'],
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
    ...block('What could not be found out:', rows.filter(({ told }) => !told).map(rowText)),
    ...block(
      'What does not differ:',
      rows
        .filter(({ told, differs }) => told && !differs)
        .map(({ title, tcp }) => `  ${title}: ${tcp}`),
    ),
  ].join('\n');
}
