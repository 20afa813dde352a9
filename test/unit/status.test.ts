import assert from 'node:assert/strict';
import { servingAttachment } from '../../src/bypass/load.ts';
import {
  parseCounters,
  parseStatus,
  withUnpinned,
  type Attachment,
} from '../../src/bypass/status.ts';
import { statusBarText, statusReport } from '../../src/views/statusReport.ts';
import { BOUNDARY, recorded } from './recorded.ts';

const ROOT = '/sys/fs/bpf/sockmap-bypass';
const MOUNT = '/sys/fs/cgroup/unified';

const section = (name: string, text: string): string => `\n${BOUNDARY} ${name}\n${text}\n`;

describe('the status, as bpftool 7.1 told it', () => {
  const attachments = parseStatus(recorded('status/bpftool-7.1.txt'), BOUNDARY);
  const [guarded, detached, gone, unpinned] = attachments;

  it('has what is ours: three pinned, one without pins, no directory of others', () => {
    assert.deepEqual(
      attachments.map(({ pins, state }) => [pins, state]),
      [
        [`${ROOT}/1564`, 'attached'],
        [`${ROOT}/1583`, 'detached'],
        [`${ROOT}/1602`, 'detached'],
        [undefined, 'unpinned'],
      ],
    );
  });

  it('tells all of one that is attached', () => {
    assert.deepEqual(guarded, {
      cgroup: `${MOUNT}/guarded`,
      state: 'attached',
      policy: 'guarded',
      // The map says 0 for each: the programs' own defaults.
      config: { mode: 'guarded', queueBound: 4 << 20, oneWayLimit: 256 },
      sockops: { id: 555, tag: '2c9ed12a9f19d62e' },
      redirect: { id: 556, tag: '6d80485c7d474971' },
      sockets: 0,
      maxSockets: 65536,
      counters: {
        ...{ sockets_added: 2, map_full: 0, redirected_messages: 2, redirected_bytes: 1_000_000 },
        ...{ tcp_early_bytes: 0, tcp_queue_bound: 0, tcp_one_way_small: 0, tcp_switched_off: 0 },
        ...{ tcp_peer_gone: 0, resumed: 0 },
      },
      pins: `${ROOT}/1564`,
    });
  });

  it('knows the classic one by its missing configuration', () => {
    assert.equal(detached?.policy, 'classic');
    assert.deepEqual(detached.sockops, { id: 562, tag: '414faa827f8211a2' });
    assert.equal(detached.cgroup, `${MOUNT}/detached`);
  });

  it('keeps what a removed cgroup left', () => {
    assert.equal(gone?.cgroup, undefined);
    assert.deepEqual(gone?.redirect, { id: 570, tag: '17b9db24d43b235a' });
  });

  it('finds a program of ours whose pins are gone', () => {
    assert.equal(unpinned?.cgroup, `${MOUNT}/unpinned`);
    assert.equal(unpinned.sockops?.id, 576);
  });
});

describe('programs without pins', () => {
  const program = (id: number, ...maps: number[]) =>
    section('program', JSON.stringify({ id, name: 'sockmap_sockops', tag: 'ab', map_ids: maps }));
  const attachments = parseStatus(
    section(
      'tree',
      JSON.stringify([
        {
          cgroup: `${MOUNT}/x`,
          programs: [
            { id: 3, name: 'sockmap_sockops' },
            { id: 4, name: 'sockmap_sockops' },
          ],
        },
      ]),
    ) + section('end', ''),
    BOUNDARY,
  );
  const told = (configs: string) =>
    withUnpinned(
      attachments,
      program(3, 7, 8) + program(4, 9) + section('configs', configs) + section('end', ''),
      BOUNDARY,
    ).map(({ policy, sockops, configMap }) => [policy, sockops?.tag, configMap]);

  it('are guarded when they have a configuration, however many there are', () => {
    const expected = [
      ['guarded', 'ab', 8],
      ['classic', 'ab', undefined],
    ];
    assert.deepEqual(told('{"id":8}'), expected);
    assert.deepEqual(told('[{"id":1},{"id":8}]'), expected);
  });

  it('are classic when nobody has one', () => {
    for (const configs of ['', 'Error: can’t', '[]']) {
      assert.deepEqual(told(configs), [
        ['classic', 'ab', undefined],
        ['classic', 'ab', undefined],
      ]);
    }
  });
});

describe('the status of odd hosts', () => {
  const tree = (programs: object[]): string =>
    section('tree', JSON.stringify([{ cgroup: `${MOUNT}/x`, programs }]));

  it('nothing loaded', () => {
    assert.deepEqual(parseStatus(section('tree', '[]') + section('end', ''), BOUNDARY), []);
    assert.deepEqual(parseStatus('', BOUNDARY), []);
  });

  it("others' sock_ops programs are not ours", () => {
    const text = tree([{ id: 3, name: 'bpf_sockops' }, { id: 4 }]) + section('end', '');
    assert.deepEqual(parseStatus(text, BOUNDARY), []);
  });

  it('words in place of JSON count as nothing known', () => {
    const text =
      section('tree', 'Error: cgroup filesystem is not mounted') +
      section('pins', `${ROOT}/12_aB3dE6gH`) +
      section('cgroup', `${MOUNT}/x`) +
      section('effective', '{"error":"x"}') +
      section('sockops', 'null') +
      section('map', '[]') +
      section('end', '');
    assert.deepEqual(parseStatus(text, BOUNDARY), [
      {
        ...{
          cgroup: `${MOUNT}/x`,
          state: 'detached',
          policy: 'classic',
          pins: `${ROOT}/12_aB3dE6gH`,
        },
        ...{ sockops: undefined, redirect: undefined, sockets: 0, maxSockets: 0, counters: {} },
      },
    ]);
  });

  it('directories that are not named as ours are left alone', () => {
    for (const name of ['w-1', 'abc', '12_x', '12_aB3dE6gH9', 'x12', '*']) {
      const text = section('tree', '[]') + section('pins', `${ROOT}/${name}`) + section('end', '');
      assert.deepEqual(parseStatus(text, BOUNDARY), [], name);
    }
  });

  it('counts sockets, one or many', () => {
    const count = (words: string) =>
      parseStatus(
        section('pins', `${ROOT}/1`) + section('sockets', words) + section('end', ''),
        BOUNDARY,
      )[0]?.sockets;
    assert.equal(count('Found 1 element'), 1);
    assert.equal(count('Found 65536 elements'), 65536);
    assert.equal(count('Error: no such map'), 0);
  });
});

describe('counters', () => {
  it('are summed over the CPUs', () => {
    const sums = parseCounters(recorded('status/counters-guarded.json'));
    assert.equal(sums['redirected_bytes'], 1_000_000);
    assert.equal(sums['sockets_added'], 2);
    assert.equal(sums['map_full'], 0);
  });

  it('of both CPUs count', () => {
    const values = [1, 20, 300].map((bytes, cpu) => ({ cpu, value: { bytes, one: 1 } }));
    const text = JSON.stringify([{ key: [], formatted: { key: 0, values } }]);
    assert.deepEqual(parseCounters(text), { bytes: 321, one: 3 });
  });

  it('are none where there is no such map or no BTF', () => {
    for (const text of ['', '{"error":"x"}', '[]', '[{"key":["0x00"],"values":[]}]', 'x']) {
      assert.deepEqual(parseCounters(text), {}, text);
    }
  });
});

describe('the bypass that serves a cgroup', () => {
  const on = (cgroup: string | undefined, state: Attachment['state'] = 'attached'): Attachment => ({
    ...{ cgroup, state, policy: 'guarded', sockops: undefined, redirect: undefined },
    ...{ sockets: 0, maxSockets: 0, counters: {}, pins: undefined },
  });
  const serving = (cgroup: string, ...attachments: Attachment[]) =>
    servingAttachment({ host: 'web1', attachments }, cgroup)?.cgroup;

  it('is on it or on the nearest above', () => {
    const all = [on('/g'), on('/g/a'), on('/g/a/b'), on('/g/ab')];
    assert.equal(serving('/g/a', ...all), '/g/a');
    assert.equal(serving('/g/a/c/d', ...all), '/g/a');
    assert.equal(serving('/g/a/b/c', ...all), '/g/a/b');
    assert.equal(serving('/g/abc', ...all), '/g');
  });

  it('is none where nothing is attached, above or at all', () => {
    assert.equal(serving('/g/a', on('/g/a/b'), on('/g/b')), undefined);
    assert.equal(serving('/g/a', on('/g/a', 'detached'), on('/g', 'unpinned')), undefined);
    assert.equal(serving('/g/a', on(undefined)), undefined);
    assert.equal(serving('/g/a'), undefined);
  });
});

describe('a bypass that is switched off', () => {
  const bypass = (cgroup: string, mode: 'guarded' | 'off'): Attachment => ({
    ...{ cgroup, state: 'attached', policy: 'guarded', sockops: undefined, redirect: undefined },
    ...{ sockets: 0, maxSockets: 0, counters: {}, pins: undefined },
    config: { mode, queueBound: 4 << 20, oneWayLimit: 256 },
  });
  const bar = (...attachments: Attachment[]) => statusBarText({ host: 'web1', attachments });

  it('is not counted as on, beside one that is or alone', () => {
    const [on, off] = [bypass('/g/on', 'guarded'), bypass('/g/off', 'off')];
    assert.deepEqual([bar(off).icon, bar(off).text], ['circle-slash', 'Sockmap off: web1']);
    assert.deepEqual([bar(on, off).icon, bar(on, off).text], ['zap', 'Sockmap on: web1']);
    assert.equal(bar(on, off, bypass('/g/x', 'guarded')).text, 'Sockmap on: web1 (2)');
    assert.match(bar(on, off).tooltip, /\/g\/off \(off: all is on TCP\)/);
    assert.equal(bar().text, 'Sockmap off: web1');
  });

  it('is told of as loaded, but off', () => {
    const report = statusReport({ host: 'web1', attachments: [bypass('/g/off', 'off')] });
    assert.match(report, /state +loaded, but switched off/);
    assert.doesNotMatch(report, /state +on\b/);
  });
});
