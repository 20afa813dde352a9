import path from 'node:path';
import * as vscode from 'vscode';
import type { Guess } from '../bypass/flags/guess.ts';
import type { Diagnosis } from '../verifier/diagnose.ts';
import { LACKS_FLAGS, missingHeaders } from '../verifier/clang.ts';
import { guessProgramFlags } from '../workspace/program.ts';
import { makeQuickFix } from '../ui/inEditor.ts';
import { isBpfFile } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';

/**
 * Offers the flags of a makefile, or the directories of headers, where a program does not find a header, or does not
 * know a name, and nothing says how it is compiled. The command shows them first.
 */
export class MakefileFlags implements vscode.CodeActionProvider {
  readonly #verifier: Verifier;
  /** By an answer, and the headers that are missing then: the folder is searched once, not with each move of the cursor. */
  readonly #guesses = new WeakMap<Diagnosis, { missing: string; guess: Promised }>();

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const lacking = diagnostics.filter(isLacking);
    if (lacking.length === 0 || !vscode.workspace.isTrusted) return [];
    const uri = this.#programOf(document);
    if (uri === undefined) return [];
    // A setting that is wrong is reported by what needs it.
    const guess = await this.#guessOf(uri).catch(() => undefined);
    if (guess === undefined) return [];
    const command = { command: 'sockmapBypass.useMakefileFlags', arguments: [{ uri }] };
    const action = makeQuickFix(titleOf(guess), { command });
    action.diagnostics = lacking;
    return [action];
  }

  #guessOf(uri: vscode.Uri): Promised {
    const lack = lackOf(uri, this.#verifier);
    const [answer] = lack.diagnoses;
    const known = answer && this.#guesses.get(answer);
    const missing = lack.missing.join('\n');
    if (known?.missing === missing) return known.guess;
    const guess = guessFor(uri, lack);
    if (answer !== undefined) this.#guesses.set(answer, { missing, guess });
    return guess;
  }

  /** The file itself, or a program that includes it. */
  #programOf(document: vscode.TextDocument): vscode.Uri | undefined {
    const { uri } = document;
    if (isBpfFile(document) || this.#verifier.answers(uri).size > 0) return uri;
    for (const { source } of this.#verifier.answersAbout(uri)) return source;
    return undefined;
  }
}

const isLacking = ({ message, severity }: vscode.Diagnostic): boolean =>
  severity === vscode.DiagnosticSeverity.Error && LACKS_FLAGS.test(message);

type Promised = ReturnType<typeof guessProgramFlags>;

interface Lack {
  readonly diagnoses: readonly Diagnosis[];
  /** Headers that are not found. */
  readonly missing: readonly string[];
}

/** What a program lacks as it is shown. */
function lackOf(uri: vscode.Uri, verifier: Verifier): Lack {
  const diagnoses = Array.from(verifier.answers(uri).values(), ({ diagnosis }) => diagnosis);
  const verified = diagnoses.flatMap(({ findings }) => findings.map(({ message }) => message));
  const shown = vscode.languages.getDiagnostics(uri).filter(isLacking);
  const missing = missingHeaders([...verified, ...shown.map(({ message }) => message)]);
  return { diagnoses, missing: Array.from(new Set(missing)) };
}

const guessFor = (uri: vscode.Uri, { diagnoses, missing }: Lack): Promised =>
  guessProgramFlags(uri, missing, diagnoses.flatMap((one) => one.architecture ?? [])[0]);

/** What is guessed of a program, for the host that it was verified on. */
export const guessOf = (uri: vscode.Uri, verifier: Verifier): Promised =>
  guessFor(uri, lackOf(uri, verifier));

const titleOf = ({ from, headers }: Guess): string =>
  from === undefined
    ? vscode.l10n.t('Search {0} for headers…', headers.join(', '))
    : vscode.l10n.t('Use the flags of {0}…', path.posix.basename(from));
