import { readDocument } from '../../bench/store.ts';
import { exitOf, regressionCheck } from '../../results/regressionCheck.ts';
import { compareDocuments } from '../../results/compare.ts';
import { comparisonReport } from '../../results/words/compareReport.ts';
import { regressionLines, regressionMarkdown } from '../../results/words/regressionLines.ts';
import { command } from '../command.ts';
import { flag } from '../options.ts';
import { SLOWDOWN } from './benchmark.ts';

export const compare = command({
  name: 'compare',
  summary: 'Compares two result documents, and tells whether the bypass got slower.',
  operands: {
    BEFORE: { help: 'The saved run (*.sockmap-bench.json).' },
    AFTER: { help: 'The run that is compared with it.' },
  },
  options: {
    'max-slowdown': SLOWDOWN,
    markdown: flag('Print a table of all figures, latencies included, in Markdown.'),
  },
  examples: ['before.sockmap-bench.json after.sockmap-bench.json'],
  bad: 'The bypass got slower than --max-slowdown allows.',
  run: async (_session, { BEFORE, AFTER }, { 'max-slowdown': maxSlowdown, markdown }) => {
    const [before, after] = await Promise.all([readDocument(BEFORE), readDocument(AFTER)]);
    const check = regressionCheck(before, after, maxSlowdown);
    const comparison = compareDocuments(before, after);
    return {
      data: { ...comparison, check },
      text: markdown
        ? `${comparisonReport(before, after, comparison)}\n${regressionMarkdown(check)}`
        : `${regressionLines(check).join('\n')}\n`,
      status: exitOf(check),
    };
  },
});
