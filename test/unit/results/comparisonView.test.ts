import assert from 'node:assert/strict';
import { isFromComparePage } from '../../../src/results/compareProtocol.ts';
import type { ResultDocument } from '../../../src/results/document.ts';
import { comparisonView } from '../../../src/results/words/comparisonView.ts';
import { placeOn, ratioScale } from '../../../webview/ratioScale.ts';
import { documentOf, stream, trip } from './panelRuns.ts';

const ROUNDS = [0, 1, 2, 3, 4];
const names = { before: 'old.sockmap-bench.json', after: 'new.sockmap-bench.json' };

/** Streams on the bypass at 16 KiB, handed back to TCP at 64 B, and round trips. */
const run = (speed: number, change: Partial<ResultDocument> = {}): ResultDocument =>
  documentOf(
    ROUNDS.flatMap((round) => {
      const scatter = 1 + ((round % 3) - 1) / 200;
      const bits = 2e9 * speed * scatter;
      return [
        stream('tcp', round, 1e9 * scatter),
        stream('bypass', round, bits, 64, { redirectedBytes: 1000 }),
        stream('tcp', round, 1e9 * scatter, 16_384),
        stream('bypass', round, bits, 16_384, { redirectedBytes: Math.round((bits * 5) / 8) }),
        trip('tcp', round, 50),
      ];
    }),
    { finishedAt: '2026-03-01T11:00:00.000Z', ...change },
  );

describe('the page of a comparison', () => {
  const view = comparisonView(run(1), run(0.5), names);
  const rowsOf = (id: string) =>
    (view.pages.find((page) => page.id === id)?.groups ?? []).flatMap(({ size, rows }) =>
      rows.map((row) => ({ size, ...row })),
    );

  it('has a page for each quantity, with how many got better or worse', () => {
    assert.deepEqual(
      view.pages.map(({ id, title, counts }) => [id, title, counts.better, counts.worse]),
      [
        ['throughput-rate', 'Throughput', 0, 1],
        ['latency-rate', 'Transaction rate', 0, 0],
        ...['P50', 'P90', 'P99'].map((name) => [
          `latency-${name.toLowerCase()}`,
          `${name} latency`,
          0,
          0,
        ]),
      ],
    );
    assert.match(view.pages[1]?.better ?? '', /higher/);
    assert.match(view.pages[2]?.better ?? '', /lower/);
  });

  it('has the ratio with its interval, in numbers and in words', () => {
    const row = rowsOf('throughput-rate').find(
      ({ size, arm }) => size === '16 KiB' && arm === 'bypass',
    );
    assert.ok(row?.ratio?.interval);
    assert.ok(Math.abs(row.ratio.centre - 0.5) < 1e-9);
    assert.ok(row.ratio.interval.low < 0.5 && row.ratio.interval.high > 0.5);
    assert.match(row.change, /^× 0\.500 \(0\.49\d to 0\.50\d\)$/);
    assert.deepEqual(
      [row.before, row.after, row.verdictText],
      ['2.00 Gbit/s', '1.00 Gbit/s', 'worse'],
    );
    assert.match(row.againstTcp, /^× 0\.500 \(/);
  });

  it('says of what went by TCP that it is not comparable, and draws no ratio', () => {
    const row = rowsOf('throughput-rate').find(
      ({ size, arm }) => size === '64 B' && arm === 'bypass',
    );
    assert.deepEqual(
      [row?.ratio, row?.change, row?.verdictText, row?.againstTcp],
      [undefined, 'mostly TCP before and after', 'not comparable', ''],
    );
  });

  it('says first whether the bypass got slower', () => {
    assert.equal(view.outcome, 'worse');
    assert.match(view.verdict[0] ?? '', /1 measurement of the bypass more than 5% slower/);
    assert.match(view.summary[0] ?? '', /1 not compared, because almost no data used the bypass/);
    assert.equal(comparisonView(run(1), run(1), names).outcome, 'good');
  });

  it('shows each run with what made it, its reach where that is known', () => {
    const { programs } = run(1);
    const far = run(1, { programs: { ...programs, reach: 'host' } });
    const { before, after } = comparisonView(far, run(1), names);
    assert.equal(before.fileName, names.before);
    const policy = ({ facts }: typeof before) => new Map(facts).get('Policy');
    assert.deepEqual(
      [policy(before), policy(after)],
      ['guarded, between network namespaces, too', 'guarded'],
    );
  });

  it('lets no lines of a document into the page', () => {
    const host = { ...run(1).host, name: 'a\nb', kernel: 'k\u202ek' };
    const { before, notes } = comparisonView(run(1, { host }), run(1), names);
    for (const text of [...notes, ...before.facts.map(([, value]) => value)]) {
      assert.doesNotMatch(text, /[\n\u202e]/);
    }
  });
});

describe('the scale of ratios', () => {
  const scaleOf = (...ratios: { centre: number; interval?: { low: number; high: number } }[]) =>
    ratioScale({
      groups: [{ size: '', rows: ratios.map((ratio) => ({ ratio })) }],
    } as unknown as Parameters<typeof ratioScale>[0]);

  it('has 1 in the middle, and every ratio on it', () => {
    const scale = scaleOf({ centre: 0.5, interval: { low: 0.4, high: 0.6 } }, { centre: 20 });
    assert.equal(placeOn(scale, 1), 0.5);
    for (const ratio of [0.4, 0.5, 0.6, 20]) {
      const place = placeOn(scale, ratio);
      assert.ok(place > 0 && place < 1, `${ratio}: ${place}`);
    }
    assert.deepEqual(
      scale.marks.map((mark) => placeOn(scale, mark) < 1),
      [true, true, true],
    );
  });

  it('leaves the ends of intervals that have none beyond it', () => {
    const scale = scaleOf({ centre: 1.2, interval: { low: 1e-9, high: 6e9 } });
    assert.ok(scale.end <= 10);
    assert.ok(placeOn(scale, 1e-9) < 0 && placeOn(scale, 6e9) > 1);
    assert.ok(placeOn(scale, 0) < 0);
  });

  it('is not so narrow that noise looks like a difference', () => {
    assert.ok(scaleOf({ centre: 1.001 }).end >= 1.25);
    assert.ok(scaleOf().end >= 1.25);
  });
});

describe('a message of the page of a comparison', () => {
  it('is one of those that there are', () => {
    for (const message of [
      { type: 'ready' },
      { type: 'swap' },
      { type: 'open', run: 'before' },
      { type: 'markdown', to: 'clipboard' },
    ]) {
      assert.ok(isFromComparePage(message));
    }
    for (const message of [
      undefined,
      'ready',
      { type: 'open', run: '/etc/passwd' },
      { type: 'markdown' },
      { type: 'run' },
    ]) {
      assert.ok(!isFromComparePage(message));
    }
  });
});
