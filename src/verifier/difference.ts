import { FIGURES, type Figure, type ProgramFigures } from './figures.ts';

type Verdict = ProgramFigures['verdict'];

export interface Change {
  readonly figure: Figure;
  readonly before: number;
  readonly now: number;
}

/** The outcome of one program. */
export interface ProgramDifference {
  readonly name: string;
  /** Undefined: there was no such program, or is none any more. */
  readonly before: Verdict | undefined;
  readonly now: Verdict | undefined;
  /** For each figure that both have, also where it is the same; of a program that is rejected they say nothing. */
  readonly changes: readonly Change[];
}

/** Compares the programs of the same name, in the order they have now; those that are gone follow. */
export function compareFigures(
  before: readonly ProgramFigures[],
  now: readonly ProgramFigures[],
): ProgramDifference[] {
  const old = new Map(before.map((one) => [one.name, one]));
  const names = new Set(now.map(({ name }) => name));
  return [
    ...now.map((one): ProgramDifference => {
      const earlier = old.get(one.name);
      const verdicts = { before: earlier?.verdict, now: one.verdict };
      return { name: one.name, ...verdicts, changes: changesOf(earlier, one) };
    }),
    ...before
      .filter(({ name }) => !names.has(name))
      .map(({ name, verdict }) => ({ name, before: verdict, now: undefined, changes: [] })),
  ];
}

/** The figures that two verifications of a program have in common. */
export function changesOf(before: ProgramFigures | undefined, now: ProgramFigures): Change[] {
  if (before?.verdict !== 'accepted' || now.verdict !== 'accepted') return [];
  return FIGURES.flatMap((figure) => {
    const [a, b] = [before[figure], now[figure]];
    return a === undefined || b === undefined ? [] : [{ figure, before: a, now: b }];
  });
}

/** Programs compared with a baseline. */
export interface GrowthCheck {
  /** `inconclusive`: no program is in both. */
  readonly outcome: 'good' | 'worse' | 'inconclusive';
  /** In percent. */
  readonly maxGrowth: number;
  readonly programs: readonly ProgramDifference[];
  /** Programs that are accepted no more. */
  readonly rejected: readonly string[];
  /** Figures that grew by more. */
  readonly grown: readonly (Change & { readonly program: string })[];
}

/**
 * Whether programs cost the verifier more than they may.
 * @param maxGrowth in percent.
 * @param bounded the figures that count: not the time, which differs from one verification to the next.
 */
export function growthCheck(
  programs: readonly ProgramDifference[],
  maxGrowth: number,
  bounded: readonly Figure[],
): GrowthCheck {
  const common = programs.filter(({ before, now }) => before !== undefined && now !== undefined);
  const rejected = common
    .filter(({ before, now }) => before === 'accepted' && now !== 'accepted')
    .map(({ name }) => name);
  const grown = programs.flatMap(({ name: program, changes }) =>
    changes
      .filter(({ figure }) => bounded.includes(figure))
      // As it is written: 10% of 1,000 is 100 sharp.
      .filter(({ before, now }) => (now - before) * 100 > before * maxGrowth)
      .map((change) => ({ ...change, program })),
  );
  const settled = common.length === 0 ? 'inconclusive' : 'good';
  const outcome = rejected.length > 0 || grown.length > 0 ? 'worse' : settled;
  return { outcome, maxGrowth, programs, rejected, grown };
}

/** "+312, +4%"; undefined where it is the same. Of nothing before there is no percentage. */
export function growthText({ before, now }: Pick<Change, 'before' | 'now'>): string | undefined {
  if (before === now) return undefined;
  const signed = (value: number, text: string) => `${value > 0 ? '+' : '\u2212'}${text}`;
  const by = now - before;
  const absolute = signed(by, Math.abs(by).toLocaleString('en'));
  if (before === 0) return absolute;
  const percent = (Math.abs(by) / before) * 100;
  const digits = percent < 10 ? 1 : 0;
  const rounded = percent < 0.1 ? '<0.1' : String(Number(percent.toFixed(digits)));
  return `${absolute}, ${signed(by, `${rounded}%`)}`;
}
