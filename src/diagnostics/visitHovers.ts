import * as vscode from 'vscode';
import { HostError, isCancelled } from '../host/errors.ts';
import { makeHover } from '../ui/inEditor.ts';
import { knownWords } from '../verifier/valueWords.ts';
import { lineKey, type Visit } from '../verifier/visits.ts';
import type { Context } from '../context.ts';
import type { Answer, LineStates } from './lineStates.ts';

/** A function that is inlined everywhere is in dozens of programs: each takes the host's time. */
const MOST_PROGRAMS = 8;
/** Lines of a listing: a stack has 64 slots. */
const MOST_LINES = 40;

/** A line of a source, and the programs that have instructions of it. */
interface Line {
  readonly one: Answer;
  /** Its number in the document, from 0. */
  readonly line: number;
  readonly key: string;
  readonly programs: readonly string[];
}

/** The verifier's visits of a line, program by program. */
interface Visited {
  /** Those that are kept; numbers count through all programs. */
  readonly visits: readonly (Visit & { readonly program: string })[];
  readonly count: number;
  /** Whether these are all that there were. */
  readonly isWhole: boolean;
}

/** Which visit of a line is shown: plain data. */
export interface ShownVisit {
  /** From 1, as editors show it. */
  readonly line: number;
  /** From 1; 0 where the verifier never came there. */
  readonly visit: number;
  readonly of: number;
}

/** The verifier's knowledge at a line, in its hover: one visit of the line at a time. */
export class VisitHovers implements vscode.HoverProvider {
  readonly #context: Context;
  readonly #states: LineStates;
  /** The line that was shown last, and which of the kept visits. */
  #shown: { readonly line: Line; index: number } | undefined;
  /** Answers whose host could not be asked: a mouse that moves on does not ask again. */
  readonly #failed = new WeakSet();

  constructor(context: Context, states: LineStates) {
    this.#context = context;
    this.#states = states;
  }

  async provideHover(
    document: vscode.TextDocument,
    { line: number }: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    const line = await this.#lineOf(document, number);
    if (line === undefined || this.#failed.has(line.one.answer)) return undefined;
    try {
      const visited = await this.#read(line);
      return hoverOf(line, visited, this.#indexOf(line));
    } catch (error) {
      if (isCancelled(error)) return undefined;
      this.#failed.add(line.one.answer);
      this.#context.log.warn(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /**
   * Shows the hover of the line with the cursor, at the visit that is so many further; after the last comes the
   * first.
   * @throws HostError where there is none, or the host cannot be asked.
   */
  async step(by: number, signal: AbortSignal): Promise<ShownVisit> {
    const editor = vscode.window.activeTextEditor;
    const number = editor?.selection.active.line ?? 0;
    const line = editor && (await this.#lineOf(editor.document, number));
    if (line === undefined) throw nothing();
    const stop = () => {
      this.#states.cancel(line.one);
    };
    signal.addEventListener('abort', stop, { once: true });
    const { visits, count } = await this.#read(line).finally(() => {
      signal.removeEventListener('abort', stop);
    });
    const before = this.#shown?.line;
    const isSame = before?.key === line.key && before.one.answer === line.one.answer;
    const most = Math.max(1, visits.length);
    const index = isSame && this.#shown ? (this.#shown.index + by + most) % most : 0;
    this.#shown = { line, index };
    this.#failed.delete(line.one.answer);
    // One that is open is not read anew.
    await vscode.commands.executeCommand('editor.action.hideHover');
    await vscode.commands.executeCommand('editor.action.showHover');
    return { line: number + 1, visit: visits[index]?.number ?? 0, of: count };
  }

  /** The line as the first source has it whose programs have instructions of it. */
  async #lineOf(document: vscode.TextDocument, line: number): Promise<Line | undefined> {
    for (const one of this.#states.answersAbout(document.uri)) {
      const key = lineKey(one.file, line);
      const programs = Array.from(await this.#states.compiled(one)).flatMap(([name, lines]) =>
        lines.has(key) ? [name] : [],
      );
      if (programs.length > 0) return { one, line, key, programs };
    }
    return undefined;
  }

  async #read({ one, key, programs }: Line): Promise<Visited> {
    const asked = programs.slice(0, MOST_PROGRAMS);
    const found = await this.#states.visits(one, asked);
    const isWhole = found.length === programs.length && found.every((each) => each.isWhole);
    let count = 0;
    const visits = found.flatMap(({ program, visited }) => {
      const line = visited.get(key);
      const before = count;
      count += line?.count ?? 0;
      return (line?.kept ?? []).map((each) => ({
        ...each,
        number: before + each.number,
        program,
      }));
    });
    return { visits, count, isWhole };
  }

  #indexOf(line: Line): number {
    const { line: before, index } = this.#shown ?? {};
    if (before?.key === line.key && before.one.answer === line.one.answer) return index ?? 0;
    this.#shown = { line, index: 0 };
    return 0;
  }
}

function hoverOf(line: Line, { visits, count, isWhole }: Visited, index: number): vscode.Hover {
  const { host, answer } = line.one;
  const visit = visits[Math.min(index, visits.length - 1)];
  const more = line.programs.length - MOST_PROGRAMS;
  const others =
    more > 0 ? [vscode.l10n.t('{0} more programs have instructions of this line.', more)] : [];
  const { kernel } = answer.diagnosis;
  if (visit === undefined) {
    const heading = isWhole
      ? vscode.l10n.t('The verifier never came to this line')
      : vscode.l10n.t('It is not known whether the verifier came to this line');
    const where = vscode.l10n.t('Linux {0} on {1}', kernel, host);
    return makeHover({ heading, listing: [], notes: [where, ...others] });
  }
  const words = knownWords(visit.known);
  const left = words.length - MOST_LINES;
  const gap = visit.number - (visits[index - 1]?.number ?? 0) - 1;
  return makeHover({
    heading:
      count === 1
        ? vscode.l10n.t('What the verifier knew here')
        : vscode.l10n.t('What the verifier knew here: visit {0} of {1}', visit.number, count),
    listing: [...words.slice(0, MOST_LINES), ...(left > 0 ? ['…'] : [])],
    notes: [
      vscode.l10n.t(
        '{0} on {1}, Linux {2}, before instruction {3}: {4}',
        visit.program,
        host,
        kernel,
        visit.instruction,
        visit.text,
      ),
      ...(visit.frame === 0
        ? []
        : [vscode.l10n.t('In a function that is called, {0} deep.', visit.frame)]),
      ...(words.length === 0 ? [vscode.l10n.t('Nothing that is read from here on.')] : []),
      ...(gap > 0 ? [vscode.l10n.t('{0} visits before it are left out.', gap)] : []),
      ...others,
    ],
  });
}

const nothing = (): HostError =>
  new HostError({
    kind: 'not-found',
    tried: vscode.l10n.t('show what the verifier knew'),
    words: vscode.l10n.t('no program that was verified has instructions of this line'),
    next: vscode.l10n.t('Verify the source as it is now, and go to a line with a statement.'),
  });
