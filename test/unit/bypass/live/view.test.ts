import assert from 'node:assert/strict';
import type { Attachment } from '../../../../src/bypass/attachment.ts';
import { History } from '../../../../src/bypass/live/rates.ts';
import type { LiveReading } from '../../../../src/bypass/live/reading.ts';
import { shownBypass } from '../../../../src/bypass/live/view.ts';

const loaded: Attachment = {
  cgroup: '/g/a',
  cgroups: ['/g/a'],
  gone: [],
  state: 'attached',
  policy: 'classic',
  sockops: undefined,
  redirect: undefined,
  pins: '/sys/fs/bpf/x',
  sockets: 0,
  maxSockets: 65_536,
  counters: {},
};
const reading = (change: Partial<LiveReading>): LiveReading => ({
  at: 1,
  pin: '7',
  config: undefined,
  held: 0,
  owners: undefined,
  sockets: [],
  counters: { sockets_added: 0, peer_remote: 0 },
  mine: 3,
  tellsSockets: true,
  capped: false,
  ...change,
});

describe('the live page', () => {
  const notYet = (change: Partial<LiveReading>): string | undefined => {
    const history = new History();
    history.add(reading(change));
    return shownBypass(loaded, history, new Map()).notYet;
  };

  it('says why nothing is bypassed where all connections are older than the bypass', () => {
    assert.match(notYet({}) ?? '', /open before the load stay on TCP/);
  });

  it('leaves that to the counters, once there was a connection', () => {
    assert.equal(notYet({ held: 2 }), undefined);
    assert.equal(notYet({ counters: { sockets_added: 2 } }), undefined);
    assert.equal(notYet({ counters: { peer_remote: 1 } }), undefined);
    assert.equal(notYet({ mine: 0 }), undefined, 'there are no connections');
  });
});
