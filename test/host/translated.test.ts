import { assertKept, type Hazard } from '../harness/host/hazards.ts';

const redirected = { answered: 3, bytesOver: [0, 999], redirectedMessages: 6 } as const;

/** Cases of nat.sh. */
const TRANSLATED: readonly Hazard[] = [
  {
    title: 'a published port, from a container and from the host',
    name: 'published',
    kept: { published: redirected },
    cases: 3,
  },
  { title: 'a service that asks itself', name: 'hairpin', kept: { hairpin: redirected } },
  {
    title: 'a service of several containers, each in turn',
    name: 'service',
    kept: { service: redirected },
    cases: 4,
  },
  {
    title:
      'a service in a network that was not declared: its connections stay on TCP, and are counted',
    name: 'undeclared',
    kept: { undeclared: { answered: 'ok', socketsAdded: 0, refused: [1, 9] } },
  },
  {
    title: 'a proxy of user space: both of its connections',
    name: 'proxy',
    kept: { proxy: { ...redirected, redirectedMessages: 12 } },
  },
];

describe('between containers whose addresses are translated the bypass reaches', function () {
  this.timeout(300_000);
  for (const each of TRANSLATED)
    it(each.title, () => assertKept(each, { script: 'nat.sh', families: ['ipv4'] }));
});

/** The seconds until the first probe and between two, at both ends. */
const probes = (during: string, after: string) => ({
  during: `${during} ${during}`,
  after: `${after} ${after}`,
});
const closed = { answered: 'ok', closed: 1 } as const;

/** It has forgotten them, and what belongs to no connection is dropped. */
describe('a connection that was idle for longer than connection tracking remembers', function () {
  this.timeout(300_000);

  const CLOSED: Hazard = {
    title: 'is used and closed by either end: redirected, switched off, and unloaded',
    name: 'idle',
    kept: { 'idle-redirected': closed, 'idle-off': closed, 'idle-unloaded': closed },
  };
  it(CLOSED.title, () => assertKept(CLOSED, { script: 'nat.sh', families: ['client', 'server'] }));

  const RESTORED: Hazard = {
    title: 'sends probes as its program has asked, once it is on TCP',
    name: 'keepalive',
    kept: {
      'keepalive-none': probes('40/40', '7200/75'),
      'keepalive-before': probes('40/40', '50/20'),
      'keepalive-meanwhile': probes('40/40', '70/30'),
    },
  };
  it(RESTORED.title, () => assertKept(RESTORED, { script: 'nat.sh' }));
});
