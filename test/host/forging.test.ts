import { assertKept, type Hazard } from '../harness/host/hazards.ts';

/** Cases of forge.sh, all with the same script. */
const FORGED: readonly Hazard[] = [
  {
    title:
      'with TCP_REPAIR, in a namespace of a user’s own: he gets nothing, and keeps nobody from it',
    name: 'repair',
    kept: { repair: { answered: 3, stolenBytes: 0, refused: [1, 9], redirectedMessages: 6 } },
  },
  {
    title: 'the same, once TCP_REPAIR has ended',
    name: 'repaired',
    kept: { repaired: { answered: 3, stolenBytes: 0, refused: [1, 9], redirectedMessages: 6 } },
  },
  {
    title:
      'with a number chosen before connect(), and a peer of his own that answers with the other',
    name: 'connect',
    kept: { connect: { answered: 3, stolenBytes: 0, refused: [1, 9], redirectedMessages: 6 } },
  },
  {
    title:
      'the same in a namespace of the host’s own: two have the same numbers, and neither is paired',
    name: 'candidate',
    kept: { candidate: { answered: 4, stolenBytes: 0, refused: [1, 9], redirectedMessages: 0 } },
  },
  {
    title: 'for two sockets in two namespaces of a user’s own: they are not paired',
    name: 'twins',
    kept: {
      'twins-repair': { stolenBytes: 0, redirectedMessages: 0 },
      'twins-repaired': { stolenBytes: 0, redirectedMessages: 0 },
      'twins-connect': { stolenBytes: 0, redirectedMessages: 0 },
    },
  },
];

/** The same, with each family. */
const MISTAKEN: readonly Hazard[] = [
  {
    title:
      'by somebody elsewhere, who copies numbers from one connection to another: he sees the bytes',
    name: 'elsewhere',
    kept: {
      elsewhere: { answered: 3, bytesThere: [12_000, 20_000], socketsAdded: 0, refused: [1, 9] },
    },
  },
  {
    title: 'by addresses and ports, which two pairs of containers have in common',
    name: 'reuse',
    kept: { reuse: { answered: 6, bytesOver: [0, 999], redirectedMessages: 12 } },
  },
  {
    title: 'when the namespaces are deleted while a connection lives',
    name: 'deleted',
    kept: { deleted: { answered: 3, entriesLeft: 0 } },
  },
  {
    title: 'when a container is replaced by one with its address: the peer of the first is told',
    name: 'restarted',
    kept: {
      restarted: { answered: 'ok', told: 'reading the response: Success', bytesOver: [0, 999] },
      again: { answered: 'ok', bytesOver: [0, 999] },
    },
  },
];

describe('sockets of two namespaces are not mistaken for a pair', function () {
  this.timeout(300_000);
  for (const each of FORGED) {
    it(each.title, () => assertKept(each, { script: 'forge.sh', families: ['ipv4'] }));
  }
  for (const each of MISTAKEN) it(each.title, () => assertKept(each, { script: 'forge.sh' }));
});
