import type { Summary } from '../results/summary.ts';

/** A row of the results view: a run. */
export class ResultNode {
  /** Local path of its document. */
  readonly file: string;
  readonly summary: Summary;

  constructor(file: string, summary: Summary) {
    this.file = file;
    this.summary = summary;
  }
}

/** A row of the results view: the runs of a host, the newest first. */
export class ResultsOfHost {
  readonly host: string;
  readonly runs: readonly ResultNode[];

  constructor(host: string, runs: readonly ResultNode[]) {
    this.host = host;
    this.runs = runs;
  }
}

const newestFirst = (a: ResultNode, b: ResultNode): number =>
  Date.parse(b.summary.startedAt) - Date.parse(a.summary.startedAt) || (a.file < b.file ? -1 : 1);

/** The runs by host, that with the newest run first. */
export function byHost(runs: readonly ResultNode[]): ResultsOfHost[] {
  const groups = new Map<string, ResultNode[]>();
  for (const run of runs.toSorted(newestFirst)) {
    const { name } = run.summary.host;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [run]);
    else group.push(run);
  }
  return Array.from(groups, ([host, group]) => new ResultsOfHost(host, group));
}

/** Two runs as they are compared: the older one is what the newer one is compared with. */
export function comparedPair(
  runs: readonly ResultNode[],
): { baseline: ResultNode; run: ResultNode } | undefined {
  const [run, baseline, ...more] = runs.toSorted(newestFirst);
  return run === undefined || baseline === undefined || more.length > 0
    ? undefined
    : { baseline, run };
}
