import assert from 'node:assert/strict';
import { readMessage, readState } from '../../../../src/bypass/live/messages.ts';
import { parseLive, type LiveReading } from '../../../../src/bypass/live/reading.ts';
import { pauseAfter } from '../../../../src/ui/poller.ts';
import { BOUNDARY } from '../../recorded.ts';

const output = (sections: Readonly<Record<string, string>>): string =>
  Object.entries({ ...sections, end: '' })
    .map(([name, text]) => `\n${BOUNDARY} ${name}\n${text}\n`)
    .join('');
const CONFIG = JSON.stringify([
  { key: [], value: [], formatted: { key: 0, value: { mode: 1, reach: 0, queue_bound: 0 } } },
]);
const WHOLE = {
  state: '385690823 56413914',
  counters: 'sockets_added=400,redirected_bytes=18446744073709551615',
  config: CONFIG,
  sockets: 'held 2\n74e6c3 1 56415798 0 0 127.0.0.1:42121 [::ffff:10.0.0.1%eth0]:49592\nmine 1',
  owners: '56415798 409',
  names: '409 (sd pam) x\n7 other',
};
const parsed = (change: Readonly<Record<string, string>> = {}): LiveReading => {
  const reading = parseLive(output({ ...WHOLE, ...change }), BOUNDARY);
  assert.ok(typeof reading === 'object');
  return reading;
};

describe('a reading of a bypass', () => {
  it('has counters, configuration, sockets and the processes that have them', () => {
    const { at, pin, counters, config, held, mine, sockets, owners, ...flags } = parsed();
    assert.deepEqual([at, pin, held, mine], [3856908.23, '56413914', 2, 1]);
    assert.deepEqual(counters, { sockets_added: 400, redirected_bytes: 2 ** 64 });
    assert.deepEqual(config, { mode: 1, reach: 0, queue_bound: 0 });
    assert.deepEqual(sockets, [
      {
        cookie: '74e6c3',
        inMap: true,
        inode: 56415798,
        sentBytes: 0,
        sentSegments: 0,
        local: '127.0.0.1:42121',
        peer: '[::ffff:10.0.0.1%eth0]:49592',
      },
    ]);
    assert.deepEqual(owners?.get(56415798), { pid: 409, name: '(sd pam) x' });
    assert.deepEqual(flags, { tellsSockets: true, capped: false });
  });

  it('says where ss cannot tell, and where there is more', () => {
    assert.equal(parsed({ sockets: 'held 2\nss\nmine 0' }).tellsSockets, false);
    assert.equal(parsed({ sockets: 'held 2\nmore\nmine 0' }).capped, true);
  });

  it('is none where nothing is pinned, or bpftool prints nothing', () => {
    assert.equal(parseLive(output({ state: '', sockets: 'mine 0' }), BOUNDARY), undefined);
    assert.equal(typeof parseLive(output({ ...WHOLE, counters: '' }), BOUNDARY), 'string');
  });

  it('takes nothing from lines of another form', () => {
    const hostile = [
      'x 1 2 3 4 a:1 b:2',
      '74e6c3 1 5 0 0 <b>:1 $(zap):2',
      '74e6c3 1 5 0 0 a:1 b:2 more',
      'mine 99999999999999',
      'held -1',
    ].join('\n');
    const { sockets, mine, held } = parsed({ sockets: hostile });
    assert.deepEqual([sockets, mine, held], [[], 0, undefined]);
    assert.equal(parsed({ config: '{' }).config, undefined);
    assert.equal(parsed({ owners: '5 6 7\nx', names: '' }).owners?.size, 0);
  });
});

describe('messages of the live page', () => {
  it('are those of the protocol', () => {
    for (const message of [
      { type: 'ready' },
      { type: 'seen', seen: false },
      { type: 'choose', id: '/sys/fs/cgroup/a' },
      { type: 'mode', mode: 'off' },
      { type: 'reach', reach: 'host' },
      { type: 'limits', queueBoundMiB: 1.5, oneWayLimit: 10, share: 50 },
    ])
      assert.deepEqual(readMessage(message), message);
  });

  it('are nothing else', () => {
    for (const message of [
      undefined,
      null,
      7,
      'ready',
      {},
      { type: 'unload' },
      { type: 'ready', more: 1 },
      { type: 'mode', mode: 'classic' },
      { type: 'reach', reach: '__proto__' },
      { type: 'limits', queueBoundMiB: Number.NaN, oneWayLimit: 10, share: 50 },
      { type: 'limits', queueBoundMiB: 4, oneWayLimit: 10, share: 101 },
      { type: 'limits', queueBoundMiB: 2000, oneWayLimit: 10, share: 50 },
      { type: 'limits', queueBoundMiB: 4, oneWayLimit: 1.5, share: 50 },
      { type: 'choose', id: '' },
    ])
      assert.equal(readMessage(message), undefined, JSON.stringify(message));
  });

  it('have a state that is kept', () => {
    assert.deepEqual(readState({ host: 'web', id: '/a', quantity: 'bytes' }), {
      host: 'web',
      id: '/a',
    });
    for (const state of [undefined, {}, { host: '' }, { host: 7 }])
      assert.equal(readState(state), undefined);
  });
});

describe('the pause between two readings', () => {
  it('is longer where a host is slow, and after failures', () => {
    assert.deepEqual(
      [100, 500, 3000, 30_000].map((took) => pauseAfter(took, 0)),
      [2000, 2000, 12_000, 30_000],
    );
    assert.deepEqual(
      [1, 2, 3, 4, 9].map((failures) => pauseAfter(100, failures)),
      [5000, 10_000, 20_000, 30_000, 30_000],
    );
  });
});
