import assert from 'node:assert/strict';
import type { Arm, NetperfPoint } from '../../../src/results/document.ts';
import { netperfArgv, parseNetperf, parseUnixStream } from '../../../src/bench/netperf.ts';
import { recorded } from '../recorded.ts';

const STREAM: NetperfPoint = { experiment: 'throughput', messageBytes: 4096, arms: ['tcp'] };
const RR: NetperfPoint = {
  experiment: 'latency',
  requestBytes: 64,
  responseBytes: 128,
  arms: ['tcp'],
};
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
  const refused = (text: string, point: NetperfPoint, pattern: RegExp): void => {
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

describe("netperf's line of a stream over Unix sockets", () => {
  // As its nettest_unix.c prints it: "%5d  %5d  %6d    %-6.2f     %7.2f   %-6.2f %-6.2f  %-6.3f  %-6.3f\n".
  const LINE = '212992  212992    4096    1.00     25165824.50   49.75  49.75   0.324   0.324 \n';
  const point = { ...STREAM, experiment: 'throughput', messageBytes: 4096 } as const;

  it('has its figures by their place', () => {
    assert.deepEqual(parseUnixStream(`\n${LINE}`, point), {
      experiment: 'throughput',
      messageBytes: 4096,
      throughputBitsPerSecond: 25_165_824_500,
      seconds: 1,
      cpu: { client: 49.75, server: 49.75 },
      serviceDemand: { client: 0.324, server: 0.324 },
    });
  });

  it('is refused where it is not whole, of another size, or without CPU use', () => {
    for (let length = 0; length <= LINE.lastIndexOf('0.324'); length++) {
      assert.throws(() => parseUnixStream(LINE.slice(0, length), point), /netperf gave no line/);
    }
    for (const text of [
      LINE.replace('4096', '64'),
      LINE.replaceAll('49.75', '-1.00'),
      LINE.replace('25165824.50', 'nan'),
      read('stream'),
    ]) {
      assert.throws(() => parseUnixStream(text, point), /netperf gave no line/);
    }
    assert.throws(() => parseUnixStream(LINE.replace('1.00', '0.00'), point), /no time/);
  });
});

describe("netperf's command line", () => {
  const target = { address: '127.0.0.1', port: 23_456, passphrase: 'open sesame', seconds: 2 };
  const argv = (point: NetperfPoint, arm: Arm) => netperfArgv(point, arm, target).join(' ');

  it('of a stream asks for the receiver’s figure', () => {
    assert.match(
      argv(STREAM, 'tcp'),
      /^netperf -H 127\.0\.0\.1 -p 23456 -Z open sesame -t TCP_STREAM -l 2 /,
    );
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

  it('never measures TCP for a Unix socket', () => {
    assert.match(argv(STREAM, 'unix'), / -t STREAM_STREAM -l 2 -f k -c -C -P 0 -- -m 4096$/);
    assert.throws(() => argv(RR, 'unix'), /no round trips/);
  });
});
