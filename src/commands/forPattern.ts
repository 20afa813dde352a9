import * as vscode from 'vscode';
import { confirm } from '../ui/window.ts';
import { addForPattern } from '../workspace/settings.ts';

interface Proposal {
  readonly setting: Parameters<typeof addForPattern>[0];
  readonly uri: vscode.Uri;
  /** Glob of the programs that it applies to. */
  readonly pattern: string;
  readonly value: readonly string[];
  readonly question: string;
  /** The button that agrees. */
  readonly go: string;
  /** Lines above what is written, and below it. */
  readonly reasons?: readonly string[];
  readonly remarks?: readonly string[];
  /** Without asking. */
  readonly confirmed: boolean;
}

/**
 * Writes how some programs are built into the workspace's settings, after it was shown.
 * @returns whether the person agreed.
 */
export async function proposeForPattern(proposal: Proposal): Promise<boolean> {
  const { setting, uri, pattern, value, question, go, reasons = [], remarks = [] } = proposal;
  const shown = [
    ...reasons,
    vscode.l10n.t(
      'This is written to the settings of the workspace, as {0}, for loading, verifying and clangd alike:',
      `sockmapBypass.${setting}`,
    ),
    JSON.stringify({ [pattern]: value }, undefined, 2),
    ...remarks,
  ].join('\n\n');
  const agrees =
    proposal.confirmed ||
    (await confirm(question, { detail: shown, go, stay: vscode.l10n.t('Leave It As It Is') }));
  if (agrees) await addForPattern(setting, uri, pattern, value);
  return agrees;
}
