import type { Diagnosis, ProgramReport } from './diagnose.ts';
import type { ProgramVerdict } from './verdicts.ts';

/** The verifier's figures of one program; undefined where they are not known. */
export interface ProgramFigures {
  readonly name: string;
  readonly verdict: ProgramVerdict['verdict'];
  /** Instructions of the program. */
  readonly instructions?: number | undefined;
  /** Instructions that the verifier walked over; the kernel gives up after a million. */
  readonly processed?: number | undefined;
  readonly states?: number | undefined;
  readonly peakStates?: number | undefined;
  /** Bytes, of all functions together. */
  readonly stack?: number | undefined;
  /** Verification time. */
  readonly microseconds?: number | undefined;
}

/** The figures of a source's programs, as a baseline file holds them. */
export interface FigureSet {
  readonly schema: 1;
  /** The source, or the object. */
  readonly file: string;
  /** `uname -r`; other tools do not say. */
  readonly kernel?: string | undefined;
  readonly programs: readonly ProgramFigures[];
}

/** In the order they are shown. */
export const FIGURES = [
  'instructions',
  'processed',
  'states',
  'peakStates',
  'stack',
  'microseconds',
] as const satisfies readonly (keyof ProgramFigures)[];
export type Figure = (typeof FIGURES)[number];

/** @param file the name of the source. */
export const figuresOf = ({ kernel, programs }: Diagnosis, file: string): FigureSet => ({
  schema: 1,
  file,
  kernel,
  programs: programs.map(programFigures),
});

export const programFigures = ({
  name,
  verdict,
  instructions,
  statistics,
}: ProgramReport): ProgramFigures => ({
  name,
  verdict,
  instructions,
  processed: statistics?.processed,
  states: statistics?.states,
  peakStates: statistics?.peakStates,
  stack: stackOf(statistics?.stack ?? []),
  microseconds: statistics?.microseconds,
});

/** Undefined where the kernel does not say. */
const stackOf = (functions: readonly number[]): number | undefined =>
  functions.length === 0 ? undefined : functions.reduce((a, b) => a + b);
