import * as l10n from '@vscode/l10n';
import { HostError } from './errors.ts';
import { collectFacts, type Facts } from './facts.ts';
import type { Host } from './host.ts';
import { hostIssues, type HostIssue } from './issues.ts';

/** The facts of a host, and what it lacks. */
export interface HostCheck {
  readonly facts: Facts;
  readonly findings: readonly HostIssue[];
}

/**
 * Looks at a host; without root too, the lack of which is one of the findings.
 * @throws HostError
 */
export async function checkHost(host: Host, signal?: AbortSignal): Promise<HostCheck> {
  const root = await host.becomeRoot(signal).then(
    () => true,
    (error: unknown) => {
      if (error instanceof HostError && error.problem.kind === 'privilege') return false;
      throw error;
    },
  );
  const facts = await collectFacts(host, { root, signal });
  return { facts, findings: hostIssues(facts) };
}

/** "Linux 6.1.0, Debian GNU/Linux 12 (bookworm)". */
export const hostSummary = ({ kernel, distribution }: Facts): string =>
  l10n.t('Linux {0}, {1}', kernel, distribution.name);

/** "prevents load and benchmark"; empty where it is only good to know. */
export function preventedText({ severity, prevents }: HostIssue): string {
  const what = prevents.join(' and ');
  if (what === '') return '';
  return severity === 'blocks' ? l10n.t('prevents {0}', what) : l10n.t('limits {0}', what);
}
