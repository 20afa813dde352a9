import { COUNTER_GROUPS } from '../../src/bypass/counterReport.ts';
import { SPLICE_READERS } from '../../src/bypass/faults.ts';
import { KNOWN_SEMANTICS } from '../../src/bypass/semantics.ts';
import { DETAILS } from '../../src/results/pointsTable.ts';
import { SPECS } from '../../src/results/specs.ts';
import { CATALOGUE } from '../../src/verifier/catalogue.ts';
import { COMPILER } from '../../src/verifier/catalogue/compiler.ts';

/** Words that stand in tables of the code, and are translated where they are read. */
export const TABLES: readonly string[] = [
  ...[...CATALOGUE, ...COMPILER].flatMap(({ why, fix }) => [why, fix]),
  ...COUNTER_GROUPS.flatMap(({ title, counters }) => [title, ...Object.values(counters)]),
  ...Object.values(KNOWN_SEMANTICS).flatMap(({ title, affected = [] }) => [title, ...affected]),
  ...SPLICE_READERS,
  ...SPECS.flatMap(({ name, title, xTitle, yTitle, unit, quantity }) => [
    name,
    title,
    xTitle,
    yTitle,
    unit,
    quantity,
  ]),
  ...Object.values(DETAILS).map(([title]) => title),
];
