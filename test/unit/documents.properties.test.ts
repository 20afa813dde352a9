import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareDocuments } from '../../src/results/compare.ts';
import { regressionCheck, regressions } from '../../src/results/regressionCheck.ts';
import { regressionLines } from '../../src/results/words/regressionLines.ts';
import {
  ARMS,
  parseDocument,
  type ResultDocument,
  type Sample,
} from '../../src/results/document.ts';
import { comparisonReport } from '../../src/results/words/compareReport.ts';
import { figureCsv, reportMarkdown, samplesCsv } from '../../src/results/export.ts';
import { figuresOf } from '../../src/results/figures.ts';
import { findingsOf } from '../../src/results/findings.ts';
import { findingTexts } from '../../src/results/words/findingTexts.ts';
import { schedule, wholeRounds } from '../../src/results/plan.ts';
import { parsePlan, parseSizes } from '../../src/bench/planFile.ts';
import { resumeFault } from '../../src/bench/resume.ts';
import { runsOf } from '../../src/results/runs.ts';
import { documentFileName } from '../../src/bench/store.ts';
import { isFromPanel, isToPanel, sentRun, shownRun } from '../../src/results/protocol.ts';
import { resultDocument, roundTrip, stream } from './results/documents.ts';
import {
  assertPlain,
  changed,
  changedJson,
  holds,
  jsonOf,
  longTextOf,
  result,
  textOf,
} from './properties.ts';
import { recorded } from './recorded.ts';

const KEYS = [
  'schema',
  'id',
  'startedAt',
  'host',
  'programs',
  'plan',
  'samples',
  'points',
  'arms',
  'arm',
  'counters',
  'experiment',
  'messageBytes',
  'requestBytes',
  'responseBytes',
  'repetitions',
  'bpf',
  'tags',
  'cpu',
  'seconds',
];
const small = JSON.stringify(resultDocument());
const whole = recorded('bench/all-figures.sockmap-bench.json');
const isOurs =
  (what: string) =>
  ({ message }: Error) =>
    message.startsWith('not JSON: ') || message.startsWith(`not ${what}: `);

/** All that is made of documents: whatever a file says, in finite numbers and plain words. */
function useAll(before: ResultDocument, after: ResultDocument): void {
  const comparison = compareDocuments(before, after);
  assertPlain(comparison);
  assertPlain(regressions(comparison));
  const check = regressionCheck(before, after);
  assertPlain(check);
  assertPlain(regressionLines(check));
  assertPlain(findingsOf(figuresOf(runsOf([before, after])), runsOf([before, after])));
  const runs = runsOf([before, after]);
  const figures = figuresOf(runs);
  assertPlain(figures);
  assertPlain(findingTexts(figures, runs));
  const texts = [comparisonReport(before, after), samplesCsv(runs), reportMarkdown(runs)];
  for (const id of ['fig2', 'fig3'] as const) texts.push(figureCsv(figures[id], runs));
  for (const text of texts) assert.doesNotMatch(text, /\bNaN\b|\bundefined\b|\bInfinity\b|∞/);
  assert.match(documentFileName(after), /^[\w.-]+$/);
  assertPlain(wholeRounds(after.plan, after.samples));
  assertPlain(schedule(after.plan, after.samples).slots);
  resumeFault(before, after);
}

describe('properties of result documents', () => {
  const check = (text: string) => {
    const document = result(() => parseDocument(text), isOurs('a sockmap benchmark'));
    if (document === undefined) return;
    assertPlain(document);
    const { json, fileName } = sentRun({ document, fileName: 'a' });
    assert.deepEqual(shownRun({ json, fileName }).document, document);
    useAll(document, document);
  };
  holds(
    'of any words',
    textOf(['{', '}', '[', ']', ':', ',', '"schema"', '"samples"', '1']),
    check,
  );
  holds('of any JSON', jsonOf(KEYS), check);
  holds('of a small one, changed', changedJson(small, KEYS), check, 200);
  holds('of a recorded one, changed', changedJson(whole, KEYS), check, 30);
  holds(
    'of a small one, with other words in it',
    changed(small, ['1e308', '5e-324', '0', '"tcp"', '"unix"', ',']),
    check,
  );
  holds(
    'of words without end',
    longTextOf(['[', '{"a":', '"', '\\', '0', ',', '{"schema":1,']),
    check,
    25,
  );

  const rate = fc.oneof(
    fc.double({ min: 0, max: 1e12, noNaN: true }),
    fc.constantFrom(0, 5e-324, 1e-300, 1e15, 1e300),
  );
  const sample = fc
    .record({
      trip: fc.boolean(),
      arm: fc.constantFrom(...ARMS),
      repetition: fc.nat(6),
      rate,
      other: rate,
      bytes: fc.constantFrom(64, 1024),
      redirected: fc.option(fc.nat(), { nil: undefined }),
    })
    .map(({ trip, arm, repetition, rate: own, other, bytes, redirected }): Sample => {
      const common = {
        arm,
        repetition,
        ...(redirected !== undefined && { bpf: { redirectedBytes: redirected } }),
      };
      const { bpf: _bpf, ...plain } = roundTrip();
      const latencyUs = { mean: other, stddev: other, p50: other, p90: own, p99: other };
      return trip && arm !== 'unix'
        ? { ...plain, ...common, responseBytes: bytes, transactionsPerSecond: own, latencyUs }
        : { ...stream(), ...common, messageBytes: bytes, throughputBitsPerSecond: own };
    });
  const samples = fc.array(sample, { maxLength: 40 });
  holds(
    'their figures, findings, reports and comparisons: of any samples',
    fc.tuple(samples, samples),
    ([before, after]) => {
      const [old, now] = [before, after].map((each) =>
        result(
          () => parseDocument(JSON.stringify(resultDocument({ samples: each }))),
          isOurs('a sockmap benchmark'),
        ),
      );
      if (old !== undefined && now !== undefined) useAll(old, now);
    },
  );
  const name = fc.string({ unit: 'binary', maxLength: 20 });
  holds('their names and words take no effect in exports', fc.tuple(name, name), ([host, plan]) => {
    const document = resultDocument();
    const own = {
      ...document,
      host: { ...document.host, name: host },
      plan: { ...document.plan, name: plan },
    };
    const csv = samplesCsv(runsOf([own, own]));
    for (const line of csv.split('\r\n')) assert.doesNotMatch(line, /(?:^|,)"?[=+@\t\r]/);
    const markdown = reportMarkdown(runsOf([own]));
    assert.ok(markdown.split('\n').every((line) => !/^(?:```|<)/.test(line)));
    assert.match(documentFileName(own), /^[\w.-]+$/);
  });
});

describe('properties of plan files', () => {
  const plan = JSON.stringify(resultDocument().plan);
  const check = (text: string) => {
    const read = result(() => parsePlan(text), isOurs('a benchmark plan'));
    assertPlain(read);
    if (read !== undefined) assert.deepEqual(parsePlan(JSON.stringify(read)), read);
  };
  holds('of any JSON', jsonOf(KEYS), check);
  holds('of one, changed', changedJson(plan, [...KEYS, '$schema']), check);
  holds('of words without end', longTextOf(['[', '{"points":', '"', ',']), check, 25);

  const words = ['64', '1k', ' 64 KiB', ',', 'm', 'MiB', '-', '0', '1e3', 'x', '9'.repeat(400)];
  holds(
    'sizes: of any words, or an error that names one',
    fc.oneof(textOf(words), longTextOf(words)),
    (text) => {
      const sizes = result(
        () => parseSizes(text),
        ({ message }) => message.includes('is not a size'),
      );
      for (const size of sizes ?? []) assert.ok(Number.isSafeInteger(size) && size >= 1);
    },
    25,
  );
  const size = fc.integer({ min: 1, max: 1 << 20 });
  holds('sizes: come back in order, each once', fc.array(size), (all) => {
    assert.deepEqual(
      parseSizes(all.join(', ')),
      [...new Set(all)].sort((a, b) => a - b),
    );
  });
});

describe('properties of the panel’s messages', () => {
  holds(
    'whatever else arrives is ignored',
    fc.anything({ withNullPrototype: true, withTypedArray: true, withMap: true }),
    (message) => {
      isFromPanel(message);
      isToPanel(message);
    },
  );
});
