import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { atEnd } from '../harness/cleanup.ts';
import { Arms, entering, inside, runInside } from '../harness/host/arms.ts';
import { assertKept, type Hazard } from '../harness/host/hazards.ts';
import { eventually } from '../harness/host/wait.ts';
import { endProcesses, processRef } from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory } from '../harness/temporary.ts';

const PROGRAMS = path.join(import.meta.dirname, 'programs');
/** The address of somebody elsewhere, as namespaces.sh has it. */
const ELSEWHERE = '10.78.1.2';
/** Gives its network namespace thousands of addresses, and that one; says so, and waits. */
const CLAIM = `{ seq 5000 | awk '{ printf "address add 10.99.%d.%d/32 dev lo\\n", $1 / 250, $1 % 250 }'
  echo address add ${ELSEWHERE}/32 dev lo; } | ip -batch - && echo done && read -r _`;

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
  {
    title: 'where only one of them has had bytes of the other: nothing is redirected past these',
    name: 'ahead',
    kept: { ahead: { sent: 1, redirectedMessages: 0, refused: 1 } },
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

  it('by addresses that a user claims in a namespace of his own before the bypass is loaded', async () => {
    const id = `claimed-${process.pid}`;
    const temporary = temporaryDirectory();
    const arms = new Arms('claimed');
    const ended: (() => Promise<void>)[] = [];
    const begin = (argv: readonly string[]) => {
      const [command = '', ...args] = argv;
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      const ref = processRef(child.pid ?? 0);
      assert.ok(ref);
      ended.push(atEnd(() => endProcesses([ref])));
      return child;
    };
    try {
      await run(path.join(PROGRAMS, 'namespaces.sh'), ['make', id]);
      const live = path.join(temporary.path, 'live');
      await run('cc', ['-O2', '-o', live, path.join(PROGRAMS, 'live.c')]);
      const claim = ['unshare', '--user', '--map-root-user', '--net', 'sh', '-c', CLAIM];
      await once(begin(inside(arms.bypass, claim, '65534')).stdout, 'data');
      const { addressesCapped } = await arms.load({}, 'host');
      begin(entering(`${id}-out`, [live, 'ipv4', 'listen', '0.0.0.0', '7000']));
      await eventually('somebody elsewhere listens', async () => {
        const at = entering(`${id}-out`, ['ss', '-Hltn', 'sport = :7000']);
        return (await run('ip', at.slice(1))) !== '';
      });
      const client = entering(`${id}-a`, [live, 'ipv4', ELSEWHERE, '7000']);
      const said = await runInside(arms.bypass, client, { input: '\n' });
      assert.equal(said, 'connected\nok\n');
      const { counters } = await arms.status();
      assert.deepEqual(
        [counters['sockets_added'], counters['peer_remote'], addressesCapped],
        [0, 1, undefined],
        JSON.stringify(counters),
      );
    } finally {
      for (const end of ended) await end();
      await arms.remove();
      await run(path.join(PROGRAMS, 'namespaces.sh'), ['remove', id]);
      await temporary.remove();
    }
  });
});
