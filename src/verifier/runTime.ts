/** Run time of the loaded programs of some names, as `run-time.c` reads it. */
export interface RunReading {
  /** Microseconds of the host's monotonic clock. */
  readonly at: number;
  readonly programs: readonly LoadedProgram[];
}

interface LoadedProgram {
  /** Of 15 characters at most. */
  readonly name: string;
  /** The kernel's sum over its instructions. */
  readonly tag: string;
  readonly id: number;
  /** Since the kernel began to measure. */
  readonly runs: number;
  readonly nanoseconds: number;
}

/** What a program did between two readings. */
export interface RunRate {
  /** Undefined where it did not run. */
  readonly nanosecondsPerRun: number | undefined;
  readonly runsPerSecond: number;
  /** How often it is loaded: all of them are counted together. */
  readonly loaded: number;
  /** Whether none of them is of the code that was verified. */
  readonly isOther: boolean;
}

/** Characters of a program's name that the kernel keeps. */
const NAME_LENGTH = 15;

/** Most programs read: a host has hundreds. */
const MOST = 10_000;

/** Gathers lines of `run-time.c` and calls back with each reading that is whole. */
export function readingsOf(onReading: (reading: RunReading) => void): (line: string) => void {
  let programs: LoadedProgram[] = [];
  return (line) => {
    const [, name = '', tag = '', id, runs, nanoseconds] =
      /^program ([\w.]{1,15}) ([0-9a-f]{16}) (\d{1,10}) (\d{1,15}) (\d{1,20})$/.exec(line) ?? [];
    if (name !== '' && programs.length < MOST) {
      const counted = { runs: Number(runs), nanoseconds: Number(nanoseconds) };
      programs.push({ name, tag, id: Number(id), ...counted });
    }
    const at = /^at (\d{1,17})$/.exec(line)?.[1];
    if (at === undefined) return;
    onReading({ at: Number(at), programs });
    programs = [];
  };
}

/**
 * @param tag of what was verified; undefined where it is not known.
 * @returns undefined where no program of the name is loaded, or time stands still.
 */
export function rateOf(
  before: RunReading,
  now: RunReading,
  { name, tag }: { readonly name: string; readonly tag: string | undefined },
): RunRate | undefined {
  const named = now.programs.filter((one) => one.name === name.slice(0, NAME_LENGTH));
  const own = named.filter((one) => one.tag === tag);
  const counted = own.length > 0 ? own : named;
  const seconds = (now.at - before.at) / 1e6;
  if (counted.length === 0 || seconds <= 0) return undefined;
  const earlier = new Map(before.programs.map((one) => [one.id, one]));
  let [runs, nanoseconds] = [0, 0];
  for (const one of counted) {
    // One that is new has begun at 0.
    const { runs: r = 0, nanoseconds: n = 0 } = earlier.get(one.id) ?? {};
    runs += Math.max(0, one.runs - r);
    nanoseconds += Math.max(0, one.nanoseconds - n);
  }
  return {
    nanosecondsPerRun: runs === 0 ? undefined : nanoseconds / runs,
    runsPerSecond: runs / seconds,
    loaded: counted.length,
    isOther: tag !== undefined && own.length === 0,
  };
}
