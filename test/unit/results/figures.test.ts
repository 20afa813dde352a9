import assert from 'node:assert/strict';
import type { Sample } from '../../../src/results/document.ts';
import { withMetric, type Figure } from '../../../src/results/figure.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { runsOf } from '../../../src/results/runs.ts';
import { verdictOf } from '../../../src/results/statistics.ts';
import { documentOf, stream, trip } from './panelRuns.ts';

const figures = (samples: Sample[]) => figuresOf(runsOf([documentOf(samples)]));
const labels = (figure: Figure): string[] => figure.series.map(({ label }) => label);
const rounds = [0, 1, 2];

describe('figures', () => {
  it('are the article’s, with its axes and units', () => {
    const all = figures([]);
    const told = Object.values(all).map(({ name, xTitle, yTitle, unit }) => [
      name,
      xTitle,
      yTitle,
      unit,
    ]);
    assert.deepEqual(told, [
      [
        'Overview',
        'Message size, or response size of round trips',
        'Times as fast as TCP (above 1 is faster)',
        '× TCP',
      ],
      ['Fig. 2', 'Send message size', 'Throughput in Gbit/s (higher is better)', 'Gbit/s'],
      ['Fig. 3', 'Send message size', 'Throughput in Gbit/s (higher is better)', 'Gbit/s'],
      ['Fig. 4', 'Response message size', 'Latency in µs (lower is better)', 'µs'],
      ['Fig. 5', 'Response message size', 'Transactions per second (higher is better)', '1/s'],
      ['Fig. 6', 'Response message size', 'Transactions per second (higher is better)', '1/s'],
      [
        'Fig. 7',
        'Send message size',
        'Seconds in BPF programs for 60 s of netperf (lower is better)',
        's per 60 s',
      ],
      [
        'Short connections',
        'Response message size',
        'Connections per second (higher is better)',
        '1/s',
      ],
      ['Workloads', 'Workload', 'Times as fast as TCP (above 1 is faster)', '× TCP'],
      ['Distribution', 'Percentile', 'Latency in µs (lower is better)', 'µs'],
    ]);
  });

  it('say that nothing was measured', () => {
    for (const { absent, series } of Object.values(figures([]))) {
      assert.deepEqual(series, []);
      assert.equal(absent, true);
    }
    const { fig2, fig3 } = figures([stream('tcp', 0, 1e9)]);
    assert.deepEqual([fig2.absent, fig3.absent], [false, true]);
  });

  it('compare throughput with TCP by round, with Nagle on and off', () => {
    const { fig2, fig3 } = figures([
      stream('bypass', 0, 2e9),
      stream('tcp', 0, 1e9),
      stream('tcp', 1, 2e9),
      stream('bypass', 1, 4e9),
      // No partner in its round yet: it counts for the median, not for the ratio.
      stream('bypass', 2, 9e9),
      stream('tcp-nodelay', 0, 0.5e9),
      stream('tcp-nodelay', 1, 1e9),
    ]);
    // Sizes of the plan are on the axis before they are measured.
    assert.deepEqual(fig2.sizes, [64, 16384]);
    assert.deepEqual(labels(fig2), ['TCP', 'Bypass']);
    const [tcp, bypass] = fig2.series;
    const { details: _, ...point } = bypass?.points[0] ?? assert.fail();
    assert.deepEqual(point, {
      median: 4,
      low: 2,
      high: 9,
      bytes: 64,
      label: '64 B',
      count: 3,
      values: [2, 4, 9],
      ratio: { ratio: 2, interval: { low: 2, high: 2 }, pairs: 2 },
    });
    assert.equal(tcp?.points[0]?.median, 1.5);
    assert.equal(tcp.points[0].ratio, undefined);
    assert.equal(tcp.points[1], undefined);
    assert.deepEqual(labels(fig3), ['TCP with TCP_NODELAY', 'Bypass']);
    assert.equal(Math.round(fig3.series[1]?.points[0]?.ratio?.ratio ?? 0), 4);
  });

  it('count a round once, also where a file holds an arm twice', () => {
    const { fig2 } = figures([
      stream('tcp', 0, 1e9),
      stream('bypass', 0, 1e9),
      stream('bypass', 0, 2e9),
      stream('tcp', 0, 1e9),
    ]);
    assert.deepEqual(fig2.series[1]?.points[0]?.ratio, { ratio: 2, pairs: 1 });
  });

  it('have no ratio for an arm that stalled', () => {
    const { fig2, overview } = figures([stream('tcp', 0, 1e9), stream('bypass', 0, 0)]);
    assert.equal(fig2.series[1]?.points[0]?.median, 0);
    assert.equal(fig2.series[1].points[0].ratio, undefined);
    assert.equal(overview.series.length, 0);
  });

  it('know that percentiles are coarse and means are not', () => {
    const { fig4 } = figures(
      rounds.flatMap((round) => [trip('tcp', round, 13), trip('bypass', round, 12)]),
    );
    const point = (metric: 'p50' | 'mean') =>
      withMetric(fig4, metric).series.find(({ arm }) => arm === 'bypass')?.points[0];
    assert.equal(point('p50')?.step, 1);
    assert.equal(verdictOf(point('p50')?.ratio ?? assert.fail()), 'unclear');
    assert.equal(point('mean')?.step, undefined);
    assert.equal(verdictOf(point('mean')?.ratio ?? assert.fail()), 'lower');
    assert.equal(withMetric(fig4, 'p99').yTitle, 'P99 latency in µs (lower is better)');
  });

  it('have lines of what was measured, and only of that', () => {
    // Each response size with a request size of its own: most pairs of the two are not there.
    const sizes = Array.from({ length: 20 }, (_, index) => 64 * (index + 1));
    const { fig4, fig6 } = figures(sizes.map((size) => trip('bypass', 0, 10, size, size)));
    assert.equal(withMetric(fig4, 'p50').series.length, sizes.length);
    assert.deepEqual(
      fig6.series.map(({ points }) => points.filter(Boolean).length),
      sizes.map(() => 1),
    );
  });

  it('distinguish request sizes, but for Fig. 5, which is of one', () => {
    const samples = [64, 256].flatMap((request) =>
      [64, 1024].flatMap((response) => [
        trip('tcp', 0, 20, response, request),
        trip('bypass', 0, 10, response, request),
      ]),
    );
    const { fig4, fig5, fig6, overview } = figures(samples);
    const four = [
      'TCP, 64 B requests',
      'Bypass, 64 B requests',
      'TCP, 256 B requests',
      'Bypass, 256 B requests',
    ];
    assert.deepEqual(labels(withMetric(fig4, 'p90')), four);
    assert.deepEqual(labels(fig6), four);
    assert.deepEqual(
      fig6.series.map(({ variant }) => variant),
      [0, 0, 1, 1],
    );
    assert.deepEqual(labels(fig5), ['TCP', 'Bypass']);
    assert.equal(fig5.series[1]?.points[1]?.label, '64 B / 1 KiB');
    assert.deepEqual(labels(overview), ['Bypass, transaction rate against TCP']);
  });

  it('keep samples whose BPF time was taken for Fig. 7 alone', () => {
    const bpf = { redirectedBytes: 500, runs: 1000, nanoseconds: 250_000 };
    const { fig2, fig7 } = figures([
      stream('tcp', 0, 1e9),
      stream('bypass', 0, 2e9),
      stream('bypass', 0, 1e9, 64, bpf),
    ]);
    assert.deepEqual(fig2.series[1]?.points[0]?.values, [2]);
    const point = fig7.series[0]?.points[0];
    // 0.25 ms in a sample of 5 s.
    assert.equal(point?.median, 0.003);
    assert.equal(point.details.nanosecondsPerRun, 250);
  });

  it('show how much of a bypass went by it: of the bytes of a stream, of both ways of round trips', () => {
    const { fig2, fig4 } = figures([
      stream('tcp', 0, 1e9),
      // 5 s of 1 Gbit/s are 625 MB.
      stream('bypass', 0, 1e9, 64, { redirectedBytes: 250e6 }),
      { ...trip('bypass', 0, 9.5, 1000, 24), bpf: { redirectedBytes: 512e6 } },
    ]);
    const bypassed = (series: Figure['series'][number] | undefined) =>
      series?.points.find((point) => point !== undefined)?.details.bypassed;
    assert.equal(bypassed(fig2.series[0]), undefined);
    assert.equal(bypassed(fig2.series[1]), 0.4);
    // 100,000 a second for 5 s: 512 MB, and never more than all of them.
    assert.equal(bypassed(fig4.series[0]), 1);
  });

  it('show several runs, by host, or by time where the host is the same', () => {
    const samples = [stream('tcp', 0, 1e9), stream('bypass', 0, 2e9)];
    const one = documentOf(samples);
    const other = documentOf(samples, { host: { ...one.host, name: 'db2' } });
    const later = documentOf(samples, { startedAt: '2026-03-02T10:00:00.000Z' });
    assert.deepEqual(
      runsOf([one, other]).map(({ label }) => label),
      ['ann@web1', 'db2'],
    );
    const between = documentOf(samples, { plan: { ...one.plan, topology: 'namespaces' } });
    assert.deepEqual(
      runsOf([one, between]).map(({ label }) => label),
      ['ann@web1, loopback', 'ann@web1, between namespaces'],
    );
    // A copy of the same run is another line all the same.
    const twice = figuresOf(runsOf([one, one]));
    assert.deepEqual(labels(twice.fig2).slice(2), [
      'TCP, ann@web1, 2026-03-01 10:00 UTC, 2',
      'Bypass, ann@web1, 2026-03-01 10:00 UTC, 2',
    ]);
    for (const { series } of Object.values(twice)) {
      assert.equal(new Set(series.map(({ key }) => key)).size, series.length);
    }
    const { fig2 } = figuresOf(runsOf([one, later]));
    assert.deepEqual(labels(fig2), [
      'TCP, ann@web1, 2026-03-01 10:00 UTC',
      'Bypass, ann@web1, 2026-03-01 10:00 UTC',
      'TCP, ann@web1, 2026-03-02 10:00 UTC',
      'Bypass, ann@web1, 2026-03-02 10:00 UTC',
    ]);
    assert.deepEqual(
      fig2.series.map(({ run, variant, runLabel }) => [run, variant, runLabel.slice(0, 20)]),
      [
        [0, 0, 'ann@web1, 2026-03-01'],
        [0, 0, 'ann@web1, 2026-03-01'],
        [1, 0, 'ann@web1, 2026-03-02'],
        [1, 0, 'ann@web1, 2026-03-02'],
      ],
    );
  });
});
