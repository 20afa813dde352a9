import type { Figure } from '../src/results/figure.ts';
import { figuresIn } from '../src/results/figures.ts';
import {
  grownRun,
  shownRun,
  type SentGrowth,
  type SentRun,
  type ShownRun,
} from '../src/results/protocol.ts';
import type { FigureId } from '../src/results/quantities.ts';
import { RunIndex, runsOf, type Run } from '../src/results/runs.ts';

/** The runs that the panel shows, worked out. */
export type Shown = {
  readonly files: readonly ShownRun[];
  readonly runs: readonly Run[];
  readonly indexes: readonly RunIndex[];
  readonly figures: Readonly<Record<FigureId, Figure>>;
};

export function shownRuns(sent: readonly SentRun[]): Shown {
  const files = sent.map(shownRun);
  return shownWith(
    files,
    files.map(({ document }) => new RunIndex(document)),
  );
}

/**
 * The same after one of the runs has gone on. Only its new samples are looked at.
 * @returns undefined where what is shown is not what it goes on from.
 */
export function shownGrowth(shown: Shown, growth: SentGrowth): Shown | undefined {
  const { run, from } = growth;
  const before = shown.files[run];
  const grown = before && grownRun(before, growth);
  if (!grown) return undefined;
  shown.indexes[run]?.add(grown.document.samples.slice(from));
  return shownWith(shown.files.with(run, grown), shown.indexes);
}

function shownWith(files: readonly ShownRun[], indexes: readonly RunIndex[]): Shown {
  const runs = runsOf(files.map(({ document }) => document));
  const indexed = indexes.map((index, run) => ({ index, label: runs[run]?.label ?? '' }));
  return { files, runs, indexes, figures: figuresIn(indexed) };
}
