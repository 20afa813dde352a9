import assert from 'node:assert/strict';
import { History, ratesBetween, WINDOW_SECONDS } from '../../../../src/bypass/live/rates.ts';
import type { LiveReading, LiveSocket } from '../../../../src/bypass/live/reading.ts';

const reading = (at: number, change: Partial<LiveReading> = {}): LiveReading => ({
  at,
  pin: '7',
  config: undefined,
  held: 2,
  owners: undefined,
  counters: { redirected_bytes: 0, redirected_messages: 0, peer_remote: 0 },
  sockets: change.sockets ?? [],
  mine: change.mine ?? change.sockets?.length ?? 0,
  tellsSockets: true,
  capped: false,
  ...change,
});
const moved = (bytes: number, messages = 0, remote = 0) => ({
  counters: { redirected_bytes: bytes, redirected_messages: messages, peer_remote: remote },
});
const socket = (cookie: string, sentBytes: number, sentSegments = 0): LiveSocket => ({
  cookie,
  sentBytes,
  sentSegments,
  inMap: false,
  inode: 1,
  local: '127.0.0.1:1',
  peer: '127.0.0.1:2',
});

describe('rates of a bypass', () => {
  it('are what was counted in each second of the host’s own clock', () => {
    const point = ratesBetween(reading(10, moved(1000, 10)), reading(12.5, moved(6000, 35)));
    assert.deepEqual(point, {
      at: 12.5,
      bypassBytes: 2000,
      bypassMessages: 10,
      tcpBytes: 0,
      tcpSegments: 0,
    });
  });

  it('begin with the second reading', () => {
    assert.equal(ratesBetween(undefined, reading(10, moved(1000))).bypassBytes, null);
    assert.equal(ratesBetween(reading(10), reading(10, moved(1000))).bypassBytes, null);
  });

  it('are not told over a gap, a boot, a reload or a counter that went back', () => {
    const later = reading(12, moved(5000));
    assert.equal(ratesBetween(reading(12 - 91, moved(0)), later).bypassBytes, null);
    assert.equal(ratesBetween(reading(9000, moved(0)), later).bypassBytes, null);
    assert.equal(ratesBetween(reading(10, { ...moved(0), pin: '6' }), later).bypassBytes, null);
    assert.equal(ratesBetween(reading(10, moved(0, 0, 1)), later).bypassBytes, null);
    assert.equal(ratesBetween(reading(10, moved(0)), later).bypassBytes, 2500);
  });

  it('over TCP are of each socket: closed ones take nothing away, new ones count from 0', () => {
    const before = reading(10, { sockets: [socket('a', 1000, 10), socket('gone', 9_000_000, 99)] });
    const now = reading(12, { sockets: [socket('a', 3000, 20), socket('new', 500, 2)] });
    const { tcpBytes, tcpSegments } = ratesBetween(before, now);
    assert.deepEqual([tcpBytes, tcpSegments], [1250, 6]);
  });

  it('over TCP leave out a socket that may have been there before, unread', () => {
    const before = reading(10, { sockets: [socket('a', 1000)], mine: 2 });
    const now = reading(12, { sockets: [socket('a', 3000), socket('b', 1e9)] });
    assert.equal(ratesBetween(before, now).tcpBytes, 1000);
  });

  it('over TCP are not told without ss', () => {
    const { tcpBytes, bypassBytes } = ratesBetween(
      reading(10, { tellsSockets: false }),
      reading(12, { tellsSockets: false, ...moved(10) }),
    );
    assert.deepEqual([tcpBytes, bypassBytes], [null, 5]);
  });
});

describe('the history of a bypass', () => {
  it('keeps the last minutes', () => {
    const history = new History();
    for (let at = 0; at <= 2 * WINDOW_SECONDS; at += 2) history.add(reading(at, moved(at * 10)));
    assert.equal(history.points.length, WINDOW_SECONDS / 2 + 1);
    assert.equal(history.points[0]?.at, WINDOW_SECONDS);
    assert.ok(history.points.every(({ bypassBytes }) => bypassBytes === 10));
    const { seconds, counts } = history.growth();
    assert.equal(seconds, WINDOW_SECONDS);
    assert.equal(counts.get('redirected_bytes'), WINDOW_SECONDS * 10);
  });

  it('counts anew after a reload, and breaks the line there', () => {
    const history = new History();
    history.add(reading(0, moved(100)));
    history.add(reading(2, moved(300)));
    history.add(reading(4, { ...moved(40), pin: '8' }));
    history.add(reading(6, { ...moved(60), pin: '8' }));
    assert.deepEqual(
      history.points.map(({ bypassBytes }) => bypassBytes),
      [null, 100, null, 10],
    );
    const { seconds, counts } = history.growth();
    assert.deepEqual([seconds, counts.get('redirected_bytes')], [2, 20]);
  });

  it('forgets what was before a boot of the host', () => {
    const history = new History();
    history.add(reading(9000, moved(100)));
    history.add(reading(30, moved(0)));
    assert.deepEqual(
      history.points.map(({ at }) => at),
      [30],
    );
  });

  it('knows what each socket sends over TCP', () => {
    const history = new History();
    history.add(reading(0, { sockets: [socket('a', 0)] }));
    assert.equal(history.tcpRateOf('a'), null);
    history.add(reading(2, { sockets: [socket('a', 100)] }));
    assert.equal(history.tcpRateOf('a'), 50);
    assert.equal(history.tcpRateOf('b'), null);
  });
});
