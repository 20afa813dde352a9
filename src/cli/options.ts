/** Wrong use of the command line; the message says what is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** An option: how it is written, and what is made of it. */
export interface Option<T> {
  /** Placeholder for its value in the help; a flag has none. */
  readonly value?: string;
  readonly help: string;
  /**
   * @param given its values in their order; of a flag, one for each time it is given.
   * @param name as it is typed, for messages.
   * @throws UsageError
   */
  readonly read: (given: readonly string[], name: string) => T;
}
export type Options = Readonly<Record<string, Option<unknown>>>;
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

export const flag = (help: string): Option<boolean> => ({
  help,
  read: (given) => given.length > 0,
});

/** An option with one value: the last one, if it is given several times. @param parse throws UsageError. */
const single = <T>(
  value: string,
  help: string,
  parse: (given: string, name: string) => T,
): Option<T | undefined> => ({
  value,
  help,
  read: (given, name) => {
    const last = given.at(-1);
    return last === undefined ? undefined : parse(last, name);
  },
});

export const text = (value: string, help: string): Option<string | undefined> =>
  single(value, help, (given) => given);

/**
 * May be given several times.
 * @param fault says what is wrong with one of them.
 */
export const texts = (
  value: string,
  help: string,
  fault: (one: string) => string | undefined = () => undefined,
): Option<readonly string[]> => ({
  value,
  help: `${help} May be given several times.`,
  read: (given, name) => {
    for (const one of given) {
      const wrong = fault(one);
      if (wrong !== undefined) throw new UsageError(`${name}: ${wrong}: ${one}`);
    }
    return given;
  },
});

export const choice = <T extends string>(
  choices: readonly T[],
  help: string,
): Option<T | undefined> =>
  single(choices.join('|'), help, (given, name) => {
    const chosen = choices.find((one) => one === given);
    if (chosen !== undefined) return chosen;
    throw new UsageError(`${name} is one of ${choices.join(', ')}, not ${given}.`);
  });

/** May be given several times, each one of these; none given: all of them. */
export const choices = <T extends string>(
  all: readonly T[],
  help: string,
): Option<readonly T[]> => ({
  value: all.join('|'),
  help: `${help} May be given several times.`,
  read: (given, name) => {
    const { read } = choice(all, help);
    return given.length === 0 ? all : given.flatMap((one) => read([one], name) ?? []);
  },
});

/** A number between two others, these included; a `PERCENT` may have its sign. */
export const number = (
  value: string,
  [least, most]: readonly [number, number],
  help: string,
  { isWhole = true }: { isWhole?: boolean } = {},
): Option<number | undefined> =>
  single(value, help, (given, name) => {
    const digits = (value === 'PERCENT' ? given.replace(/%$/, '') : given).trim();
    const parsed = digits === '' ? NaN : Number(digits);
    if (parsed >= least && parsed <= most && (!isWhole || Number.isInteger(parsed))) return parsed;
    throw new UsageError(
      `${name} is ${least} to ${most}${isWhole ? ', a whole number' : ''}, not ${given}.`,
    );
  });

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A time as 90s, 10m, 2h or 1d; without a unit it is seconds. @returns seconds. */
export const duration = (
  value: string,
  [least, most]: readonly [number, number],
  help: string,
): Option<number | undefined> =>
  single(value, help, (given, name) => {
    const [, digits, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(given) ?? [];
    const seconds = Number(digits) * (UNITS[unit] ?? NaN);
    if (seconds >= least && seconds <= most) return seconds;
    throw new UsageError(
      `${name} is a time, as 90s, 10m or 2h, from ${least} s to ${most} s, not ${given}.`,
    );
  });
