import assert from 'node:assert/strict';
import { parseCgroups } from '../../../src/host/cgroups.ts';
import { parseRunning } from '../../../src/host/running.ts';

const MOUNT = '/sys/fs/cgroup';
const NONE = { names: new Map<string, string>(), pods: new Map<string, string>() };

describe('what runs in cgroups', () => {
  const parts = {
    members: `${MOUNT}\n1\n2\n${MOUNT}/web\n10\n11\n12\n${MOUNT}/web/inner\n13\n14`,
    names: [
      '1:systemd',
      '2:kthreadd',
      '10:nginx',
      '11:nginx',
      '12:php-fpm',
      '13:nginx',
      '14:a',
      '14:/proc/1/comm:forged',
      '1:forged',
      '99:other',
    ]
      .map((line) => `/proc/${line.replace(':', '/comm:')}`)
      .join('\n'),
    sockets: '13\n99',
  };

  it('is counted by name, directly in each', () => {
    const all = parseRunning(parts);
    assert.deepEqual(
      Array.from(all, ([path, one]) => [path, Object.fromEntries(one.programs), one.hasSockets]),
      [
        [MOUNT, { systemd: 1, kthreadd: 1 }, false],
        [`${MOUNT}/web`, { nginx: 2, 'php-fpm': 1 }, false],
        [`${MOUNT}/web/inner`, { nginx: 1, a: 1 }, true],
      ],
    );
  });

  it('counts for those above, the most frequent first', () => {
    const counts = [
      ['', 2],
      ['/web', 3],
      ['/web/inner', 2],
      ['/empty', 0],
    ] as const;
    const text = counts.map(([path, n]) => `${MOUNT}${path}/cgroup.procs:${n}`).join('\n');
    const tree = parseCgroups(text, MOUNT, NONE, parseRunning(parts));
    assert.deepEqual(
      tree.map(({ path, programs, hasSockets }) => [
        path.slice(MOUNT.length),
        programs.map(({ name, count }) => `${name} ${count}`).join(', '),
        hasSockets,
      ]),
      [
        ['', 'nginx 3, a 1, kthreadd 1, php-fpm 1, systemd 1', true],
        ['/empty', '', false],
        ['/web', 'nginx 3, a 1, php-fpm 1', true],
        ['/web/inner', 'a 1, nginx 1', true],
      ],
    );
  });

  it('passes over what is something else', () => {
    const none = parseRunning({ members: '1\nx\n', names: '/proc/1/comm:a', sockets: '1' });
    assert.equal(none.size, 0);
    const odd = parseRunning({
      members: '/a\n1\n-1\n1e3\n 2\n99999999999',
      names: '/proc/1/comm:\n/proc/x/comm:y\nnoise',
      sockets: '',
    });
    assert.deepEqual(Array.from(odd.get('/a')?.programs ?? []), []);
  });
});
