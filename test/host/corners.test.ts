import assert from 'node:assert/strict';
import {
  assertFigures,
  assertKept,
  FAMILIES,
  find,
  hazards,
  type Figures,
  type Hazard,
} from '../harness/host/hazards.ts';
import { skip } from '../harness/skip.ts';

const SCRIPT = { script: 'corners.sh' };
const onTcp: Figures = { answered: 'ok', redirectedMessages: 0 };

const UNUSUAL: readonly Hazard[] = [
  { title: 'Fast Open', name: 'fastopen', kept: { fastopen: onTcp } },
  { title: 'SYN cookies, of which no request is kept', name: 'cookies', kept: { cookies: onTcp } },
  {
    title: 'two ends that connect to each other',
    name: 'simultaneous',
    kept: { simultaneous: onTcp },
  },
];

const NEVER: Figures = {
  answered: 'ok',
  tcp_early_bytes: 0,
  tcp_one_way_small: 0,
  tcp_peer_gone: 0,
  tcp_queue_bound: 0,
  tcp_socket_options: 0,
  tcp_repair: 0,
};
const REASONS: Hazard = {
  title: 'and is counted, whatever the reason',
  name: 'reasons',
  kept: {
    early: { ...NEVER, tcp_early_bytes: 1 },
    small: { ...NEVER, tcp_one_way_small: 1 },
    gone: { ...NEVER, tcp_peer_gone: 1 },
    bound: { ...NEVER, tcp_queue_bound: 1 },
    polled: { ...NEVER, tcp_queue_bound: 1 },
    inherited: { ...NEVER, tcp_socket_options: 1 },
    lowat: { ...NEVER, tcp_socket_options: 1 },
    inq: { ...NEVER, tcp_socket_options: 1 },
    repair: { ...NEVER, tcp_repair: 1 },
    repaired: { ...NEVER, tcp_repair: 1 },
  },
};

describe('a connection between containers', function () {
  this.timeout(300_000);

  describe('that comes up in an unusual way stays on TCP:', () => {
    for (const each of UNUSUAL) it(each.title, () => assertKept(each, SCRIPT));

    it('Multipath TCP, unless it fell back', async function () {
      const outcome = await hazards('guarded', 'mptcp', { env: { TOPOLOGY: 'bridge' } });
      if (outcome.cases.some(({ answered }) => answered === 'unknown'))
        skip(this, 'a kernel with Multipath TCP');
      for (const family of FAMILIES) {
        for (const test of ['mptcp-to-tcp', 'tcp-to-mptcp', 'mptcp-to-mptcp']) {
          const [found = {}] = find(outcome, test, family);
          const redirectedMessages: Figures[string] = test === 'mptcp-to-tcp' ? [0, 10] : 0;
          assertFigures(found, { answered: 'ok', redirectedMessages, ok: true }, outcome.output);
        }
      }
      assert.equal(outcome.code, 0, outcome.output);
    });
  });

  describe('goes to TCP with the next message', () => {
    for (const [how, env] of [
      ['', {}],
      [', on a kernel without direct loads', { CLANG_FLAGS: '-DLOADS_DIRECTLY=0' }],
    ] as const) {
      it(REASONS.title + how, () => assertKept(REASONS, { ...SCRIPT, families: ['ipv4'], env }));
    }
  });
});
