import assert from 'node:assert/strict';
import { servingAttachment } from '../../../src/bypass/load.ts';
import { exclusivePrograms } from '../../../src/bypass/exclusive.ts';
import { type Attachment } from '../../../src/bypass/attachment.ts';
import { parseCounters } from '../../../src/bypass/counters.ts';
import { statusReport } from '../../../src/bypass/statusReport.ts';
import { statusBarText } from '../../../src/ui/statusBarText.ts';
import { BOUNDARY, recorded } from '../recorded.ts';

const section = (name: string, text: string): string => `\n${BOUNDARY} ${name}\n${text}\n`;

describe('who is in the way', () => {
  const at = (cgroup: string, ...programs: object[]) =>
    section(`at ${cgroup}`, JSON.stringify(programs));
  const attached = (id: number, attach_flags: string, attach_type = 'sock_ops') => ({
    ...{ id, attach_type, attach_flags, name: `theirs${id}` },
  });
  const told = (...parts: string[]) =>
    exclusivePrograms(
      parts.join('') +
        section(
          'programs',
          JSON.stringify([
            {
              ...{ id: 3, name: 'theirs3', type: 'sock_ops', tag: 'tag3', uid: 0 },
              ...{ pids: [{ pid: 7, comm: 'agent' }], pinned: ['/sys/fs/bpf/agent'] },
            },
          ]),
        ),
      BOUNDARY,
      '/g/a',
    );

  it('is a program that is there alone, with its owner', () => {
    assert.deepEqual(told(at('/g/a', attached(3, '')), at('/g')), [
      'theirs3 (id 3) is at /g/a and admits no other: loaded by user 0, held by agent (7), pinned at /sys/fs/bpf/agent',
    ]);
    assert.equal(told(at('/g/a', attached(3, 'override'))).length, 1);
    assert.equal(told(at('/g/a'), at('/g', attached(4, ''))).length, 1);
  });

  it('is no program that admits others', () => {
    for (const flags of ['multi', 'override']) {
      assert.deepEqual(told(at('/g/a'), at('/g', attached(4, flags))), []);
    }
    assert.deepEqual(told(at('/g/a', attached(3, 'multi'), attached(4, '', 'ingress'))), []);
    assert.deepEqual(told(section('at /g/a', 'Error: x')), []);
  });
});

describe('counters', () => {
  it('named like what every object has are counted', () => {
    const value = { toString: 1, constructor: 2 };
    const text = JSON.stringify([{ formatted: { values: [{ value }, { value }] } }]);
    assert.deepEqual(Object.entries(parseCounters(text)), [
      ['toString', 2],
      ['constructor', 4],
    ]);
  });

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
    ...{ cgroup, cgroups: cgroup === undefined ? [] : [cgroup, '/also'], gone: [] },
    ...{ state, policy: 'guarded', sockops: undefined, redirect: undefined },
    ...{ sockets: 0, maxSockets: 0, counters: {}, pins: undefined },
  });
  const serving = (cgroup: string, ...attachments: Attachment[]) =>
    servingAttachment({ host: 'web1', attachments, namesakes: [] }, cgroup)?.cgroup;

  it('is on it or on the nearest above', () => {
    const all = [on('/g'), on('/g/a'), on('/g/a/b'), on('/g/ab')];
    assert.equal(serving('/g/a', ...all), '/g/a');
    assert.equal(serving('/g/a/c/d', ...all), '/g/a');
    assert.equal(serving('/g/a/b/c', ...all), '/g/a/b');
    assert.equal(serving('/g/abc', ...all), '/g');
    assert.equal(serving('/also/x', on('/g')), '/g');
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
    ...{ cgroup, cgroups: [cgroup], gone: [] },
    ...{ state: 'attached', policy: 'guarded', sockops: undefined, redirect: undefined },
    ...{ sockets: 0, maxSockets: 0, counters: {}, pins: undefined },
    config: { mode, reach: 'namespace', queueBound: 4 << 20, oneWayLimit: 256 },
  });
  const bar = (...attachments: Attachment[]) =>
    statusBarText({ host: 'web1', attachments, namesakes: [] });

  it('is not counted as on, beside one that is or alone', () => {
    const [on, off] = [bypass('/g/on', 'guarded'), bypass('/g/off', 'off')];
    assert.deepEqual([bar(off).icon, bar(off).text], ['circle-slash', 'Sockmap off: web1']);
    assert.deepEqual([bar(on, off).icon, bar(on, off).text], ['zap', 'Sockmap on: web1']);
    assert.equal(bar(on, off, bypass('/g/x', 'guarded')).text, 'Sockmap on: web1 (2)');
    assert.match(bar(on, off).tooltip, /\/g\/off \(off: all is on TCP\)/);
    assert.equal(bar().text, 'Sockmap off: web1');
  });

  it('is told of as loaded, but off', () => {
    const report = statusReport({
      host: 'web1',
      attachments: [bypass('/g/off', 'off')],
      namesakes: [],
    });
    assert.match(report, /state +loaded, but switched off/);
    assert.doesNotMatch(report, /state +on\b/);
  });
});
