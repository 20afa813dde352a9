import assert from 'node:assert/strict';
import type { Attachment } from '../../../src/bypass/attachment.ts';
import type { LiveConfig } from '../../../src/bypass/config.ts';
import { fromTree } from '../../../src/commands/fromTree.ts';
import { HostError, type ProblemKind } from '../../../src/host/errors.ts';
import { rowOf } from '../../../src/ui/hostItems.ts';
import {
  BypassNode,
  CgroupNode,
  childrenOf,
  HostNode,
  ratesSince,
  type Read,
} from '../../../src/ui/hostNodes.ts';
import { Pointed } from '../../../src/ui/pointed.ts';
import { assessmentOf, flow } from '../assess/flows.ts';

const CONFIG: LiveConfig = {
  mode: 'guarded',
  reach: 'namespace',
  queueBound: 1,
  oneWayLimit: 1,
};
const attachment = (change: Partial<Attachment> = {}): Attachment => ({
  cgroup: '/sys/fs/cgroup/a',
  cgroups: ['/sys/fs/cgroup/a'],
  gone: [],
  state: 'attached',
  policy: 'guarded',
  config: CONFIG,
  sockops: { id: 7, tag: 't' },
  redirect: undefined,
  pins: '/sys/fs/bpf/x',
  sockets: 2,
  maxSockets: 65536,
  counters: { redirected_bytes: 1000 },
  ...change,
});

const read = (attachments: readonly Attachment[], change: Partial<Read> = {}): Read => ({
  kind: 'read',
  status: { host: 'web1', attachments, namesakes: [] },
  labels: new Map(),
  rates: new Map(),
  at: 0,
  ...change,
});

function hostWith(reading: HostNode['reading']): HostNode {
  const node = new HostNode({ name: 'web1', origin: 'used' }, true);
  node.reading = reading;
  return node;
}

const rowsBelow = (node: HostNode) => childrenOf(node).map(rowOf);
const labelsBelow = (node: HostNode): string[] => rowsBelow(node).map(({ label }) => label);
const failed = (kind: ProblemKind): HostNode =>
  hostWith({
    kind: 'failed',
    error: new HostError({
      kind,
      tried: 'connect',
      where: 'web1',
      words: 'no route',
      next: 'Wait.',
    }),
  });

describe('the rows of the hosts view', () => {
  it('say what is to be done where there is nothing to show', () => {
    assert.deepEqual(labelsBelow(hostWith({ kind: 'unread' })), [
      'Not read yet',
      'Read from the host',
    ]);
    assert.deepEqual(labelsBelow(hostWith({ kind: 'reading' })), ['Reading…']);
    assert.deepEqual(labelsBelow(hostWith(read([]))), ['No bypass is loaded', 'Load a bypass…']);
    assert.deepEqual(labelsBelow(failed('unreachable')), ['Unreachable', 'Retry']);
  });

  it('say why a host could not be read', () => {
    const [row] = rowsBelow(failed('authentication'));
    assert.equal(row?.label, 'Login refused');
    assert.equal(row.tooltip, 'Could not connect to web1: no route. Wait.');
    assert.equal(rowOf(failed('privilege')).description, 'Root is needed');
  });

  it('tell of a bypass its mode, bytes a second, sockets and reach', () => {
    const one = attachment();
    const rates = ratesSince(
      read([attachment({ counters: { redirected_bytes: 0 } })]),
      status(one),
      500,
    );
    const [row] = rowsBelow(hostWith(read([one], { rates })));
    assert.equal(row?.label, '/a');
    assert.equal(row.description, 'guarded · 1.95 KiB/s · 2 sockets · each namespace');
    assert.deepEqual([row.icon, row.contextValue, row.expands], ['zap', 'bypass', 'never']);
  });

  it('tell by more than colour what is off, without limits or left behind', () => {
    const off = attachment({ config: { ...CONFIG, mode: 'off' } });
    const rest = attachment({ pins: 'p', config: { ...CONFIG, mode: 'unguarded', reach: 'host' } });
    const gone = attachment({
      cgroup: undefined,
      cgroups: [],
      gone: ['/g'],
      state: 'detached',
    });
    const rows = rowsBelow(hostWith(read([off, rest, gone])));
    assert.deepEqual(
      rows.map(({ icon, contextValue, description }) => [icon, contextValue, description]),
      [
        ['circle-slash', 'bypass.off', 'off · 2 sockets · each namespace'],
        ['warning', 'bypass', 'without limits · 2 sockets · whole host'],
        ['circle-slash', 'bypass.left', 'left behind · 2 sockets · each namespace'],
      ],
    );
  });

  it('tell what is kept across reboots, also where it is not loaded', () => {
    const kept = {
      name: 'shop',
      units: ['a.service'],
      cgroups: [],
      policy: 'guarded',
      reach: 'host',
      state: 'on' as const,
      version: '0.1.0',
    };
    const other = {
      ...kept,
      name: 'old',
      units: [],
      cgroups: ['/sys/fs/cgroup/b'],
      state: 'refused' as const,
      why: 'it does not compile on Linux 7',
    };
    const path = '/sys/fs/cgroup/a.slice/a.service';
    const one = attachment({ cgroup: path, cgroups: [path] });
    const reading = read([one]);
    const node = hostWith({ ...reading, status: { ...reading.status, kept: [kept, other] } });
    const [loaded, rest, ...more] = childrenOf(node);
    assert.ok(loaded && rest);
    assert.deepEqual(more, []);
    const { description, contextValue, tooltip } = rowOf(loaded);
    assert.match(description ?? '', /^guarded · kept · /);
    assert.equal(contextValue, 'bypass-kept');
    assert.match(tooltip ?? '', /Kept across reboots: shop 0\.1\.0 \(a\.service\): on$/m);
    const row = rowOf(rest);
    assert.deepEqual(
      [row.label, row.description, row.icon, row.contextValue],
      ['old, kept across reboots', 'not loaded: it does not compile on Linux 7', 'warning', 'kept'],
    );
    assert.deepEqual(
      fromTree('stopKeeping', rest, undefined),
      new Pointed('web1', '/sys/fs/cgroup/b'),
    );
  });

  it('name containers, and the cgroups of a bypass that has several', () => {
    const cgroups = ['/sys/fs/cgroup/a', '/sys/fs/cgroup/b'];
    const labels = new Map([
      ['/sys/fs/cgroup/a', 'db · postgres:16'],
      ['/sys/fs/cgroup/b', ''],
    ]);
    const node = hostWith(read([attachment({ cgroups })], { labels }));
    const [bypass] = childrenOf(node);
    assert.ok(bypass);
    assert.equal(rowOf(bypass).label, 'db · postgres:16 and 1 more');
    assert.deepEqual(
      childrenOf(bypass).map((one) => rowOf(one).label),
      ['db · postgres:16', '/b'],
    );
  });

  const status = (...attachments: Attachment[]) => read(attachments).status;

  it('are there once, whatever a host says', () => {
    const node = hostWith(read([attachment(), attachment({ sockets: 7 })]));
    assert.equal(childrenOf(node).length, 1);
    const [twice] = childrenOf(hostWith(read([attachment({ cgroups: ['/a', '/b', '/a'] })])));
    assert.ok(twice);
    assert.equal(childrenOf(twice).length, 2);
  });

  it('show the local traffic of a host that was assessed, with its age', () => {
    const cgroups = ['/sys/fs/cgroup/a', '/sys/fs/cgroup/b'];
    const node = hostWith(read([attachment({ cgroups })]));
    const flows = [flow({ client: '/sys/fs/cgroup/a/x', server: '/sys/fs/cgroup/c' })];
    const kept = { assessment: assessmentOf(flows), seconds: 15, cgroup: undefined };
    node.assessed = { ...kept, at: Date.now() - 5 * 60_000 };
    const [bypass, note] = childrenOf(node);
    assert.ok(bypass && note);
    const text = '1.95 KiB/s local, 40 messages/s (5 min ago)';
    assert.match(rowOf(bypass).tooltip ?? '', new RegExp(text.replace(/[()]/g, '\\$&')));
    assert.deepEqual(
      childrenOf(bypass).map((one) => rowOf(one).description),
      [text, '0 B/s local, 0 messages/s (5 min ago)'],
    );
    const row = rowOf(note);
    assert.deepEqual(
      [row.label, row.description, row.does?.command],
      ['Assessed: no gain', '5 min ago', 'sockmapBypass.showAssessment'],
    );
    assert.deepEqual(fromTree('showAssessment', note, undefined), { host: 'web1' });
  });

  it('have no bytes a second for what was loaded anew, or counts less than before', () => {
    const before = read([attachment()]);
    const rate = (one: Attachment) => [...ratesSince(before, status(one), 2000).values()];
    assert.deepEqual(rate(attachment({ counters: { redirected_bytes: 5000 } })), [2000]);
    assert.deepEqual(rate(attachment()), [0]);
    assert.deepEqual(rate(attachment({ sockops: { id: 8, tag: 't' } })), []);
    assert.deepEqual(rate(attachment({ counters: { redirected_bytes: 1 } })), []);
    assert.deepEqual(rate(attachment({ counters: {} })), []);
    assert.equal(ratesSince(undefined, status(attachment()), 2000).size, 0);
  });
});

describe('a row as the argument of a command', () => {
  const host = hostWith(read([attachment()]));
  const bypass = new BypassNode(hostWith({ kind: 'unread' }), attachment(), read([]));
  const cgroup = new CgroupNode(bypass, '/sys/fs/cgroup/b');

  it('is what a keybinding would write, where that is complete', () => {
    assert.deepEqual(fromTree('status', host, undefined), { host: 'web1' });
    const named = { host: 'web1', cgroup: '/sys/fs/cgroup/a' };
    assert.deepEqual(fromTree('unload', bypass, undefined), named);
    assert.deepEqual(fromTree('removeCgroups', cgroup, undefined), {
      host: 'web1',
      cgroup: '/sys/fs/cgroup/b',
    });
  });

  it('is what was pointed at, where the rest is to be asked', () => {
    assert.deepEqual(fromTree('load', host, undefined), new Pointed('web1'));
    assert.deepEqual(
      fromTree('runBenchmark', bypass, undefined),
      new Pointed('web1', '/sys/fs/cgroup/a'),
    );
  });

  it('is made of nothing that looks like one', () => {
    for (const other of [undefined, { host: 'web1' }, Object.assign({}, host), ['web1']])
      assert.equal(fromTree('load', other, undefined), undefined);
  });
});
