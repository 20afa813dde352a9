import assert from 'node:assert/strict';
import type { Attachment, BypassStatus } from '../../../src/bypass/attachment.ts';
import { fleetRow } from '../../../src/ui/fleetRows.ts';

const attachment = (change: Partial<Attachment> = {}): Attachment => ({
  cgroup: '/sys/fs/cgroup/a',
  cgroups: ['/sys/fs/cgroup/a'],
  gone: [],
  state: 'attached',
  policy: 'guarded',
  config: { mode: 'guarded', reach: 'namespace', queueBound: 1, oneWayLimit: 1 },
  sockops: { id: 7, tag: 't' },
  redirect: undefined,
  pins: '/sys/fs/bpf/x',
  sockets: 2,
  maxSockets: 65536,
  counters: {},
  ...change,
});

const read = (status: Partial<BypassStatus>) => ({
  kernel: '6.18.5',
  status: { host: 'web1', attachments: [], namesakes: [], ...status },
});

describe('a row of the fleet', () => {
  it('says what is loaded, how it is set, and whether it stays across reboots', () => {
    const kept = {
      name: 'app',
      units: ['app.service'],
      cgroups: [],
      policy: 'guarded',
      reach: 'host',
      state: 'on' as const,
      version: '0.1.0',
    };
    const others = {
      config: { mode: 'off', reach: 'host', queueBound: 1, oneWayLimit: 1, share: 25 },
    } as const;
    const row = fleetRow(
      'web1',
      {
        isReading: false,
        read: read({ attachments: [attachment(), attachment(), attachment(others)], kept: [kept] }),
      },
      { startedAt: '2026-03-01T10:00:00.000Z', outcome: 'good' },
    );
    assert.deepEqual(
      [row.state, row.kernel, row.isOn, row.mode, row.reach, row.kept, row.latest?.outcome],
      [
        'read',
        '6.18.5',
        true,
        'guarded; off, 25% of new connections',
        'each namespace; whole host',
        'on',
        'good',
      ],
    );
  });

  it('says that nothing is loaded, and that it is being read, or known by its results only', () => {
    const none = fleetRow('web1', { isReading: false, read: read({}) }, undefined);
    assert.deepEqual(
      [none.state, none.isOn, none.mode, none.reach, none.kept],
      ['read', false, 'not loaded', '', 'no'],
    );
    assert.equal(fleetRow('web1', { isReading: true }, undefined).state, 'reading');
    assert.equal(fleetRow('web1', undefined, undefined).state, 'unread');
    const again = fleetRow('web1', { isReading: true, problem: 'gone', read: read({}) }, undefined);
    assert.deepEqual([again.state, again.problem], ['read', undefined]);
  });

  it('says why a host could not be read, in words that are text', () => {
    const row = fleetRow('a\u202eb', { isReading: false, problem: 'no\u0007 route' }, undefined);
    assert.deepEqual(
      [row.state, row.name, row.problem],
      ['failed', 'a<U+202E>b', 'no<U+0007> route'],
    );
    assert.equal(row.host, 'a\u202eb', 'the extension knows it by that');
  });
});
