import path from 'node:path';
import type { Counts } from '../../test/harness/reporter.ts';
import type { SuitePart } from './suites.ts';

export interface Section {
  readonly name: string;
  readonly seconds: number;
  readonly counts: Counts;
  /** Left out for a check. */
  readonly part?: SuitePart;
}

type Failure = Counts['failed'][number];

/** Where more files have a failure, it is no coincidence. */
const MOST_FILES = 12;

const alone = ({ name }: SuitePart): string => `${name}-alone`;
const nameOf = (file: string): string => path.basename(file, '.test.ts');

/** Whether a failure is of one of these files: not one of a whole part, nor of a check. */
const isOf =
  (files: readonly string[]) =>
  ({ file }: Failure): boolean =>
    file !== undefined && files.some((each) => nameOf(each) === file);

/**
 * Runs what failed beside others once more by itself: a machine on which a window gets no time for half a minute says
 * nothing of the product. Whatever passes only then is reported as such, and what fails again has failed.
 */
export function secondTries(sections: readonly Section[]): SuitePart[] {
  const tries = sections.flatMap(({ part, counts }) => {
    if (part === undefined) return [];
    const files = part.files.filter((file) => counts.failed.some(isOf([file])));
    return files.length === 0 ? [] : [{ ...part, name: alone(part), files }];
  });
  return tries.flatMap(({ files }) => files).length > MOST_FILES ? [] : tries;
}

export interface Outcome {
  readonly failed: Failure[];
  /** Failed first, and passed alone. */
  readonly unsteady: Failure[];
}

/** The outcome of a section's failures after the second tries. */
export function outcomeOf({ part, counts }: Section, tries: readonly Section[]): Outcome {
  const own = tries.filter(
    (each) =>
      part !== undefined && each.part?.suite === part.suite && each.part.name === alone(part),
  );
  const isTriedAgain = isOf(own.flatMap((each) => each.part?.files ?? []));
  const hasFailedAgain = ({ file }: Failure): boolean =>
    own.some((each) => each.counts.failed.some((failure) => (failure.file ?? file) === file));
  return {
    failed: counts.failed.filter((each) => !isTriedAgain(each)),
    unsteady: counts.failed.filter((each) => isTriedAgain(each) && !hasFailedAgain(each)),
  };
}
