/** Every message between the extension and the page of programs and hosts, compiled by both sides. */
export interface ToMatrixPage {
  readonly type: 'matrix';
  readonly view: MatrixView;
  readonly kept: KeptMatrix;
}

/** The state that the page keeps for the window's next start: addresses of sources, and hosts. */
export interface KeptMatrix {
  readonly sources: readonly string[];
  readonly hosts: readonly string[];
}

/** Programs and hosts, in words that are safe to show. */
export interface MatrixView {
  readonly hosts: readonly { readonly name: string; readonly kernel: string }[];
  readonly sources: readonly SourceView[];
  /** How many verdicts of each kind there are. */
  readonly summary: string;
  readonly isRunning: boolean;
}

export interface SourceView {
  readonly name: string;
  /** At least one: of a source whose programs are not known, one without a name. */
  readonly programs: readonly { readonly name: string; readonly section: string }[];
  /** One a host: a cell for each program, or one for all of them. */
  readonly columns: readonly (readonly CellView[])[];
}

/** Key of a column: that of a program by its row, or the one for all of them. */
export const cellAt = (cells: readonly CellView[], row: number): CellView | undefined =>
  cells[cells.length === 1 ? 0 : row];

/**
 * A host's verdict on a program. `failed`: libbpf gave up before the kernel saw it. `uncompiled`: the whole source
 * does not compile there. `none`: it leaves the program out there.
 */
export type CellVerdict = 'accepted' | 'rejected' | 'failed' | 'uncompiled' | 'none';

export interface CellView {
  /** `unreached`: the host could not be asked. What follows it are verdicts. */
  readonly state: 'unrun' | 'running' | 'unreached' | CellVerdict;
  readonly words: string;
  /** Figures, an explanation or a reason; empty where there is none. */
  readonly detail: string;
  /** FILE:LINE, which can be opened. */
  readonly place?: string;
}

const COMMANDS = ['ready', 'verify', 'choose', 'markdown', 'csv'] as const;

export type FromMatrixPage =
  | { readonly type: (typeof COMMANDS)[number] }
  /** A source by its place among the kept ones; what a host says of a program of it, or of all of it. */
  | {
      readonly type: 'open';
      readonly source: number;
      readonly program?: string;
      readonly host?: number;
    };

/** A webview's messages are not trusted: whatever else arrives is ignored. */
export function isFromMatrixPage(message: unknown): message is FromMatrixPage {
  if (typeof message !== 'object' || message === null) return false;
  const { type, source, program, host } = message as Record<string, unknown>;
  return (
    COMMANDS.some((each) => each === type) ||
    (type === 'open' &&
      typeof source === 'number' &&
      ['undefined', 'string'].includes(typeof program) &&
      ['undefined', 'number'].includes(typeof host))
  );
}

/** The frame also gets messages of the editor's own. */
export const isToMatrixPage = (message: unknown): message is ToMatrixPage =>
  (message as { type?: unknown } | null)?.type === 'matrix';

/** @param state what the window kept, which nobody has checked; undefined where it is none of ours. */
export function readKeptMatrix(state: unknown): KeptMatrix | undefined {
  if (typeof state !== 'object' || state === null) return undefined;
  const { sources, hosts } = state as Record<string, unknown>;
  return areNames(sources) && areNames(hosts) ? { sources, hosts } : undefined;
}

const areNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
