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
