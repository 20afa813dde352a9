import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { showInformation } from '../ui/window.ts';
import { changeSetting } from '../workspace/settings.ts';

/** Other extensions that answer in every C file, with the compiler and headers of this machine. */
const OTHERS: Readonly<Record<string, string>> = {
  'llvm-vs-code-extensions.vscode-clangd': 'clangd',
  'ms-vscode.cpptools': 'C/C++',
  'ccls-project.ccls': 'ccls',
};
const TOLD = 'toldOfConflicts';

/** Which of the installed extensions also answer in BPF C, by name. */
export const conflicting = (installed: readonly string[]): string[] =>
  Object.entries(OTHERS)
    .filter(([id]) => installed.some((each) => each.toLowerCase() === id))
    .map(([, name]) => name);

/** Says once in a workspace why completions and errors come twice, and how to have one of each. */
export async function explainConflicts(context: Context): Promise<void> {
  const names = conflicting(vscode.extensions.all.map(({ id }) => id));
  const memory = context.extension.workspaceState;
  if (names.length === 0 || memory.get<boolean>(TOLD) === true) return;
  await memory.update(TOLD, true);
  const others = names.join(', ');
  const [show, ours] = [vscode.l10n.t('Show Extension'), vscode.l10n.t('Turn Ours Off')];
  const chosen = await showInformation(
    names.length === 1
      ? vscode.l10n.t(
          'The extension {0} answers in BPF C too, with the compiler of this machine: its errors need not be those of the host.',
          others,
        )
      : vscode.l10n.t(
          'The extensions {0} answer in BPF C too, with the compiler of this machine: their errors need not be those of the host.',
          others,
        ),
    show,
    ours,
  );
  if (chosen === show) {
    const id = Object.keys(OTHERS).find((each) => OTHERS[each] === names[0]);
    await vscode.commands.executeCommand('extension.open', id);
  } else if (chosen === ours) {
    await changeSetting('clangd.enabled', false, vscode.ConfigurationTarget.Workspace);
  }
}
