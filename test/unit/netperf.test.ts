import assert from 'node:assert/strict';
import type { Point } from '../../src/bench/document.ts';
import { netperfArgv, parseNetperf } from '../../src/bench/netperf.ts';
import { recorded } from './recorded.ts';

const STREAM: Point = { experiment: 'throughput', messageBytes: 4096, arms: ['tcp'] };
const RR: Point = { experiment: 'latency', requestBytes: 64, responseBytes: 128, arms: ['tcp'] };
const read = (name: string): string => recorded(`netperf/${name}.txt`);

describe("netperf's own output", () => {
  it('of a stream', () => {
    assert.deepEqual(parseNetperf(read('stream'), STREAM), {
      experiment: 'throughput',
      messageBytes: 4096,
      throughputBitsPerSecond: 9_833_034_170,
      seconds: 1,
      cpu: { client: 98.5, server: 98.5 },
      serviceDemand: { client: 1.641, server: 1.641 },
    });
  });

  it('of round trips', () => {
    assert.deepEqual(parseNetperf(read('rr'), RR), {
      experiment: 'latency',
      requestBytes: 64,
      responseBytes: 128,
      transactionsPerSecond: 63_439.329,
      latencyUs: { mean: 15.71, stddev: 27.54, p50: 15, p90: 17, p99: 35 },
      seconds: 1,
      cpu: { client: 99.5, server: 99.5 },
      serviceDemand: { client: 31.369, server: 31.369 },
    });
  });

  it('after a banner', () => {
    const figures = parseNetperf(read('stream-banner'), STREAM);
    assert.equal(figures.experiment, 'throughput');
    assert.equal(figures.throughputBitsPerSecond, 6_091_917_080);
  });

  it('after warnings', () => {
    const warning = '!!! WARNING\n!!! Desired confidence was not achieved=within 3 iterations.\n';
    assert.equal(parseNetperf(warning + read('rr'), RR).experiment, 'latency');
  });

  it('with line ends of another system', () => {
    assert.equal(parseNetperf(read('rr').replaceAll('\n', '\r\n'), RR).seconds, 1);
  });
});

describe('output of netperf that is no sample', () => {
  const refused = (text: string, point: Point, pattern: RegExp): void => {
    assert.throws(() => parseNetperf(text, point), pattern);
  };

  it('names the first figure that is missing', () => {
    refused('', STREAM, /no ELAPSED_TIME/);
    refused('garbage\n\0\n====', STREAM, /no ELAPSED_TIME/);
    refused(read('no-server'), RR, /no ELAPSED_TIME/);
    refused(read('unknown-key'), RR, /no ELAPSED_TIME/);
    // Units first: a figure in another one is none.
    refused(read('stream'), RR, /service demand in "usec\/KB"/);
    refused(read('rr'), STREAM, /service demand in "usec\/Tran"/);
    refused(read('stream').replace(/^REMOTE_RECV.*$/m, ''), STREAM, /no REMOTE_RECV_THROUGHPUT/);
  });

  it('is never taken for one when it was cut off', () => {
    const text = read('rr');
    const end = text.lastIndexOf('P99_LATENCY=') + 'P99_LATENCY='.length;
    for (let length = 0; length <= end; length++) {
      assert.throws(() => parseNetperf(text.slice(0, length), RR), `${length}`);
    }
  });

  for (const word of ['', ' ', 'nan', '-nan', 'inf', '-1', '1,5', '12 Mbit', '0x', '?']) {
    it(`refuses the figure "${word}"`, () => {
      const text = read('stream').replace(/(REMOTE_RECV_THROUGHPUT=).*/, `$1${word}`);
      refused(text, STREAM, /REMOTE_RECV_THROUGHPUT/);
    });
  }

  it('is one whose CPU use was not measured', () => {
    refused(read('rr-no-cpu'), RR, /no LOCAL_CPU_UTIL but "-1\.00"/);
  });

  it('is one that took no time', () => {
    refused(read('rr').replace(/ELAPSED_TIME=.*/, 'ELAPSED_TIME=0.00'), RR, /no time/);
  });
});

describe("netperf's command line", () => {
  const target = { address: '127.0.0.1', port: 23_456, seconds: 2 };
  const argv = (point: Point, arm: 'tcp' | 'tcp-nodelay' | 'bypass') =>
    netperfArgv(point, arm, target).join(' ');

  it('of a stream asks for the receiver’s figure', () => {
    assert.match(argv(STREAM, 'tcp'), /^netperf -H 127\.0\.0\.1 -p 23456 -t TCP_STREAM -l 2 /);
    assert.match(
      argv(STREAM, 'tcp'),
      / -- -m 4096 -k [A-Z_,]*LOCAL_SD,REMOTE_SD,SD_UNITS,REMOTE_RECV_THROUGHPUT/,
    );
  });

  it('of round trips asks for both sizes and the percentiles', () => {
    assert.match(argv(RR, 'tcp'), / -t TCP_RR .* -- -r 64,128 -k .*P50_LATENCY,P90_LATENCY,P99/);
  });

  it('switches Nagle off in its arm alone', () => {
    assert.match(argv(STREAM, 'tcp-nodelay'), / -- -m 4096 -D -k /);
    for (const arm of ['tcp', 'bypass'] as const) assert.doesNotMatch(argv(STREAM, arm), / -D /);
  });
});
