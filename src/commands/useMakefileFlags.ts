import * as vscode from 'vscode';
import * as z from 'zod';
import type { App } from '../app.ts';
import { HostError } from '../host/errors.ts';
import { showInformation } from '../ui/window.ts';
import { guessOf } from '../diagnostics/makefileFlags.ts';
import { fileInEditor, readArgument, uriArgument } from './arguments.ts';
import { proposeForPattern } from './forPattern.ts';

const flagsArgument = z.strictObject({
  uri: uriArgument,
  /** Without asking. */
  confirmed: z.boolean().default(false),
});

/**
 * Use the flags of the makefile: writes what a makefile, or a line of bpf2go, is read to mean, or where headers are that
 * are missing, into the workspace's settings, after it was shown.
 * @returns the pattern and its flags; undefined where the person declined.
 */
export async function useMakefileFlags(
  { verifier }: App,
  argument: unknown,
): Promise<{ pattern: string; flags: readonly string[] } | undefined> {
  const given = readArgument(flagsArgument, argument);
  const uri = given?.uri ?? fileInEditor(vscode.l10n.t('find compiler flags'));
  const name = vscode.workspace.asRelativePath(uri);
  const guess = await guessOf(uri, verifier);
  if (guess === undefined) {
    throw new HostError({
      kind: 'input',
      tried: vscode.l10n.t('find flags for {0}', name),
      words: vscode.l10n.t(
        'no makefile beside or above it names any, no header that it lacks is in the folder, or its project says already how it is compiled',
      ),
      next: vscode.l10n.t(
        'Name them in the setting {0}, or in {1}.',
        'sockmapBypass.verify.flags',
        'compile_commands.json',
      ),
    });
  }
  const { pattern, words: flags, from, headers, remarks } = guess;
  const agrees = await proposeForPattern({
    setting: 'verify.flags',
    uri,
    pattern,
    value: flags,
    remarks,
    question:
      from === undefined
        ? vscode.l10n.t('Search {0} for headers of {1}?', headers.join(', '), pattern)
        : vscode.l10n.t('Compile {0} with the flags of {1}?', pattern, from),
    go: from === undefined ? vscode.l10n.t('Search There') : vscode.l10n.t('Use Flags'),
    confirmed: given?.confirmed === true,
  });
  if (!agrees) return undefined;
  void showInformation(
    from === undefined
      ? vscode.l10n.t('The directories are in the settings of the workspace.')
      : vscode.l10n.t('The flags of {0} are in the settings of the workspace.', from),
  );
  return { pattern, flags };
}
