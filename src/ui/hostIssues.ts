import * as vscode from 'vscode';
import type { KeptCheck } from '../bypass/checkKept.ts';
import { keptLine } from '../bypass/keptWords.ts';
import type { Context } from '../context.ts';
import { hostSummary, preventedText, type HostCheck } from '../host/check.ts';
import { blocking, type Capability, type HostIssue } from '../host/issues.ts';
import { openTerminal } from './terminal.ts';
import { pickOne } from './quickPick.ts';
import { showInformation, showWarning, type Choice } from './window.ts';

/** Lists what is wrong with a host, and what it keeps; choosing one runs its command in a terminal there. */
export async function showFindings(
  context: Context,
  name: string,
  { facts, findings, kept }: KeptCheck,
): Promise<void> {
  if (findings.length === 0) {
    const ready = vscode.l10n.t('{0} is ready: {1}. Nothing is missing.', name, hostSummary(facts));
    const keeps = kept.map((one) => vscode.l10n.t('Kept across reboots: {0}.', keptLine(one)));
    await showInformation([ready, ...keeps].join(' '));
    return;
  }
  await fixFinding(context, name, { facts, findings, kept });
}

/**
 * Lists what is wrong with a host; choosing one runs its command in a terminal there, or says it in full where it has
 * none.
 * @param goal what the host is wanted for: what prevents it comes first, and the words say that it goes on.
 * @returns the one that is being fixed in the terminal.
 */
export async function fixFinding(
  context: Context,
  name: string,
  { facts, findings, kept = [] }: HostCheck & Partial<KeptCheck>,
  goal?: Capability,
): Promise<HostIssue | undefined> {
  const worst = goal === undefined ? [] : blocking(findings, goal);
  const items = [...worst, ...findings.filter((one) => !worst.includes(one))].map((finding) => ({
    icon: finding.severity === 'blocks' ? 'error' : 'warning',
    label: finding.wrong,
    description: preventedText(finding),
    detail:
      finding.remedy === undefined
        ? finding.next
        : vscode.l10n.t('{0} Run: {1}', finding.next, finding.remedy),
    finding,
  }));
  const keeps = kept.map((one) => ({
    icon: one.state === 'on' ? 'pass' : 'circle-slash',
    label: vscode.l10n.t('Kept across reboots: {0}', keptLine(one)),
    finding: undefined,
  }));
  const chosen = await pickOne<Choice & { finding: HostIssue | undefined }>([...items, ...keeps], {
    title: vscode.l10n.t('Check of {0}: {1}', name, hostSummary(facts)),
    placeHolder:
      goal === undefined
        ? vscode.l10n.t(
            'Choose one to run its command in a terminal on the host, or to read all of it',
          )
        : vscode.l10n.t('Choose one to fix it in a terminal on the host, then go on'),
  });
  if (chosen === undefined) return undefined;
  const { finding, label } = chosen;
  if (finding?.remedy === undefined) {
    // The list cuts what is longer than its rows.
    if (finding === undefined) void showInformation(label);
    else void showWarning(`${finding.wrong} ${finding.next}`);
    return undefined;
  }
  await openTerminal(await context.host(name), finding.remedy);
  return finding;
}
