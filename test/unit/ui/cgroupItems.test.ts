import assert from 'node:assert/strict';
import type { Cgroup } from '../../../src/host/cgroups.ts';
import { assessmentOf, flow } from '../assess/flows.ts';
import { cgroupItems } from '../../../src/ui/cgroupItems.ts';

const MOUNT = '/sys/fs/cgroup';

const cgroup = (
  path: string,
  processes = 0,
  { label, programs = {}, hasSockets = false }: Partial<Told> = {},
): Cgroup => ({
  path: `${MOUNT}${path}`,
  processes,
  label,
  programs: Object.entries(programs).map(([name, count]) => ({ name, count })),
  hasSockets,
});
interface Told {
  readonly label: string;
  readonly programs: Readonly<Record<string, number>>;
  readonly hasSockets: boolean;
}

const items = (cgroups: readonly Cgroup[], faults?: readonly string[]) =>
  cgroupItems(cgroups, MOUNT, faults);

describe('cgroups to choose from', () => {
  it('come by groups; in each those with TCP sockets first, then those with more processes', () => {
    const all = [
      cgroup('', 500),
      cgroup('/user.slice/user-0.slice/session-1.scope', 3, { label: 'session-1.scope' }),
      cgroup('/user.slice/user@0.service', 3, { label: 'user@0.service', hasSockets: true }),
      cgroup('/init.scope', 1, { label: 'init.scope' }),
      cgroup('/system.slice', 40, { label: 'system.slice', hasSockets: true }),
      cgroup('/system.slice/cron.service', 20, { label: 'cron.service' }),
      cgroup('/system.slice/ssh.service', 1, { label: 'ssh.service', hasSockets: true }),
      cgroup('/system.slice/nginx.service', 5, { label: 'nginx.service', hasSockets: true }),
      cgroup('/idle', 0),
      cgroup('/app', 2),
      cgroup('/x/one', 1, { label: 'container idle · sleep' }),
      cgroup('/x/two', 1, { label: 'container web · nginx:1.27', hasSockets: true }),
      cgroup('/x', 2, { label: 'pod shop/web' }),
      cgroup('/x/two/inner', 1, { label: 'in container web · nginx:1.27' }),
    ];
    assert.deepEqual(
      items(all).map(({ group, label }) => `${group ?? ''}: ${label}`),
      [
        'Containers: container web · nginx:1.27',
        'Containers: pod shop/web',
        'Containers: container idle · sleep',
        'Services: nginx.service',
        'Services: ssh.service',
        'Services: cron.service',
        'Other: /app',
        'Other: in container web · nginx:1.27',
        'Other: /idle',
        'Other: system.slice',
        'Other: user@0.service',
        'Other: session-1.scope',
        'Other: init.scope',
        'Root: /',
      ],
    );
  });

  it('tell their name first, then what runs in them, the path last', () => {
    const programs = { 'php-fpm': 1200, nginx: 5, sh: 1, cron: 1, top: 1 };
    const path = '/system.slice/web.service';
    const [web] = items(
      [cgroup(path, 1208, { label: 'web.service', programs, hasSockets: true })],
      [],
    );
    assert.deepEqual(
      [web?.label, web?.description, web?.detail, web?.value],
      [
        'web.service',
        '1,208 processes · php-fpm ×1,200, nginx ×5, sh, cron, … · TCP',
        path,
        MOUNT + path,
      ],
    );
    const [one, none, root] = items(
      [
        cgroup('/a/b', 1, { programs: { sleep: 1 } }),
        cgroup('/a', 0),
        cgroup('', 9, { programs: { java: 9 } }),
      ],
      [],
    );
    assert.deepEqual(
      [one?.label, one?.description, one?.detail],
      ['/a/b', '1 process · sleep', undefined],
    );
    assert.equal(none?.description, '0 processes');
    assert.deepEqual(
      [root?.label, root?.description, root?.detail],
      ['/', 'every process of the host: 9', undefined],
    );
  });

  it('with more local traffic come first, with its age, where that was assessed', () => {
    const flows = [
      flow({ client: `${MOUNT}/app/one`, server: `${MOUNT}/db` }),
      flow({ client: `${MOUNT}/app/two`, server: `${MOUNT}/db`, bytesToServer: 9000 }),
    ];
    const all = [
      cgroup('/busy', 50, { hasSockets: true }),
      cgroup('/db', 1),
      cgroup('/app', 2),
      cgroup('/app/one', 1),
    ];
    const assessed = { traffic: assessmentOf(flows), ageMs: 3 * 60_000 };
    assert.deepEqual(
      cgroupItems(all, MOUNT, [], assessed).map(({ label, description }) => [label, description]),
      [
        ['/app', '11.7 KiB/s local, 80 messages/s (3 min ago) · 2 processes'],
        ['/db', '11.7 KiB/s local, 80 messages/s (3 min ago) · 1 process'],
        ['/app/one', '1.95 KiB/s local, 40 messages/s (3 min ago) · 1 process'],
        ['/busy', '50 processes · TCP'],
      ],
    );
  });

  const kinds = { nginx: 1, java: 1, haproxy: 1, node: 1, caddy: 1, bash: 1 };
  const told = (faults?: readonly string[]): string[] => {
    const [item] = items([cgroup('/a', 6, { programs: kinds })], faults);
    assert.equal(item?.icon === 'warning', item?.detail !== undefined);
    return item?.detail?.split(' · ') ?? [];
  };

  it('are marked where programs in them are known to suffer on the kernel, and why', () => {
    assert.deepEqual(told(['fionread-tcp']), [
      'nginx may stall: FIONREAD returns 0 while data is waiting',
      'Java may stall: FIONREAD returns 0 while data is waiting',
    ]);
    assert.deepEqual(told(['splice', 'eagain']), [
      'HAProxy may stall: splice() finds no data on bypassed sockets',
      'caddy may stall: splice() finds no data on bypassed sockets',
    ]);
    assert.deepEqual(told(['wake-ups']), [
      'caddy may stall: edge-triggered epoll misses messages',
      'Node.js may stall: edge-triggered epoll misses messages',
    ]);
  });

  it('are not marked where the kernel has no such fault, and with care before it was probed', () => {
    assert.deepEqual(told([]), []);
    assert.deepEqual(
      told().map((one) => one.replace(/ .*/, '')),
      ['nginx', 'Java', 'HAProxy', 'caddy'],
    );
    assert.ok(told().every((one) => one.endsWith('this one is probed before a load')));
  });
});
