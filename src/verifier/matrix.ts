import type { Diagnosis, Finding, Place } from './diagnose.ts';
import type { CellVerdict } from './matrix/protocol.ts';

/** The programs of one source on several hosts. */
export interface Matrix {
  readonly hosts: readonly Pick<Diagnosis, 'host' | 'kernel'>[];
  readonly rows: readonly MatrixRow[];
}

/** A program, with a cell for every host. */
interface MatrixRow {
  readonly program: string;
  readonly section: string;
  readonly cells: readonly Cell[];
}

export interface Cell {
  readonly verdict: CellVerdict;
  /** Instructions that the verifier walked over. */
  readonly processed?: number | undefined;
  /** Place of the first thing that is wrong, else of the program. */
  readonly place?: Place | undefined;
  /** Why it is wrong, else the tool's own words. */
  readonly explanation?: string | undefined;
}

/** @param diagnoses one a host; programs are in the order that the first host with any has them. */
export function matrixOf(diagnoses: readonly Diagnosis[]): Matrix {
  const sections = new Map<string, string>();
  for (const { programs } of diagnoses)
    for (const { name, section } of programs) if (!sections.has(name)) sections.set(name, section);
  return {
    hosts: diagnoses.map(({ host, kernel }) => ({ host, kernel })),
    rows: Array.from(sections, ([program, section]) => ({
      program,
      section,
      cells: diagnoses.map((diagnosis) => cellOf(diagnosis, program)),
    })),
  };
}

/** A host's answer about a program by its name. */
export function cellOf(diagnosis: Diagnosis, name: string): Cell {
  const program = diagnosis.programs.find((one) => one.name === name);
  if (program === undefined) return wholeOf(diagnosis);
  const { verdict, statistics, place } = program;
  if (verdict === 'accepted') return { verdict, processed: statistics?.processed, place };
  const wrong = diagnosis.findings.find((one) => one.program === name && isError(one));
  return { verdict, place: wrong?.place ?? place, explanation: explanationOf(wrong) };
}

/** A host's answer about a source that has no program there. */
export function wholeOf({ findings }: Diagnosis): Cell {
  const wrong = findings.find((one) => one.program === undefined && isError(one));
  if (wrong === undefined) return { verdict: 'none' };
  const verdict = wrong.from === 'clang' ? 'uncompiled' : 'failed';
  return { verdict, place: wrong.place, explanation: explanationOf(wrong) };
}

const isError = ({ severity }: Finding): boolean => severity === 'error';

const explanationOf = (wrong: Finding | undefined): string | undefined =>
  wrong && (wrong.why ?? wrong.message.split('\n')[0]);
