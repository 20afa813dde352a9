import * as vscode from 'vscode';
import { programLines } from '../verifier/definitions.ts';
import type { ProgramReport } from '../verifier/diagnose.ts';
import { fileOf } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';
import { makeLens } from '../ui/window.ts';

/** Above each program: what the kernel made of it. */
export class ProgramLenses implements vscode.CodeLensProvider {
  readonly #verifier: Verifier;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
    verifier.onDidVerify(() => {
      this.#changed.fire();
    });
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { uri } = document;
    const answers = Array.from(this.#verifier.answers(uri).values());
    if (answers.length === 0) return [];
    // Where they are now: the text may have been edited since.
    const lines = programLines(document.getText());
    return answers.flatMap(({ diagnosis: { host, kernel, programs } }) =>
      programs.flatMap((program) => {
        if (fileOf(uri, program.place)?.toString() !== uri.toString()) return [];
        const line = lines.get(program.name) ?? program.place.line;
        const range = new vscode.Range(line, 0, line, 0);
        const open = (shown: Parameters<typeof makeLens>[1], listing: string) =>
          makeLens(range, shown, {
            command: 'sockmapBypass.showVerifierLog',
            arguments: [{ host, uri, program: program.name, listing }],
          });
        const where = answers.length > 1 ? host : undefined;
        if (program.verdict !== 'accepted') {
          const text =
            program.verdict === 'rejected'
              ? vscode.l10n.t('rejected by Linux {0}: log', kernel)
              : vscode.l10n.t('could not be loaded by Linux {0}: log', kernel);
          return [open({ host: where, icon: 'error', text }, 'log')];
        }
        return [
          open({ host: where, icon: 'pass', text: summary(program) }, 'states'),
          open({ text: vscode.l10n.t('bytecode') }, 'bytecode'),
          open({ text: vscode.l10n.t('machine code') }, 'machine-code'),
        ];
      }),
    );
  }
}

/** "551 instructions, 5,995 of 1,000,000 processed, 184 states (107 at a time), 136 bytes of stack, 6.3 ms". */
function summary({ instructions, statistics }: ProgramReport): string {
  const count = (value: number) => value.toLocaleString('en');
  if (statistics === undefined) return vscode.l10n.t('accepted');
  const { processed, limit, states, peakStates, stack, microseconds } = statistics;
  return [
    ...(instructions === undefined ? [] : [vscode.l10n.t('{0} instructions', count(instructions))]),
    vscode.l10n.t('{0} of {1} processed', count(processed), count(limit)),
    vscode.l10n.t('{0} states ({1} at a time)', count(states), count(peakStates)),
    ...(stack.length === 0
      ? []
      : [vscode.l10n.t('{0} bytes of stack', count(stack.reduce((a, b) => a + b)))]),
    ...(microseconds === undefined
      ? []
      : [vscode.l10n.t('{0} ms', (microseconds / 1000).toFixed(1))]),
  ].join(', ');
}
