import type { Diagnosis, Place } from './diagnose.ts';
import type { ProgramFigures } from './figures.ts';

/** The programs of one source on several hosts. */
export interface Matrix {
  readonly hosts: readonly Pick<Diagnosis, 'host' | 'kernel'>[];
  /** Each with a cell for every host. */
  readonly rows: readonly { readonly program: string; readonly cells: readonly Cell[] }[];
}

export interface Cell {
  /** `none`: the source does not compile there, or leaves the program out. */
  readonly verdict: ProgramFigures['verdict'] | 'none';
  /** Instructions that the verifier walked over. */
  readonly processed?: number | undefined;
  /** Of what is wrong with it. */
  readonly place?: Place | undefined;
}

/** @param diagnoses one a host; programs are in the order that the first host with any has them. */
export function matrixOf(diagnoses: readonly Diagnosis[]): Matrix {
  const names = new Set(diagnoses.flatMap(({ programs }) => programs.map(({ name }) => name)));
  return {
    hosts: diagnoses.map(({ host, kernel }) => ({ host, kernel })),
    rows: Array.from(names, (program) => ({
      program,
      cells: diagnoses.map((diagnosis) => cellOf(diagnosis, program)),
    })),
  };
}

function cellOf({ programs, findings }: Diagnosis, name: string): Cell {
  const program = programs.find((one) => one.name === name);
  const wrong = findings.find((one) => one.program === name && one.severity === 'error');
  if (program === undefined) return { verdict: 'none' };
  const { verdict, statistics } = program;
  return verdict === 'accepted'
    ? { verdict, processed: statistics?.processed }
    : { verdict, place: wrong?.place };
}
