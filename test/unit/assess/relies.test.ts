import assert from 'node:assert/strict';
import type { Side } from '../../../src/assess/flows.ts';
import { parseObserved, tooShort } from '../../../src/assess/observe.ts';
import { probesFor, reliances } from '../../../src/assess/relies.ts';
import type { SemanticRow } from '../../../src/bypass/semantics.ts';
import { assertPlain, holds, INHERITED, textOf } from '../properties.ts';

const OBSERVED = `programs observe_sent observe_received observe_calls
lost 0 5
7 100 1 3 300 2 200 6e67696e78 splice=4 fionread=1
8 100 0 3 300 2 200 - constructor=9
nonsense
9 x 1 3 300 2 200 6e
`;

const side = (process: string): Side => ({
  process,
  cgroup: '/a',
  pids: [],
  cpu: undefined,
  namespace: '1',
});
const row = (semantic: string, tcp: string, bypass: string): SemanticRow => ({
  semantic,
  tcp,
  bypass,
  title: semantic,
  differs: tcp !== bypass,
  told: true,
  detail: `it was ${bypass}`,
  path: 'bypass',
  affected: [],
});

describe('what the observer saw', () => {
  it('is read, with what it could not look at', () => {
    const { seen, notLookedAt, lostElsewhere, hasCounts } = parseObserved(OBSERVED);
    assert.equal(lostElsewhere, 5);
    assert.deepEqual(notLookedAt, []);
    assert.equal(hasCounts, true);
    assert.deepEqual(
      seen.map(({ inode, pid, name, isWithin, sends }) => [inode, pid, name, isWithin, sends]),
      [
        [7, 100, 'nginx', true, 3],
        [8, 100, '', false, 3],
      ],
    );
    assert.deepEqual(Array.from(seen[0]?.uses ?? []), [
      ['splice', 4],
      ['fionread', 1],
    ]);
    assert.deepEqual(Array.from(seen[1]?.uses ?? []), []);
    const old = parseObserved('programs observe_calls\nlost 3 0\n');
    assert.equal(old.hasCounts, false);
    assert.match(old.notLookedAt.join('\n'), /Linux 6\.3[^]*room for \(3 times\)/);
    const other = parseObserved('programs observe_sent observe_received\nlost 0 0\n');
    assert.match(other.notLookedAt.join('\n'), /^splice\(\), sendfile\(\).* architecture/);
  });
  it('has connections that were there at no look, of those with one a second or more', () => {
    const line = (inode: number, name: string, within = 1) =>
      `${inode} 1 ${within} 1 300 1 200 ${name}`;
    const others = [30, 31, 32].map((inode) => line(inode, '6162', 0));
    const own = [10, 11, 12, 13].map((inode) => line(inode, '0a'));
    const { seen } = parseObserved([...own, line(20, '6b'), ...others].join('\n'));
    assert.match(tooShort(seen, new Set([10]), 3).join(), /, of "\\n" \(3\): who/);
    assert.deepEqual(tooShort(seen, new Set([10, 11]), 3), []);
  });
  const words = [OBSERVED, ...OBSERVED.split(/(?<=[ \n])/), ...INHERITED];
  holds('of any words', textOf(words), (text) => {
    assertPlain(parseObserved(text));
  });
});

describe('what programs rely on', () => {
  const { seen } = parseObserved(OBSERVED);
  const ends = new Map([[7, { side: side('nginx'), flow: 3 }]]);

  it('is what this kernel does to it, where that was probed', () => {
    assert.deepEqual(probesFor(['splice', 'rcvlowat']), ['splice-receive']);
    const probed = [
      row('splice-receive', 'intact', 'EAGAIN'),
      row('fionread', 'counted', 'counted'),
    ];
    const found = reliances(seen, ends, probed);
    assert.deepEqual(
      found.map(({ process, use, effect, basis, calls }) => [process, use, effect, basis, calls]),
      [
        ['nginx', 'splice', 'stalls', 'probed', 4],
        ['nginx', 'fionread', 'works', 'probed', 1],
      ],
    );
    assert.match(found[0]?.consequence ?? '', /^On this kernel: it was EAGAIN\. splice\(\) from/);
    assert.deepEqual(found[0]?.flows, [3]);
  });

  it('is what is known of kernels where it was not, or the probe did not end', () => {
    const failed = [{ ...row('splice-receive', 'intact', 'failed'), told: false }];
    for (const probed of [[], failed]) {
      const [splice, fionread] = reliances(seen, ends, probed);
      assert.deepEqual([splice?.effect, splice?.basis], ['stalls', 'known']);
      assert.deepEqual([fionread?.effect, fionread?.basis], ['stalls', 'known']);
    }
  });

  it('is that of local connections alone, added up over the processes of a name', () => {
    const [first] = seen;
    assert.ok(first);
    const more = [...seen, { ...first, inode: 10, pid: 101 }];
    const both = new Map([...ends, [10, { side: side('nginx'), flow: 3 }]]);
    const [splice] = reliances(more, both, []);
    assert.deepEqual([splice?.pids, splice?.calls, splice?.sockets], [[100, 101], 8, 2]);
    assert.deepEqual(reliances(more, new Map(), []), []);
  });
});
