import assert from 'node:assert/strict';
import { ageText } from '../../../src/assess/page/localTraffic.ts';
import { processName } from '../../../src/assess/page/names.ts';
import { seenSizesPlan } from '../../../src/assess/page/plan.ts';
import { isFromAssessPage } from '../../../src/assess/page/protocol.ts';
import { assessmentView } from '../../../src/assess/page/view.ts';
import { planSchema } from '../../../src/results/document.ts';
import { planFault } from '../../../src/results/plan.ts';
import { assessmentOf, flow } from './flows.ts';

const HOSTILE = 'a\u202Eb\n$(zap) [x](command:y)<b>';

describe('the page of an assessment', () => {
  it('has each pair with what it carries, and numbers to sort it by', () => {
    const gain = {
      at: '',
      basis: 'measured',
      flow: 0,
      isWorth: true,
      ratio: 1.5,
      savedMs: 7,
    } as const;
    const one = flow({ client: '/sys/fs/cgroup/web', bytesToClient: 2048, opened: 3, closed: 1 });
    const { columns, pairs } = assessmentView(assessmentOf([one], { verdict: { gains: [gain] } }));
    const [row] = pairs;
    assert.equal(row?.length, columns.length);
    assert.deepEqual(
      row.map(({ text }) => text),
      [
        'client (/web)',
        'server (/b), port 80',
        '1.50×',
        '1,000 B/s in 20 messages/s',
        '2 KiB/s in 20 messages/s',
        '50 B / 50 B',
        '10 (3 opened, 1 closed)',
        'request and answer',
        '10% / 10%',
        'one network namespace, IPv4',
      ],
    );
    assert.deepEqual(
      columns.map(({ isNumber }, index) => isNumber === (typeof row[index]?.sort === 'number')),
      columns.map(() => true),
    );
  });

  it('has nothing of a name that would be unseen or turn around what stands beside it', () => {
    const assessment = assessmentOf([flow({ client: `/${HOSTILE}`, server: `/${HOSTILE}2` })], {
      notLookedAt: [HOSTILE],
      relies: [
        {
          process: HOSTILE,
          pids: [1],
          cgroup: `/${HOSTILE}`,
          use: 'splice',
          title: HOSTILE,
          calls: 1,
          sockets: 1,
          flows: [0],
          effect: 'stalls',
          consequence: HOSTILE,
          basis: 'known',
        },
      ],
      verdict: {
        words: HOSTILE,
        cgroups: [
          {
            cgroup: `/${HOSTILE}`,
            label: HOSTILE,
            savedMs: 1,
            ratio: 1.1,
            basis: 'estimate',
            flows: [0],
            against: [],
          },
        ],
      },
    });
    const text = JSON.stringify(assessmentView(assessment, `/${HOSTILE}`));
    assert.ok(!text.includes('\u202E'));
    assert.ok(text.includes('a<U+202E>b'));
  });

  it('has names that can be read and copied, also of programs that have none', () => {
    const names = ['\n', '', ' \t', '\u001b[1m', 'a b'].map(processName);
    assert.deepEqual(names, ['"\\n"', '""', '" \\t"', '"\\u001b[1m"', 'a b']);
    assert.equal(processName(undefined), 'a process that is gone');
  });

  it('draws the busiest cgroups, and says how many it leaves out', () => {
    const flows = Array.from({ length: 60 }, (_, index) =>
      flow({ client: `/c${index}`, server: '/hub', bytesToServer: 1000 * (60 - index) }),
    );
    const { graph, pairs } = assessmentView(assessmentOf(flows));
    assert.equal(pairs.length, 60);
    assert.equal(graph.nodes.length, 40);
    assert.deepEqual(
      [graph.nodes[0]?.name, graph.nodes[1]?.name, graph.edges.length],
      ['/hub', '/c0', 39],
    );
    assert.equal(graph.note, '21 cgroups with less traffic are not drawn.');
    assert.match(graph.words, /^40 cgroups .* \/c0 to \/hub, 59\.6 KiB\/s\. /);
  });

  it('adds up what goes between two cgroups, and within one counts it once', () => {
    const gains = [
      { at: '', basis: 'estimate', flow: 2, isWorth: true, ratio: 2, savedMs: 1 } as const,
    ];
    const flows = [flow(), flow({ bytesToServer: 3000 }), flow({ client: '/b' })];
    const { graph } = assessmentView(assessmentOf(flows, { verdict: { gains, cover: ['/b'] } }));
    assert.deepEqual(
      graph.edges.map(({ from, to, bytes, gains: isGain }) => [
        graph.nodes[from]?.name,
        graph.nodes[to]?.name,
        bytes,
        isGain,
      ]),
      [
        ['/a', '/b', 6000, false],
        ['/b', '/b', 2000, true],
      ],
    );
    assert.deepEqual(
      graph.nodes.map(({ words, isChosen }) => [words, isChosen]),
      [
        ['server, client · 7.81 KiB/s', true],
        ['client · 5.86 KiB/s', false],
      ],
    );
  });

  it('takes no message but its own', () => {
    assert.ok(isFromAssessPage({ type: 'load' }));
    for (const other of [undefined, null, 'load', {}, { type: 'unload' }, { type: ['load'] }])
      assert.equal(isFromAssessPage(other), false);
  });

  it('says how old it is', () => {
    const minute = 60_000;
    assert.deepEqual([0, minute, 59 * minute, 150 * minute].map(ageText), [
      'just now',
      '1 min ago',
      '59 min ago',
      '2 h ago',
    ]);
  });
});

describe('a benchmark with the sizes that were seen', () => {
  it('is a plan as any other, between namespaces where those are what was seen', () => {
    const plan = seenSizesPlan({
      ...assessmentOf([]).verdict,
      reach: 'host',
      sizes: [
        { experiment: 'latency', requestBytes: 64, responseBytes: 1024 },
        { experiment: 'throughput', messageBytes: 16_384 },
      ],
    });
    assert.ok(plan);
    assert.equal(planFault(planSchema.parse(plan)), undefined);
    assert.equal(plan.topology, 'namespaces');
    assert.deepEqual(
      plan.points.map(({ experiment, arms }) => [experiment, arms.length]),
      [
        ['latency', 2],
        ['throughput', 3],
      ],
    );
  });

  it('is none where nothing was seen', () => {
    assert.equal(seenSizesPlan(assessmentOf([]).verdict), undefined);
  });
});
