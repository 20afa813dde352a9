import assert from 'node:assert/strict';
import { percentilesOf } from '../../../src/results/percentiles.ts';
import { recorded } from '../recorded.ts';

const runOf = (tool: string) => recorded(`clients/${tool}.1`);

describe('percentiles in a tool’s output', () => {
  it('of wrk --latency', () => {
    assert.deepEqual(percentilesOf(runOf('wrk')), [
      [50, 163],
      [75, 1740],
      [90, 15_290],
      [99, 122_370],
    ]);
  });

  it('of wrk2, to five nines', () => {
    const spectrum =
      ' 50.000%    1.05ms\n 99.900%    2.00s \n 99.990%    3.00s\n100.000%    3.10s\n';
    assert.deepEqual(percentilesOf(spectrum), [
      [50, 1050],
      [99.9, 2_000_000],
      [99.99, 3_000_000],
    ]);
  });

  it('of redis-benchmark, as CSV and as text', () => {
    assert.deepEqual(percentilesOf(runOf('redis-benchmark')), [
      [50, 247],
      [95, 367],
      [99, 487],
    ]);
    const text =
      '  latency summary (msec):\n   avg  min  p50   p95    p99    max\n   0.9  0.1  0.255 1.895 26.303 29.5\n';
    assert.deepEqual(percentilesOf(text), [
      [50, 255],
      [95, 1895],
      [99, 26_303],
    ]);
  });

  it('of sockperf', () => {
    assert.deepEqual(percentilesOf(runOf('sockperf')).slice(-3), [
      [99.9, 11.025],
      [99.99, 1724.075],
      [99.999, 6260.872],
    ]);
  });

  it('of others there are none', () => {
    for (const tool of ['pgbench', 'iperf3', 'iperf3-json', 'memcaslap', 'h2load'])
      assert.deepEqual(percentilesOf(runOf(tool)), [], tool);
    assert.deepEqual(percentilesOf(''), []);
  });
});
