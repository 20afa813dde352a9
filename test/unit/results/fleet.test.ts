import assert from 'node:assert/strict';
import type { Arm, ResultDocument, Sample } from '../../../src/results/document.ts';
import { fleetResult } from '../../../src/results/fleet/latest.ts';
import { isFromFleetPage } from '../../../src/results/fleet/protocol.ts';
import { fleetOf } from '../../../src/results/fleet/fleet.ts';
import { randomEffects } from '../../../src/results/fleet/randomEffects.ts';
import { pairedRatio, t975 } from '../../../src/results/statistics.ts';
import { fleetLines } from '../../../src/results/words/fleetLines.ts';
import { normal } from '../random.ts';
import { documentOf, stream, trip } from './panelRuns.ts';

describe('random effects', () => {
  it('agree with published numbers', () => {
    // Kacker, "Combining information from interlaboratory evaluations using a random effects model",
    // Metrologia 41:132 (2004), as worked out by R's metafor: rma(y, v, method = "DL", test = "knha").
    const effects = [61, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9];
    const variances = [0.2025, 1.21, 0.09, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225];
    const all = randomEffects(
      effects.map((effect, place) => ({ effect, variance: variances[place] ?? NaN })),
    );
    assert.ok(all?.prediction);
    const close = (value: number, published: number, tolerance = 1e-6) => {
      assert.ok(Math.abs(value - published) < tolerance, `${value}, published ${published}`);
    };
    close(all.mean, 62.3901386044504);
    close(all.tau ** 2, 0.288049246973751);
    close(all.q, 24.801897741835);
    close(all.iSquared, 0.67744403741711);
    // Our t has three decimals.
    close(all.interval.low, 61.710383798052, 2e-4);
    close(all.interval.high, 63.0698934108488, 2e-4);
    // Higgins and others (2009), of the above: t(7) = 2.365, and the error of the mean 0.29477605699879.
    const margin = 2.365 * Math.sqrt(0.288049246973751 + 0.29477605699879 ** 2);
    close(all.prediction.high - all.mean, margin);
    close(all.mean - all.prediction.low, margin);
  });

  it('are never known better than their errors allow, and need two', () => {
    const same = (count: number) =>
      randomEffects(Array.from({ length: count }, () => ({ effect: 0.5, variance: 0.01 })));
    assert.deepEqual([same(0), same(1)], [undefined, undefined]);
    const all = same(4);
    assert.ok(all);
    assert.deepEqual([all.mean, all.tau, all.iSquared], [0.5, 0, 0]);
    assert.ok(Math.abs(all.interval.high - 0.5 - t975(3) * 0.05) < 1e-12);
    assert.equal(same(2)?.prediction, undefined);
  });

  it('hold the mean of hosts in 95% of cases, whether and how they differ, with hosts of unequal noise', () => {
    const random = normal(7);
    const RUNS = 1500;
    const shares = [0, 0.05, 0.3].flatMap((tau) =>
      [3, 8, 30].map((count) => {
        let held = 0;
        for (let run = 0; run < RUNS; run++) {
          const estimates = Array.from({ length: count }, (_, host) => {
            const own = tau * random();
            const noise = 0.02 + 0.1 * ((host % 5) / 4);
            const ratio = pairedRatio(
              Array.from({ length: 6 }, () => [Math.exp(own + noise * random()), 1] as const),
            );
            assert.ok(ratio?.interval);
            const error = Math.log(ratio.interval.high / ratio.interval.low) / 2 / t975(5);
            return { effect: Math.log(ratio.ratio), variance: error ** 2 };
          });
          const interval = randomEffects(estimates)?.interval ?? assert.fail();
          if (interval.low <= 0 && interval.high >= 0) held++;
        }
        return held / RUNS;
      }),
    );
    const words = shares.map((share) => share.toFixed(3)).join(' ');
    // The variances are estimated from six rounds, which the method takes for known: a little less than 95%.
    assert.ok(Math.min(...shares) > 0.92, words);
    assert.ok(shares.reduce((sum, share) => sum + share, 0) / shares.length > 0.945, words);
  });
});

/** A document of a host whose bypass streams at `ratio` times TCP, with a little noise. */
function hostDocument(
  name: string,
  ratio: number,
  { startedAt = '2026-03-01T10:00:00.000Z', more = [] as Sample[] } = {},
): ResultDocument {
  const { host } = documentOf([]);
  const samples = [1, 1.01, 0.99, 1].flatMap((noise, round) => [
    stream('tcp', round, 1e9),
    stream('tcp-nodelay', round, 8e8),
    stream('bypass', round, 1e9 * ratio * noise),
  ]);
  return documentOf([...samples, ...more], { host: { ...host, name }, startedAt });
}

const trips = (arm: Arm, p50: number) =>
  [0, 1, 2].map((round) => trip(arm, round, p50 + round / 10));

describe('a fleet', () => {
  const nodelayWins = [...trips('tcp', 30), ...trips('tcp-nodelay', 20), ...trips('bypass', 10)];
  const fleet = fleetOf([
    hostDocument('web1', 1.9),
    hostDocument('web2', 2.1, { more: nodelayWins }),
    hostDocument('web3', 2, { startedAt: '2026-02-01T10:00:00.000Z' }),
    hostDocument('web3', 0.5, { startedAt: '2026-01-01T10:00:00.000Z' }),
  ]);

  it('compares each host with its better TCP, by its newest run', () => {
    const [streams, roundTrips] = fleet.places;
    assert.equal(fleet.places.length, 2);
    assert.deepEqual(
      streams?.hosts.map(({ host, against, verdict }) => [host, against, verdict]),
      ['web1', 'web2', 'web3'].map((host) => [host, 'tcp', 'higher']),
    );
    assert.ok(Math.abs((streams.hosts[2]?.ratio?.ratio ?? NaN) - 2) < 0.01);
    assert.deepEqual(
      roundTrips?.hosts.map(({ host, against }) => [host, against]),
      [['web2', 'tcp-nodelay']],
    );
    assert.equal(roundTrips.summary, undefined, 'one host is not summed up');
  });

  it('sums hosts up, and says how they differ', () => {
    const summary = fleet.places[0]?.summary ?? assert.fail();
    assert.ok(Math.abs(summary.ratio - 2) < 0.01, String(summary.ratio));
    assert.equal(summary.hosts, 3);
    assert.equal(summary.verdict, 'higher');
    assert.ok(summary.interval.low < 1.9 && summary.interval.low > 1.7);
    assert.ok((summary.prediction?.low ?? 2) < summary.interval.low);
    assert.ok(summary.iSquared > 0.9 && summary.spread > 1.03 && summary.spread < 1.08);
  });

  it('leaves out of the sum what is no ratio, and says why', () => {
    const host = documentOf([]).host;
    const stalled = documentOf(
      [0, 1, 2].flatMap((round) => [
        stream('tcp', round, 1e9),
        stream('bypass', round, round * 1e9),
      ]),
      { host: { ...host, name: 'slow' } },
    );
    const once = documentOf([stream('tcp', 0, 1e9), stream('bypass', 0, 2e9)], {
      host: { ...host, name: 'once' },
    });
    const idle = { redirectedBytes: 0 };
    const unused = documentOf(
      [0, 1].flatMap((round) => [
        stream('tcp', round, 1e9),
        stream('bypass', round, 1e9, 64, idle),
      ]),
      { host: { ...host, name: 'unused' } },
    );
    const [place] = fleetOf([stalled, once, unused, hostDocument('web1', 2)]).places;
    assert.deepEqual(
      place?.hosts.map(({ host: name, verdict }) => [name, verdict]),
      [
        ['slow', 'stalled'],
        ['once', 'early'],
        ['unused', 'tcp'],
        ['web1', 'higher'],
      ],
    );
    assert.equal(place.summary, undefined);
  });

  it('of one host begins with a size that has a ratio', () => {
    const unused = [0, 1].flatMap((round) => [
      stream('tcp', round, 1e9, 1),
      stream('bypass', round, 1e9, 1, { redirectedBytes: 0 }),
    ]);
    const [first, second] = fleetOf([hostDocument('web1', 2, { more: unused })]).places;
    assert.deepEqual(
      [first, second].map((place) => place?.hosts[0]?.verdict),
      ['higher', 'tcp'],
    );
  });

  it('is told line by line', () => {
    const lines = fleetLines(fleet);
    assert.deepEqual(lines.slice(0, 4), [
      'Throughput, 64 B',
      '  web1   1.90 (1.88–1.92)  faster  against TCP',
      '  web2   2.10 (2.07–2.13)  faster  against TCP',
      '  web3   2.00 (1.97–2.03)  faster  against TCP',
    ]);
    assert.match(lines[4] ?? '', /^ {2}fleet {2}2\.00 \(1\.\d\d–2\.\d\d\) {2}faster {2}3 hosts$/);
    assert.match(lines[5] ?? '', /\(I²\)\. One more host is expected within /);
    assert.deepEqual(fleetLines(fleetOf([])), ['No document has a bypass and TCP at one size.']);
    assert.match(fleetLines(fleetOf([hostDocument('web1', 2)])).at(-1) ?? '', /not a fleet/);
  });

  it('has in a word for each host whether its bypass is good, and was used', () => {
    const { outcome, bypassed, startedAt } = fleetResult(hostDocument('web1', 2));
    assert.deepEqual(
      [outcome, bypassed, startedAt],
      ['good', undefined, '2026-03-01T10:00:00.000Z'],
    );
    const bits = 1e9;
    const half = [0, 1, 2].flatMap((round) => [
      stream('tcp', round, 2e9),
      stream('bypass', round, bits, 64, { redirectedBytes: (bits / 8) * 5 * 0.5 }),
      stream('tcp', round, 1e9, 16_384),
      stream('bypass', round, bits, 16_384, { redirectedBytes: (bits / 8) * 5 }),
    ]);
    const result = fleetResult(documentOf(half));
    assert.deepEqual([result.outcome, result.bypassed], ['worse', { least: 0.5, most: 1 }]);
  });

  it('takes from its page what that can send, and nothing else', () => {
    assert.ok(isFromFleetPage({ type: 'ready' }));
    assert.ok(isFromFleetPage({ type: 'open', host: 'web1' }));
    assert.ok(isFromFleetPage({ type: 'seen', seen: false }));
    for (const other of [
      null,
      'ready',
      {},
      { type: 'open' },
      { type: 'unload' },
      { type: 'seen', seen: 1 },
    ])
      assert.equal(isFromFleetPage(other), false);
  });
});
