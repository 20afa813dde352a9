import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { servingAttachment } from '../../../src/bypass/load.ts';
import { exclusivePrograms } from '../../../src/bypass/exclusive.ts';
import { type Attachment } from '../../../src/bypass/attachment.ts';
import { parseCounters } from '../../../src/bypass/counters.ts';
import { COUNTER_GROUPS } from '../../../src/bypass/counterReport.ts';
import { statusReport } from '../../../src/bypass/statusReport.ts';
import { statusBarText } from '../../../src/ui/statusBarText.ts';
import { BOUNDARY, recorded } from '../recorded.ts';

const section = (name: string, text: string): string => `\n${BOUNDARY} ${name}\n${text}\n`;

describe('who is in the way', () => {
  const at = (cgroup: string, ...programs: object[]) =>
    section(`at ${cgroup}`, JSON.stringify(programs));
  const attached = (id: number, attach_flags: string, attach_type = 'sock_ops') => ({
    id,
    attach_type,
    attach_flags,
    name: `theirs${id}`,
  });
  const told = (...parts: string[]) =>
    exclusivePrograms(
      parts.join('') +
        section(
          'programs',
          JSON.stringify([
            {
              id: 3,
              name: 'theirs3',
              type: 'sock_ops',
              tag: 'tag3',
              uid: 0,
              pids: [{ pid: 7, comm: 'agent' }],
              pinned: ['/sys/fs/bpf/agent'],
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

const EMPTY: Omit<Attachment, 'cgroup' | 'cgroups'> = {
  gone: [],
  state: 'attached',
  policy: 'guarded',
  sockops: undefined,
  redirect: undefined,
  sockets: 0,
  maxSockets: 0,
  counters: {},
  pins: undefined,
};

describe('the bypass that serves a cgroup', () => {
  const on = (cgroup: string | undefined, state: Attachment['state'] = 'attached'): Attachment => ({
    ...EMPTY,
    cgroup,
    cgroups: cgroup === undefined ? [] : [cgroup, '/also'],
    state,
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
    ...EMPTY,
    cgroup,
    cgroups: [cgroup],
    config: { mode, reach: 'namespace', queueBound: 4 << 20, oneWayLimit: 256 },
  });
  const bar = (...attachments: Attachment[]) =>
    statusBarText([{ host: 'web1', attachments, namesakes: [] }]);

  it('is not counted as on, beside one that is or alone', () => {
    const [on, off] = [bypass('/g/on', 'guarded'), bypass('/g/off', 'off')];
    assert.deepEqual([bar(off).icon, bar(off).text], ['circle-slash', 'Sockmap off: web1']);
    assert.deepEqual([bar(on, off).icon, bar(on, off).text], ['zap', 'Sockmap on: web1']);
    assert.equal(bar(on, off, bypass('/g/x', 'guarded')).text, 'Sockmap on: web1 (2)');
    assert.match(bar(on, off).tooltip, /\/g\/off \(off: all is on TCP\)/);
    assert.equal(bar().text, 'Sockmap off: web1');
  });

  it('does not make its host one of several that are on', () => {
    const at = (host: string, ...attachments: Attachment[]) => ({
      host,
      attachments,
      namesakes: [],
    });
    const [on, off] = [bypass('/g/on', 'guarded'), bypass('/g/off', 'off')];
    const said = (...args: Parameters<typeof statusBarText>) => {
      const { icon, text, host } = statusBarText(...args);
      return [icon, text, host];
    };
    const both = [at('web1', on), at('web2', off)];
    assert.deepEqual(said(both), ['zap', 'Sockmap on: web1', 'web1']);
    assert.match(statusBarText(both).tooltip, /web1: \/g\/on \(guarded\)\nweb2: \/g\/off /);
    const three = [...both, at('web3', on)];
    assert.deepEqual(said(three), ['zap', 'Sockmap on: 2 hosts', undefined]);
  });

  it('leaves open what could not be read: that is not off', () => {
    const unread = [{ host: 'db1', reason: 'sudo asks for a password there' }];
    const off = { host: 'web1', attachments: [bypass('/g/off', 'off')], namesakes: [] };
    const { icon, text, tooltip } = statusBarText([off], unread);
    assert.deepEqual([icon, text], ['question', 'Sockmap not read: db1']);
    assert.match(tooltip, /db1: not read, sudo asks/);
    assert.equal(statusBarText([], unread).host, 'db1');
    const on = { ...off, attachments: [bypass('/g/on', 'guarded')] };
    assert.equal(statusBarText([on], unread).text, 'Sockmap on: web1');
  });

  it('is reported as loaded, but off', () => {
    const report = statusReport({
      host: 'web1',
      attachments: [bypass('/g/off', 'off')],
      namesakes: [],
    });
    assert.match(report, /state +loaded, but switched off/);
    assert.doesNotMatch(report, /state +on\b/);
  });
});

describe('the status in words', () => {
  const source = fs.readFileSync(
    path.join(import.meta.dirname, '../../../bpf/sockmap_bypass.bpf.c'),
    'utf8',
  );
  const attachment: Attachment = {
    cgroup: '/g/web',
    cgroups: ['/g/web', '/g/db'],
    gone: ['/g/old'],
    state: 'attached',
    policy: 'guarded',
    sockops: undefined,
    redirect: undefined,
    sockets: 2,
    maxSockets: 65_536,
    pins: '/p/1',
    counters: {
      sockets_added: 4,
      peer_remote: 1_200,
      peer_outside: 0,
      tcp_early_bytes: 3,
      new_one: 5,
    },
    config: { mode: 'guarded', reach: 'host', queueBound: 4 << 20, oneWayLimit: 256 },
  };
  const report = statusReport({ host: 'web1', attachments: [attachment], namesakes: [] });

  it('is of one bypass with its cgroups and its reach', () => {
    assert.match(report, /^\/g\/web\n\/g\/db\n\/g\/old \(the cgroup is gone\)\n {2}state +on\n/);
    assert.match(report, /^ {2}reach +between network namespaces, too$/m);
    assert.match(report, /^ {2}sockets in the map +2 of 65,536$/m);
  });

  it('has containers by their names', () => {
    const labels = new Map([
      ['/g/web', 'container web · nginx:1.27'],
      ['/g/db', ''],
    ]);
    const named = statusReport(
      { host: 'web1', attachments: [attachment], namesakes: [] },
      undefined,
      labels,
    );
    assert.match(named, /^container web · nginx:1\.27: \/g\/web\n\/g\/db\n\/g\/old \(the/);
  });

  it('says why sockets stay on TCP, those reasons that there were', () => {
    const stayed =
      'Sockets that stayed on TCP, because\n    the other end is on another host  1,200\n';
    assert.ok(report.includes(`\n  ${stayed}\n`), report);
    assert.match(report, /because\n {4}bytes went over TCP before the other end was ready +3$/m);
    assert.match(report, /^ {2}Other counters\n {4}new one +5$/m);
    assert.doesNotMatch(report, /none of these cgroups|Beside that/);
  });

  it('has words for every counter of the programs', () => {
    const struct = /^struct counters \{\n([^}]*)\}/m.exec(source)?.[1] ?? '';
    const counters = Array.from(struct.matchAll(/^\t__u64 (\w+);/gm), ([, name]) => name);
    assert.ok(counters.length > 10);
    const words = COUNTER_GROUPS.flatMap((group) => Object.keys(group.counters));
    assert.deepEqual(words.toSorted(), counters.toSorted());
  });
});
