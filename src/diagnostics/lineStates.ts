import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import type { ProgramVisits } from '../verifier/visits.ts';
import { relativePath, rootOf } from '../workspace/folders.ts';
import type { Verified } from './verified.ts';
import type { Verifier } from './verifier.ts';

/** A host's answer about a source that a file belongs to. */
export interface Answer {
  readonly source: vscode.Uri;
  readonly host: string;
  readonly answer: Verified;
  /** The file as the source names it. */
  readonly file: string;
}

/** The lines of an answer's programs that have instructions, by `lineKey`. */
type Compiled = ReadonlyMap<string, ReadonlySet<string>>;

interface Reading {
  readonly source: vscode.Uri;
  readonly controller: AbortController;
  readonly programs: Map<string, Promise<ProgramVisits | undefined>>;
}

/**
 * The verifier's states at the lines of verified programs. A host is asked when somebody wants to know, never as
 * part of a verification; the answers are kept as long as the text is the one that was verified.
 */
export class LineStates implements vscode.Disposable {
  readonly #context: Context;
  readonly #verifier: Verifier;
  readonly #compiled = new WeakMap<Verified, Promise<Compiled>>();
  readonly #readings = new Map<Verified, Reading>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(context: Context, verifier: Verifier) {
    this.#context = context;
    this.#verifier = verifier;
    this.#subscriptions = [
      verifier.onDidVerify((uri) => {
        const current = new Set(verifier.answers(uri).values());
        this.#forget(
          (answer, { source }) => source.toString() === uri.toString() && !current.has(answer),
        );
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return;
        this.#forget(({ files }) => files.has(document.uri.toString()));
      }),
    ];
  }

  /** One host's for each source that a file belongs to: the first. */
  answersAbout(file: vscode.Uri): Answer[] {
    const found = new Map<string, Answer>();
    for (const one of this.#verifier.answersAbout(file)) {
      const key = one.source.toString();
      const name = relativePath(rootOf(one.source), file);
      const isReadable = one.answer.source !== undefined && one.answer.object !== undefined;
      if (isReadable && name !== undefined && !found.has(key))
        found.set(key, { ...one, file: name });
    }
    return Array.from(found.values());
  }

  compiled({ answer }: Answer): Promise<Compiled> {
    const known = this.#compiled.get(answer) ?? readCompiled(answer.object);
    this.#compiled.set(answer, known);
    return known;
  }

  /**
   * Reads the verifier's states in these programs of an answer; those that the host has no answer for are left out.
   * @throws HostError when the host cannot be asked.
   */
  async visits(one: Answer, programs: readonly string[]): Promise<ProgramVisits[]> {
    const reading = this.#readings.get(one.answer) ?? {
      source: one.source,
      controller: new AbortController(),
      programs: new Map<string, Promise<ProgramVisits | undefined>>(),
    };
    this.#readings.set(one.answer, reading);
    const missing = programs.filter((name) => !reading.programs.has(name));
    if (missing.length > 0) {
      const answers = this.#ask(one, missing, reading.controller.signal);
      for (const name of missing) {
        reading.programs.set(
          name,
          answers.next().then(({ value }) => value),
        );
      }
      // After the last of them: it cleans up on the host.
      void answers.return(undefined);
    }
    try {
      const found = await Promise.all(
        programs.map((name) => reading.programs.get(name) ?? Promise.resolve(undefined)),
      );
      return found.filter((each) => each !== undefined);
    } catch (error) {
      this.#forget((answer) => answer === one.answer);
      throw error;
    }
  }

  /** Asks no more of what is being read of an answer. */
  cancel({ answer }: Answer): void {
    this.#forget((other) => other === answer);
  }

  /** In the order of the programs, each as soon as it is known. */
  async *#ask(
    { host: name, answer: { source } }: Answer,
    programs: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<ProgramVisits | undefined, undefined> {
    if (source === undefined) return;
    const [{ readStates }, { readObject }, { visitsOf }, host, tool] = await Promise.all([
      import('../verifier/verify.ts'),
      import('../verifier/diagnose.ts'),
      import('../verifier/visits.ts'),
      this.#context.host(name),
      this.#verifier.tool(),
    ]);
    let known: ReturnType<typeof readObject> | undefined;
    for await (const { program, object, log, isWhole } of readStates(host, source, programs, {
      tool,
      signal,
    })) {
      known ??= readObject(object);
      const one = known.find((each) => each.name === program);
      yield one === undefined ? undefined : await visitsOf(one, log, isWhole);
    }
  }

  #forget(isGone: (answer: Verified, reading: Reading) => boolean): void {
    for (const [answer, reading] of this.#readings) {
      if (!isGone(answer, reading)) continue;
      this.#readings.delete(answer);
      reading.controller.abort();
    }
  }

  dispose(): void {
    this.#forget(() => true);
    for (const one of this.#subscriptions) one.dispose();
  }
}

async function readCompiled(object: Uint8Array | undefined): Promise<Compiled> {
  const [{ readObject }, { linesOf }] = await Promise.all([
    import('../verifier/diagnose.ts'),
    import('../verifier/visits.ts'),
  ]);
  return new Map(readObject(object).map((program) => [program.name, linesOf(program)]));
}
