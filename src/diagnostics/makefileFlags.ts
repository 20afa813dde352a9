import path from 'node:path';
import * as vscode from 'vscode';
import type { Guess } from '../bypass/flags/guess.ts';
import type { Diagnosis } from '../verifier/diagnose.ts';
import { LACKS_FLAGS, missingHeaders } from '../verifier/clang.ts';
import type { Context } from '../context.ts';
import { remedied } from '../verifier/remedied.ts';
import { guessProgramFlags, readProgram } from '../workspace/program.ts';
import { makeQuickFix } from '../ui/inEditor.ts';
import { fileOf, isBpfFile } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';

interface Offer {
  readonly guess: Guess;
  /** The lines whose errors are gone with them; undefined as long as no host has tried. */
  gone?: ReadonlySet<string>;
}

/**
 * Offers the flags of a makefile, or the directories of headers, for errors that are gone with them. The host that has
 * the errors tries that, behind its answer: until then, and where there is no answer, errors are meant that say so
 * themselves. The command shows the flags first.
 */
export class MakefileFlags implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #context: Context;
  readonly #verifier: Verifier;
  /** By an answer, and the headers that are missing then: tried once, not with each move of the cursor. */
  readonly #offers = new WeakMap<
    Diagnosis,
    { missing: string; offer: Promise<Offer | undefined> }
  >();
  /** Under way, by program. */
  readonly #tries = new Map<string, AbortController>();
  readonly #subscription: vscode.Disposable;

  constructor(context: Context, verifier: Verifier) {
    this.#context = context;
    this.#verifier = verifier;
    this.#subscription = verifier.onDidVerify((uri) => {
      this.#tries.get(uri.toString())?.abort();
      const answers = Array.from(verifier.answers(uri).values());
      const isShown = vscode.window.visibleTextEditors.some(
        ({ document }) => document.uri.toString() === uri.toString(),
      );
      if (isShown && answers.some(({ diagnosis }) => hasErrors(diagnosis)))
        this.#offerOf(uri).catch(() => undefined);
    });
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const errors = diagnostics.filter(isError);
    if (errors.length === 0) return [];
    const uri = this.#programOf(document);
    if (uri === undefined) return [];
    // A setting that is wrong is reported by what needs it.
    const offer = await this.#offerOf(uri).catch(() => undefined);
    if (offer === undefined) return [];
    const meant = errors.filter((one) =>
      offer.gone === undefined
        ? isLacking(one)
        : offer.gone.has(lineOf(document.uri, one.range.start.line)),
    );
    if (meant.length === 0) return [];
    const command = { command: 'sockmapBypass.useMakefileFlags', arguments: [{ uri }] };
    const action = makeQuickFix(titleOf(offer.guess), { command });
    action.diagnostics = meant;
    return [action];
  }

  /** Nothing of a folder that nobody trusts is read for flags, or tried. */
  #offerOf(uri: vscode.Uri): Promise<Offer | undefined> {
    if (!vscode.workspace.isTrusted) return Promise.resolve(undefined);
    const lack = lackOf(uri, this.#verifier);
    const [answer] = lack.diagnoses;
    const known = answer && this.#offers.get(answer);
    const missing = lack.missing.join('\n');
    if (known?.missing === missing) return known.offer;
    const offer = this.#makeOffer(uri, lack);
    if (answer !== undefined) this.#offers.set(answer, { missing, offer });
    return offer;
  }

  async #makeOffer(uri: vscode.Uri, lack: Lack): Promise<Offer | undefined> {
    const failed = lack.diagnoses.find(hasErrors);
    const guess = await guessFor(uri, lack);
    if (guess === undefined) return undefined;
    const offer: Offer = { guess };
    if (failed !== undefined) void this.#try(uri, offer, failed).catch(() => undefined);
    return offer;
  }

  async #try(uri: vscode.Uri, offer: Offer, failed: Diagnosis): Promise<void> {
    const key = uri.toString();
    const tried = new AbortController();
    const { signal } = tried;
    this.#tries.get(key)?.abort();
    this.#tries.set(key, tried);
    const [{ verifySource }, { diagnose }, source, host, tool] = await Promise.all([
      import('../verifier/verify.ts'),
      import('../verifier/diagnose.ts'),
      readProgram(uri, offer.guess.words),
      this.#context.host(failed.host),
      this.#verifier.tool(),
    ]);
    signal.throwIfAborted();
    const after = diagnose(await verifySource(host, source, { tool, signal }), source);
    const gone = remedied(failed, after).flatMap(({ place }) => {
      const file = fileOf(uri, place);
      return file === undefined ? [] : [lineOf(file, place.line)];
    });
    offer.gone = new Set(gone);
  }

  /** The file itself, or a program that includes it. */
  #programOf(document: vscode.TextDocument): vscode.Uri | undefined {
    const { uri } = document;
    if (isBpfFile(document) || this.#verifier.answers(uri).size > 0) return uri;
    for (const { source } of this.#verifier.answersAbout(uri)) return source;
    return undefined;
  }

  dispose(): void {
    this.#subscription.dispose();
    for (const one of this.#tries.values()) one.abort();
  }
}

const lineOf = (file: vscode.Uri, line: number): string => `${file.toString()}:${line}`;

const hasErrors = ({ findings }: Diagnosis): boolean =>
  findings.some(({ severity }) => severity === 'error');
const isError = ({ severity }: vscode.Diagnostic): boolean =>
  severity === vscode.DiagnosticSeverity.Error;
const isLacking = (one: vscode.Diagnostic): boolean =>
  isError(one) && LACKS_FLAGS.test(one.message);

type Promised = ReturnType<typeof guessProgramFlags>;

interface Lack {
  readonly diagnoses: readonly Diagnosis[];
  /** Headers that are not found. */
  readonly missing: readonly string[];
}

/** The headers that a program lacks, as its findings are shown. */
function lackOf(uri: vscode.Uri, verifier: Verifier): Lack {
  const diagnoses = Array.from(verifier.answers(uri).values(), ({ diagnosis }) => diagnosis);
  const verified = diagnoses.flatMap(({ findings }) => findings.map(({ message }) => message));
  const shown = vscode.languages.getDiagnostics(uri).filter(isLacking);
  const missing = missingHeaders([...verified, ...shown.map(({ message }) => message)]);
  return { diagnoses, missing: Array.from(new Set(missing)) };
}

const guessFor = (uri: vscode.Uri, { diagnoses, missing }: Lack): Promised =>
  guessProgramFlags(uri, missing, diagnoses.flatMap((one) => one.architecture ?? [])[0]);

/** A guess for a program, for the host that it was verified on. */
export const guessOf = (uri: vscode.Uri, verifier: Verifier): Promised =>
  guessFor(uri, lackOf(uri, verifier));

const titleOf = ({ from, headers }: Guess): string =>
  from === undefined
    ? vscode.l10n.t('Search {0} for headers…', headers.join(', '))
    : vscode.l10n.t('Use the flags of {0}…', path.posix.basename(from));
