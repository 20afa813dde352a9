import path from 'node:path';
import * as vscode from 'vscode';
import { LACKS_FLAGS } from '../verifier/clang.ts';
import { guessProgramFlags } from '../workspace/program.ts';
import { makeQuickFix } from '../ui/inEditor.ts';
import { isBpfFile } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';

/**
 * Offers the flags of a makefile where a program does not find a header, or does not know a name, and nothing says
 * how it is compiled. The command shows them first.
 */
export class MakefileFlags implements vscode.CodeActionProvider {
  readonly #verifier: Verifier;

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const { uri } = document;
    const lacking = diagnostics.filter(
      ({ message, severity }) =>
        severity === vscode.DiagnosticSeverity.Error && LACKS_FLAGS.test(message),
    );
    const isProgram = isBpfFile(document) || this.#verifier.answers(uri).size > 0;
    if (lacking.length === 0 || !isProgram || !vscode.workspace.isTrusted) return [];
    // A setting that is wrong is reported by what needs it.
    const guess = await guessProgramFlags(uri).catch(() => undefined);
    if (guess === undefined) return [];
    const title = vscode.l10n.t('Use the flags of {0}…', path.posix.basename(guess.from));
    const command = { command: 'sockmapBypass.useMakefileFlags', arguments: [{ uri }] };
    const action = makeQuickFix(title, { command });
    action.diagnostics = lacking;
    return [action];
  }
}
