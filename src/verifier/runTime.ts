/** Run time of the loaded programs of some names, as `run-time.c` reads it. */
export interface RunReading {
  /** Microseconds of the host's monotonic clock. */
  readonly at: number;
  readonly programs: readonly LoadedProgram[];
}

interface LoadedProgram {
  /** A name of 15 characters at most. */
  readonly name: string;
  /** The kernel's sum over its instructions. */
  readonly tag: string;
  readonly id: number;
  /** Since the kernel began to measure. */
  readonly runs: number;
  readonly nanoseconds: number;
  /** Where processors were found in it, or in what it called. */
  readonly lines: readonly FoundLine[];
}

interface FoundLine {
  /** As the program's types have it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Text of the source when it was compiled, trimmed. */
  readonly text: string;
  /** How often, since the kernel began to measure. */
  readonly found: number;
}

/** A line and its part of the time of a program, with what it calls. */
export type HotLine = Omit<FoundLine, 'found'> & { readonly share: number };

/** A program's runs between two readings. */
export interface RunRate {
  /** Undefined where it did not run. */
  readonly nanosecondsPerRun: number | undefined;
  readonly runsPerSecond: number;
  /** How often it is loaded: all of them are counted together. */
  readonly loaded: number;
  /** Whether none of them is of the code that was verified. */
  readonly isOther: boolean;
}

/** A program of a source; `tag` of what was verified, undefined where it is not known. */
interface Named {
  readonly name: string;
  readonly tag?: string | undefined;
}

/** Characters of a program's name that the kernel keeps. */
const NAME_LENGTH = 15;

/** Most programs read: a host has hundreds. */
const MOST = 10_000;

/** Shares of fewer say nothing. */
const FEWEST_FOUND = 20;

/** Gathers lines of `run-time.c` and calls back with each reading that is whole. */
export function readingsOf(onReading: (reading: RunReading) => void): (line: string) => void {
  let programs: (LoadedProgram & { readonly lines: FoundLine[] })[] = [];
  return (line) => {
    const [, name = '', tag = '', id, runs, nanoseconds] =
      /^program ([\w.]{1,15}) ([0-9a-f]{16}) (\d{1,10}) (\d{1,15}) (\d{1,20})$/.exec(line) ?? [];
    if (name !== '' && programs.length < MOST) {
      const counted = { runs: Number(runs), nanoseconds: Number(nanoseconds) };
      programs.push({ name, tag, id: Number(id), ...counted, lines: [] });
    }
    const [, of, found, number, file = '', text = ''] =
      /^line (\d{1,10}) (\d{1,15}) (\d{1,7}) ([^\t]{1,4096})\t(.{0,4096})$/.exec(line) ?? [];
    const last = programs.at(-1);
    if (last?.id === Number(of) && last.lines.length < MOST) {
      last.lines.push({ file, line: Number(number), text: text.trim(), found: Number(found) });
    }
    const at = /^at (\d{1,17})$/.exec(line)?.[1];
    if (at === undefined) return;
    onReading({ at: Number(at), programs });
    programs = [];
  };
}

/**
 * @returns undefined where no program of the name is loaded, or time stands still.
 */
export function rateOf(
  before: RunReading,
  now: RunReading,
  { name, tag }: Named,
): RunRate | undefined {
  const { counted, isOther } = countedOf(now, { name, tag });
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
    isOther,
  };
}

/** The programs of a name: those of the code that was verified, if there are any. */
function countedOf({ programs }: RunReading, { name, tag }: Named) {
  const named = programs.filter((one) => one.name === name.slice(0, NAME_LENGTH));
  const own = named.filter((one) => one.tag === tag);
  return {
    counted: own.length > 0 ? own : named,
    isOther: tag !== undefined && own.length === 0,
  };
}

/**
 * The lines at which a program spends its time, the hottest first: none of other code than was verified, and none
 * where processors were found in it too seldom.
 */
export function hottestLines(now: RunReading, program: Named): HotLine[] {
  const { counted, isOther } = countedOf(now, program);
  const lines = isOther ? [] : counted.flatMap((one) => one.lines);
  const all = lines.reduce((sum, { found }) => sum + found, 0);
  if (all < FEWEST_FOUND) return [];
  const shares = new Map<string, HotLine>();
  for (const { found, ...place } of lines) {
    const key = `${place.line} ${place.file}`;
    shares.set(key, { ...place, share: (shares.get(key)?.share ?? 0) + found / all });
  }
  return Array.from(shares.values()).sort((a, b) => b.share - a.share);
}
