import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Reliance } from '../../../src/assess/assessment.ts';
import { covering } from '../../../src/assess/cover.ts';
import type { Flow } from '../../../src/assess/flows.ts';
import type { Evidence } from '../../../src/assess/objections.ts';
import { verdictOn } from '../../../src/assess/verdict.ts';
import type { Sample } from '../../../src/results/document.ts';
import { parseDocument } from '../../../src/results/document.ts';
import { recorded } from '../recorded.ts';
import { holds } from '../properties.ts';
import { flow as plainFlow, side } from './flows.ts';

const MOUNT = '/sys/fs/cgroup';
const EVIDENCE: Evidence = {
  mount: MOUNT,
  seconds: 15,
  relies: [],
  faults: [],
  isTraced: true,
  documents: [],
};

/** 10,000 round trips a second of 64 bytes, unless it says otherwise. */
const flow = (client: string, server: string, changes: Partial<Flow> = {}): Flow => ({
  ...plainFlow({
    bytesToServer: 640_000,
    bytesToClient: 640_000,
    segmentsToServer: 10_000,
    segmentsToClient: 10_000,
    messagesToServer: 10_000,
    messagesToClient: 10_000,
    meanToServer: 64,
    meanToClient: 64,
  }),
  server: { ...side(server, `${MOUNT}/a.slice/${server}`), port: 80 },
  client: side(client, `${MOUNT}/a.slice/${client}`),
  ...changes,
});

const reliance = (process: string, effect: Reliance['effect']): Reliance => ({
  process,
  effect,
  pids: [1],
  cgroup: `${MOUNT}/a.slice/${process}`,
  use: 'splice',
  title: 'splice()',
  calls: 1,
  sockets: 1,
  consequence: 'It stalls.',
  basis: 'known',
  flows: [0],
});

describe('the verdict on local traffic', () => {
  it('says plainly that nothing would gain', () => {
    assert.match(verdictOn([], EVIDENCE).words, /^Nothing here would gain: no connection/);
    const idle = flow('web', 'db', { shape: 'idle', messagesToServer: 0, messagesToClient: 0 });
    const rare = flow('web', 'db', { messagesToServer: 10, messagesToClient: 10 });
    for (const one of [idle, rare]) {
      const verdict = verdictOn([one], EVIDENCE);
      assert.equal(verdict.words, 'Nothing here would gain from a bypass.');
      assert.deepEqual([verdict.kind, verdict.cover, verdict.cgroups], ['nothing', [], []]);
      assert.equal(verdict.reach, undefined);
    }
  });

  it('ranks cgroups by the waiting that a bypass takes away', () => {
    const verdict = verdictOn(
      [
        flow('web', 'db', { messagesToServer: 1000, messagesToClient: 1000 }),
        flow('web', 'cache', { messagesToServer: 5000, messagesToClient: 5000 }),
      ],
      EVIDENCE,
    );
    assert.deepEqual(
      verdict.cgroups.map(({ cgroup }) => cgroup),
      ['web', 'cache', 'db'].map((name) => `${MOUNT}/a.slice/${name}`),
    );
    assert.equal(verdict.kind, 'gains');
    assert.deepEqual(verdict.cover, [
      `${MOUNT}/a.slice/cache`,
      `${MOUNT}/a.slice/db`,
      `${MOUNT}/a.slice/web`,
    ]);
    assert.equal(verdict.reach, 'namespace');
    assert.match(verdict.basis, /a rough estimate, based on measurements of another machine/);
    assert.deepEqual(verdict.sizes, [
      { experiment: 'latency', requestBytes: 64, responseBytes: 64 },
    ]);
  });

  it('needs the reach of the host where ends are in two namespaces', () => {
    const verdict = verdictOn([flow('web', 'db', { sameNamespace: false })], EVIDENCE);
    assert.equal(verdict.reach, 'host');
  });

  it('leaves alone what stays on TCP, and says why', () => {
    const cases: [Flow, Partial<Evidence>, RegExp][] = [
      [flow('web', 'db', { kernelTls: true }), {}, /TLS in the kernel/],
      [flow('web', 'db', { mptcp: true }), {}, /Multipath TCP/],
      [flow('web', 'db', { opened: 10, closed: 50_000 }), {}, /too short to gain/],
      [flow('web', 'db'), { relies: [reliance('db', 'stays')] }, /db uses splice\(\), and stays/],
      [
        flow('web', 'db', { shape: 'one-way', messagesToClient: 10, bytesToClient: 0 }),
        {},
        /small messages one way/,
      ],
    ];
    for (const [one, more, words] of cases) {
      const verdict = verdictOn([one], { ...EVIDENCE, ...more });
      assert.equal(verdict.kind, 'nothing');
      assert.match(verdict.against.map((each) => each.words).join('\n'), words);
    }
  });

  it('leaves alone only those connections of a program that stay', () => {
    const both = [flow('web', 'rpc'), flow('web', 'db')];
    const verdict = verdictOn(both, { ...EVIDENCE, relies: [reliance('web', 'stays')] });
    assert.deepEqual(verdict.cover, [`${MOUNT}/a.slice/db`, `${MOUNT}/a.slice/web`]);
    assert.deepEqual(
      verdict.against.map(({ words }) => words),
      ['web to rpc, port 80: web uses splice(), and stays on TCP.'],
    );
  });

  it('leaves out a program that would stall, where there is other traffic', () => {
    const relies = [reliance('proxy', 'stalls')];
    const both = [flow('web', 'db'), flow('web2', 'proxy')];
    const verdict = verdictOn(both, { ...EVIDENCE, relies });
    assert.equal(verdict.kind, 'gains');
    assert.deepEqual(verdict.cover, [`${MOUNT}/a.slice/db`, `${MOUNT}/a.slice/web`]);
    assert.match(verdict.words, /something serious speaks against those/);
    const alone = verdictOn(both.slice(1), { ...EVIDENCE, relies });
    assert.equal(alone.kind, 'doubtful');
    assert.deepEqual(
      alone.against.map(({ kind, isGrave }) => [kind, isGrave]),
      [['stalls', true]],
    );
  });

  it('cannot reach the root cgroup', () => {
    const root = flow('web', 'db', { client: side('web', MOUNT) });
    const verdict = verdictOn([root], EVIDENCE);
    assert.equal(verdict.kind, 'nothing');
    assert.match(verdict.against[0]?.words ?? '', /an end in the root cgroup/);
  });

  it('takes the gain from results of the host, at the nearest size', () => {
    const document = parseDocument(recorded('bench/all-figures.sockmap-bench.json'));
    const sample = (arm: Sample['arm'], repetition: number, rate: number): Sample => ({
      experiment: 'latency',
      requestBytes: 128,
      responseBytes: 64,
      arm,
      repetition,
      order: repetition,
      startedAt: document.startedAt,
      seconds: 1,
      transactionsPerSecond: rate,
      latencyUs: { mean: 1, stddev: 1, p50: 1, p90: 1, p99: 1 },
    });
    const samples = Array.from({ length: 6 }, (_, round) => [
      sample('tcp', round, 20_000 + round),
      sample('bypass', round, 40_000 + 2 * round),
    ]).flat();
    const { topology: _topology, ...plan } = document.plan;
    const documents = [{ ...document, plan, samples }];
    const { gains, basis } = verdictOn([flow('web', 'db')], { ...EVIDENCE, documents });
    assert.deepEqual([gains[0]?.basis, gains[0]?.at], ['measured', '128 B / 64 B']);
    assert.ok(Math.abs((gains[0]?.ratio ?? 0) - 2) < 0.01);
    // 10,000 a second of 50 µs, half of which goes.
    assert.ok(Math.abs((gains[0]?.savedMs ?? 0) - 250) < 1);
    assert.equal(basis, 'The gain is from results of this host.');
    const between = verdictOn([flow('web', 'db', { sameNamespace: false })], {
      ...EVIDENCE,
      documents,
    });
    assert.equal(between.gains[0]?.basis, 'estimate', 'measured within one namespace');
  });
});

describe('the cgroups that cover traffic', () => {
  it('are one above several where all that talks there is wanted', () => {
    const pod = `${MOUNT}/kubepods.slice/pod1.slice`;
    assert.deepEqual(covering(MOUNT, [`${pod}/a`, `${pod}/b`], []), [pod]);
    assert.deepEqual(covering(MOUNT, [`${pod}/a`, `${pod}/b`], [`${pod}/c`]), [
      `${pod}/a`,
      `${pod}/b`,
    ]);
    const services = [`${MOUNT}/system.slice/a`, `${MOUNT}/system.slice/b`];
    assert.deepEqual(covering(MOUNT, services, []), services);
  });

  const names = fc.constantFrom('a', 'b', 'c');
  const paths = fc.array(
    fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => [MOUNT, ...parts].join('/')),
    { maxLength: 8 },
  );
  const isWithin = (one: string, other: string) => one === other || one.startsWith(`${other}/`);
  holds(
    'hold what is wanted, none twice, and nothing else',
    fc.tuple(paths, paths),
    ([wanted, all]) => {
      const others = all.filter((one) => !wanted.some((each) => isWithin(one, each)));
      const cover = covering(MOUNT, wanted, others);
      for (const one of wanted) assert.ok(cover.some((each) => isWithin(one, each)));
      for (const one of others) assert.ok(!cover.some((each) => isWithin(one, each)));
      for (const each of cover) {
        assert.equal(cover.filter((other) => isWithin(each, other)).length, 1);
        assert.ok(
          wanted.some((one) => isWithin(one, each)),
          'one that nothing needs',
        );
        assert.notEqual(each, MOUNT);
      }
      assert.ok(cover.length <= new Set(wanted).size);
    },
  );
});
