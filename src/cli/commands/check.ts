import { checkHostAndKept, type KeptCheck } from '../../bypass/checkKept.ts';
import { keptLine } from '../../bypass/keptWords.ts';
import { hostSummary, preventedText } from '../../host/check.ts';
import type { Capability, HostIssue } from '../../host/issues.ts';
import { command, HOST, HOST_OPTIONS, STATUS } from '../command.ts';
import { choice } from '../options.ts';

const CAPABILITIES: readonly Capability[] = ['load', 'benchmark', 'language'];

export const check = command({
  name: 'check',
  summary: 'Shows what a host lacks, what that prevents, and how to fix it.',
  operands: { HOST },
  options: {
    for: choice(CAPABILITIES, 'Show only what prevents this.'),
    ...HOST_OPTIONS,
  },
  examples: ['web1', 'web1 --for benchmark'],
  bad: 'Something is missing that prevents loading, benchmarks or language features, or what --for names.',
  run: async (session, { HOST: name }, options) => {
    const all = await checkHostAndKept(session.host(name, options), session.signal);
    const { for: wanted } = options;
    const findings = all.findings.filter(
      ({ prevents }) => wanted === undefined || prevents.includes(wanted),
    );
    const answer: KeptCheck = { ...all, findings };
    const blocks = findings.some(({ severity }) => severity === 'blocks');
    return {
      data: answer,
      text: checkText(name, answer),
      status: blocks ? STATUS.bad : STATUS.good,
    };
  },
});

const checkText = (name: string, { facts, findings, kept }: KeptCheck): string =>
  [
    findings.length === 0
      ? `${name} is ready: ${hostSummary(facts)}. Nothing is missing.`
      : `${name}: ${hostSummary(facts)}`,
    ...findings.map(findingText),
    ...kept.map((one) => `kept across reboots: ${keptLine(one)}`),
    '',
  ].join('\n');

function findingText(finding: HostIssue): string {
  const { severity, wrong, next, remedy } = finding;
  const prevented = preventedText(finding);
  const word = severity === 'blocks' ? 'error' : 'warning';
  return [
    `${word}: ${wrong} ${next}${prevented === '' ? '' : ` (${prevented})`}`,
    ...(remedy === undefined ? [] : [`  Run: ${remedy.replaceAll('\n', '\n       ')}`]),
  ].join('\n');
}
