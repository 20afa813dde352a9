import assert from 'node:assert/strict';
import {
  parseDocument,
  type LatencySample,
  type Point,
  type Sample,
} from '../../../src/results/document.ts';
import { resultDocument, roundTrip, stream } from './documents.ts';

/** The document as JSON, with the value at a dotted place replaced, or removed. */
function damaged(place: string, value: unknown): string {
  const document: unknown = structuredClone(resultDocument());
  const keys = place.split('.');
  const last = keys.pop() ?? '';
  let at = document as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return JSON.stringify(document);
}

describe('a result document', () => {
  it('is read as it was written', () => {
    for (const document of [
      resultDocument(),
      resultDocument({ samples: [] }),
      resultDocument({ finishedAt: '2026-03-01T10:01:00.000Z' }),
    ]) {
      assert.deepEqual(parseDocument(JSON.stringify(document)), document);
    }
  });

  it('keeps facts of the host that a later version wrote', () => {
    const document = parseDocument(damaged('host.numa', { nodes: 2 }));
    assert.deepEqual(document.host['numa'], { nodes: 2 });
  });

  const HOSTILE: [place: string, value: unknown][] = [
    ['schema', 2],
    ['schema', '1'],
    ['schema', undefined],
    ['id', 'x'],
    ['startedAt', 'yesterday'],
    ['finishedAt', null],
    ['host', null],
    ['host.cpus', 0],
    ['host.kernel', undefined],
    ['cgroup', 7],
    ['programs.policy', 'other'],
    ['programs.tags', { sockmap_sockops: 1 }],
    ['plan', undefined],
    ['plan.points', []],
    ['plan.points.0.arms', []],
    ['plan.points.0.arms', Array(6).fill('tcp')],
    ['plan.points', Array(501).fill(resultDocument().plan.points[0])],
    ['plan.points.0.arms.0', '<img src=x onerror=alert(1)>'],
    ['plan.points.0.experiment', 'jitter'],
    ['plan.repetitions', 1e9],
    ['plan.secondsPerSample', -1],
    ['plan.extra', 1],
    ['samples', undefined],
    ['samples', {}],
    ['samples.0', null],
    ['samples.0.arm', 'udp'],
    ['samples.0.messageBytes', 0.5],
    ['samples.0.throughputBitsPerSecond', -1],
    ['samples.0.throughputBitsPerSecond', '1e9'],
    ['samples.0.throughputBitsPerSecond', null],
    ['samples.0.seconds', 0],
    ['samples.0.order', -1],
    ['samples.1.latencyUs', undefined],
    ['samples.1.latencyUs.p99', 'NaN'],
    ['samples.1.bpf.redirectedBytes', 1.5],
    ['samples.0.experiment', 'latency'],
  ];
  for (const [place, value] of HOSTILE) {
    it(`with ${place} = ${value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60)} is refused, and the place named`, () => {
      assert.throws(
        () => parseDocument(damaged(place, value)),
        (error: Error) => {
          assert.match(error.message, /^not a sockmap benchmark: /);
          // The last key may be one of a discriminated union: then its parent is named.
          assert.ok(error.message.includes(place.split('.')[0] ?? ''), error.message);
          return true;
        },
      );
    });
  }

  describe('of more than can be drawn is refused:', () => {
    const text = (samples: readonly Sample[]) => JSON.stringify({ ...resultDocument(), samples });
    const trip = (request: number, response: number): LatencySample => ({
      ...roundTrip(),
      requestBytes: request + 1,
      responseBytes: response + 1,
    });
    const count = (length: number) => [...Array(length).keys()];

    it('sizes', () => {
      const streams = (length: number) =>
        count(length).map((index) => ({ ...stream(index), messageBytes: index + 1 }));
      parseDocument(text(streams(500)));
      assert.throws(() => parseDocument(text(streams(501))), {
        message: 'not a sockmap benchmark: samples: more than 500 different sizes',
      });
    });

    it('request sizes, and pairs of them with response sizes, measured or not', () => {
      const words =
        /^Error: not a sockmap benchmark: samples: more than 32 different request sizes/;
      parseDocument(text(count(32).map((index) => trip(index, 0))));
      assert.throws(() => parseDocument(text(count(33).map((index) => trip(index, 0)))), words);
      parseDocument(text(count(500).map((index) => trip(index % 25, index % 20))));
      parseDocument(text(count(22).map((index) => trip(index, index))));
      assert.throws(() => parseDocument(text(count(23).map((index) => trip(index, index)))), words);
    });

    it('samples of a plan', () => {
      const plan = { ...resultDocument().plan, points: count(50).map(point) };
      const of = (repetitions: number) =>
        JSON.stringify({ ...resultDocument(), plan: { ...plan, repetitions } });
      parseDocument(of(500));
      assert.throws(() => parseDocument(of(501)), /plan\.repetitions: more than 50000 samples/);
    });
    const point = (index: number): Point => ({
      experiment: 'throughput',
      messageBytes: index + 1,
      arms: ['tcp', 'bypass'],
    });
  });

  it('is refused when it is not JSON, or not an object', () => {
    const whole = JSON.stringify(resultDocument());
    for (const text of ['', '{', whole.slice(0, -1), `${whole}}`, '\0', 'NaN', "{'schema':1}"]) {
      assert.throws(() => parseDocument(text), /^Error: not JSON: /);
    }
    for (const text of ['null', '[]', '1', '"x"', 'true', '{}']) {
      assert.throws(() => parseDocument(text), /^Error: not a sockmap benchmark: /);
    }
  });

  it('with a fault in each of many places is refused in a line', () => {
    const samples = Array.from({ length: 5000 }, () => ({ ...stream(), arm: 'udp' }));
    assert.throws(
      () => parseDocument(damaged('samples', samples)),
      /^Error: not a sockmap benchmark: samples\[0\]\.arm: Invalid option: .{1,100} \(and 4999 more faults\)$/,
    );
  });

  it('cannot reach the prototype', () => {
    const text = JSON.stringify(resultDocument()).replace('{', '{"__proto__":{"polluted":1},');
    const document = parseDocument(text);
    assert.equal(Reflect.get(document, 'polluted'), undefined);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  it('may be long', () => {
    const samples = Array.from({ length: 5000 }, (_, order) =>
      order % 2 === 0 ? stream(order) : roundTrip(order),
    );
    assert.equal(parseDocument(JSON.stringify(resultDocument({ samples }))).samples.length, 5000);
  });
});
