import * as l10n from '@vscode/l10n';
import { oneLine } from '../text.ts';

/** The kind of a failure, coarse enough to choose the next step by. */
export type ProblemKind =
  | 'cancelled'
  | 'unreachable'
  | 'host-key'
  | 'authentication'
  | 'connection-lost'
  | 'timeout'
  | 'privilege'
  | 'not-found'
  | 'compile'
  | 'verifier'
  | 'occupied'
  | 'command'
  /** The answer is not in the language that the other end is to speak. */
  | 'protocol'
  | 'input';

export interface Problem {
  readonly kind: ProblemKind;
  /** The attempt, as a verb phrase: "compile sockmap_bypass.bpf.c". */
  readonly tried: string;
  /** The host string, or `this machine`; undefined where the fault is in what the editor was asked. */
  readonly where?: string | undefined;
  /** The host's or tool's own words, whole: never cut, may be many lines. */
  readonly words: string;
  /** That of the command, where it ran and was what failed. */
  readonly exitCode?: number | undefined;
  /** The line of them that names the fault, where that is known. */
  readonly headline?: string | undefined;
  /** The person's next step, one sentence. */
  readonly next: string;
  /** More about it, where there is room: not in a notification. */
  readonly hint?: string | undefined;
  /** A command that fixes it, for a terminal on that host. */
  readonly remedy?: string;
}

/** A failure a person can act on. `message` is the short form; `words` the whole story. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(summary(problem), options);
    this.problem = problem;
  }
}

const LONGEST_TOLD = 400;
const LONGEST_BRIEFLY = 100;

/** The short form for a notification, whose whole stands in the log. */
export const briefly = (problem: Problem): string =>
  summary({ ...problem, hint: undefined }, LONGEST_BRIEFLY);

function summary(
  { tried, where, words, headline, next, hint = '' }: Problem,
  most = LONGEST_TOLD,
): string {
  // The rest of a line without end would hide the next step.
  const told = oneLine(headline ?? firstTelling(words), most);
  if (where === undefined && told === '') return next;
  const failed = `${failure(oneLine(tried), where)}${told === '' ? '' : `: ${told}`}`;
  return `${failed}${/[.!?]$/.test(told) ? '' : '.'} ${next} ${hint}`.trim();
}

/** @param tried `connect`, or a verb phrase. */
function failure(tried: string, where: string | undefined): string {
  if (where === undefined) return l10n.t('Could not {0}', tried);
  const place = oneLine(where);
  return tried === 'connect'
    ? l10n.t('Could not connect to {0}', place)
    : l10n.t('Could not {0} on {1}', tried, place);
}

/** The line of a tool's output that most likely names the fault. */
function firstTelling(words: string): string {
  const lines = words
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (
    lines.find((line) => /\b(error|fail(ed|ure)?|denied|cannot|invalid)\b/i.test(line)) ??
    lines[0] ??
    ''
  );
}

/** The short form of a failure, then the whole of the tool's words, and a command that may fix it. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof HostError)) return message;
  const { words, headline, remedy, where } = error.problem;
  const isTold = headline !== undefined && message.includes(headline);
  const rest =
    isTold && words.startsWith(`${headline}\n`) ? words.slice(headline.length + 1) : words;
  const more = message.includes(rest.trim()) ? [] : [rest.trimEnd()];
  return [
    message,
    ...more,
    ...(remedy === undefined ? [] : [l10n.t('On {0}: {1}', where ?? '', remedy)]),
  ].join('\n');
}

export function cancelled(tried: string, where: string): HostError {
  return new HostError({ kind: 'cancelled', tried, where, words: 'cancelled', next: '' });
}

export const isCancelled = (error: unknown): boolean =>
  error instanceof HostError && error.problem.kind === 'cancelled';
