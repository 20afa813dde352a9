import assert from 'node:assert/strict';
import { servingAttachment } from '../../../src/bypass/load.ts';
import { exclusivePrograms } from '../../../src/bypass/exclusive.ts';
import { parseStatus } from '../../../src/bypass/found.ts';
import { type Attachment } from '../../../src/bypass/attachment.ts';
import { parseCounters, withContents } from '../../../src/bypass/status.ts';
import { statusReport } from '../../../src/bypass/statusReport.ts';
import { statusBarText } from '../../../src/ui/statusBarText.ts';
import { BOUNDARY, recorded } from '../recorded.ts';

const ROOT = '/sys/fs/bpf/sockmap-bypass';
const MOUNT = '/sys/fs/cgroup/unified';

const section = (name: string, text: string): string => `\n${BOUNDARY} ${name}\n${text}\n`;

interface KernelObject {
  readonly id: number;
  readonly name: string;
  readonly type: string;
}
const map = (id: number, name: string, type = 'hash') => ({ id, name, type, max_entries: 64 });
const program = (id: number, name: string, type: string, ...map_ids: number[]) => ({
  ...{ id, name, type, tag: `tag${id}`, map_ids, uid: 0 },
});

const SOCKS = map(1, 'bypass_socks', 'sockhash');
const CONFIG = map(2, 'bypass_config', 'array');
const COUNTERS = map(3, 'bypass_counters', 'percpu_array');
const SOCKOPS = program(11, 'sockmap_sockops', 'sock_ops', 1, 2, 3);
const REDIRECT = program(12, 'sockmap_redirect', 'sk_msg', 1, 2, 3);
const ALL: readonly KernelObject[] = [SOCKS, CONFIG, COUNTERS, SOCKOPS, REDIRECT];

interface Host {
  readonly objects?: readonly KernelObject[];
  /** Programs at cgroup x. */
  readonly attached?: readonly KernelObject[];
  /** Pins by directory. */
  readonly pins?: Readonly<Record<string, readonly KernelObject[]>>;
  readonly loader?: string;
  readonly cgroup?: string;
  readonly code?: number;
}

/** Output of the STATUS script on a host. */
function told(host: Host): string {
  const { objects = ALL, attached = [], pins = {}, loader = '', cgroup = `${MOUNT}/x` } = host;
  const json = (of: readonly KernelObject[]) => JSON.stringify(of);
  const isProgram = (one: KernelObject) => 'tag' in one;
  return [
    section('tree', JSON.stringify(attached.length === 0 ? [] : [{ cgroup, programs: attached }])),
    section('code', String(host.code ?? 0)),
    section('programs', json(objects.filter(isProgram))),
    section('maps', json(objects.filter((one) => !isProgram(one)))),
    ...Object.entries(pins).flatMap(([name, pinned]) => [
      section('pins', `${ROOT}/${name}`),
      section('cgroup', cgroup),
      section('gone', cgroup === '' ? `${MOUNT}/gone` : ''),
      section('effective', json(attached)),
      section('loader', loader),
      ...pinned.map((one) => section('pinned', JSON.stringify(one))),
    ]),
    section('end', ''),
  ].join('');
}

const found = (host: Host) => parseStatus(told(host), BOUNDARY);
const one = (host: Host) => {
  const { bypasses } = found(host);
  assert.equal(bypasses.length, 1, JSON.stringify(bypasses));
  return bypasses[0];
};

describe('the status', () => {
  const whole = { attached: [SOCKOPS], pins: { 15: ALL } };

  it('has what is pinned and attached', () => {
    assert.deepEqual(one(whole), {
      attachment: {
        ...{ cgroup: `${MOUNT}/x`, state: 'attached', policy: 'guarded', configMap: 2 },
        ...{ sockops: { id: 11, tag: 'tag11' }, redirect: { id: 12, tag: 'tag12' } },
        ...{ sockets: 0, maxSockets: 64, counters: {}, pins: `${ROOT}/15` },
      },
      maps: { sockets: 1, config: 2, counters: 3 },
    });
  });

  it('is the same whichever pin somebody has removed', () => {
    const { attachment, maps } = one(whole) ?? {};
    for (const missing of ALL) {
      const pins = { 15: ALL.filter((each) => each !== missing) };
      assert.deepEqual(one({ ...whole, pins }), { attachment, maps }, missing.name);
    }
  });

  it('is classic where no program has a configuration', () => {
    const sockops = { ...SOCKOPS, map_ids: [1] };
    const redirect = { ...REDIRECT, map_ids: [1] };
    const objects = [SOCKS, CONFIG, sockops, redirect];
    const pins = { 15: [SOCKS, sockops, redirect] };
    assert.equal(one({ objects, attached: [sockops], pins })?.attachment.policy, 'classic');
  });

  it('keeps a layout of another version as one entry', () => {
    const flows = map(4, 'flows');
    const sockops = program(11, 'on_socket', 'sock_ops', 1, 4);
    const verdict = program(13, 'sockmap_verdict', 'sk_skb', 1);
    const objects = [SOCKS, flows, sockops, REDIRECT, verdict];
    const { attachment } = one({ objects, attached: [sockops], pins: { 15: objects } }) ?? {};
    assert.deepEqual([attachment?.state, attachment?.sockops?.id], ['attached', 11]);
  });

  it('tells a load that is under way from what one left behind', () => {
    const pins = { '15_aB3dE6gH': ALL };
    const { attachment } = one({ pins, loader: 'ann, process 7' }) ?? {};
    assert.deepEqual([attachment?.state, attachment?.loader], ['loading', 'ann, process 7']);
    assert.equal(one({ pins })?.attachment.state, 'detached');
  });

  it('keeps what a removed cgroup left', () => {
    const { attachment } = one({ pins: { 15: ALL }, cgroup: '' }) ?? {};
    assert.deepEqual([attachment?.cgroup, attachment?.gone], [undefined, `${MOUNT}/gone`]);
  });

  it('finds programs of ours whose pins are gone, by the map that both have', () => {
    const { attachment, maps } = one({ attached: [SOCKOPS] }) ?? {};
    assert.deepEqual(
      [attachment?.state, attachment?.policy, attachment?.redirect?.id, maps?.config],
      ['unpinned', 'guarded', 12, 2],
    );
  });

  it('takes a name for nothing: a program without a map of sockets as ours is somebody else’s', () => {
    const stranger = program(21, 'sockmap_sockops', 'sock_ops', 4);
    const alone = program(22, 'sockmap_sockops', 'sock_ops', 5);
    const objects = [stranger, alone, map(4, 'theirs'), map(5, 'bypass_socks'), REDIRECT, SOCKS];
    const { bypasses, namesakes } = found({ objects, attached: [stranger, alone] });
    assert.deepEqual(bypasses, []);
    assert.deepEqual(
      namesakes.map(({ id, cgroup, owner }) => [id, cgroup, owner]),
      [21, 22].map((id) => [id, `${MOUNT}/x`, 'loaded by user 0']),
    );
  });

  it('is an error where bpftool did not list the cgroups, or the answer is cut off', () => {
    assert.deepEqual(found({}), { bypasses: [], namesakes: [] });
    assert.throws(() => found({ ...whole, code: 255 }), /did not list/);
    const text = told(whole);
    for (let length = 0; length < text.length - 2; length += 7) {
      assert.throws(() => parseStatus(text.slice(0, length), BOUNDARY), /did not list|cut off/);
    }
    const words = text.replace(/\[\{"cgroup".*/, 'Error: can\u2019t open cgroup');
    assert.throws(() => parseStatus(words, BOUNDARY), /can\u2019t open cgroup/);
  });

  it('reads names of cgroups with control characters, which bpftool prints as they are', () => {
    const cgroup = `${MOUNT}/a\u0001\t\u007f`;
    const text = told({ attached: [SOCKOPS], cgroup });
    const raw = text.replace('\\u0001\\t', '\u0001\t');
    assert.notEqual(raw, text);
    assert.equal(parseStatus(raw, BOUNDARY).bypasses[0]?.attachment.cgroup, cgroup);
  });

  it('leaves directories alone that are not named as ours', () => {
    for (const name of ['w-1', 'abc', '12_x', '12_aB3dE6gH9', 'x12', '*']) {
      assert.deepEqual(found({ pins: { [name]: ALL } }).bypasses, [], name);
    }
  });

  it('has what the maps hold', () => {
    const contents = (words: string) =>
      withContents(
        found(whole).bypasses,
        section('sockets 1', words) +
          section('counters 3', recorded('status/counters-guarded.json')) +
          section('config 2', JSON.stringify([{ formatted: { key: 0, value: { mode: 1 } } }])),
        BOUNDARY,
      )[0];
    assert.equal(contents('Found 1 element')?.sockets, 1);
    assert.equal(contents('Found 65536 elements')?.sockets, 65536);
    assert.equal(contents('Error: no such map')?.sockets, 0);
    assert.equal(contents(`Found ${'9'.repeat(400)} elements`)?.sockets, 0);
    assert.equal(contents('')?.counters['redirected_bytes'], 1_000_000);
    assert.deepEqual(contents('')?.config, { mode: 'off', queueBound: 4 << 20, oneWayLimit: 256 });
  });
});

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
              ...program(3, 'theirs3', 'sock_ops'),
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
    ...{ cgroup, state, policy: 'guarded', sockops: undefined, redirect: undefined },
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
