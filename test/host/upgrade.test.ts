import assert from 'node:assert/strict';
import path from 'node:path';
import { bypassStatus } from '../../src/bypass/load.ts';
import { Host } from '../../src/host/host.ts';
import { attachedTo, makeSite, pinsOf, type BypassSite } from '../harness/host/bypass.ts';
import { makeNetns, Pair, type TestNetns } from '../harness/host/traffic.ts';
import { run } from '../harness/run.ts';

const BPF = path.join(import.meta.dirname, '../../bpf');
const COMMAND = path.join(BPF, 'tools/sockmap-bypassctl');
const RELEASED = path.join(import.meta.dirname, 'programs/released/0.1.0');
const BYTES = 4 << 20;

/** Maps of other layouts: 0.1.0 has no reach, no counters of peers, and other flows. */
const WAYS = [
  { way: 'an upgrade from 0.1.0', from: RELEASED, to: BPF },
  { way: 'a downgrade to 0.1.0', from: BPF, to: RELEASED },
];

describe('another version takes over a live bypass', () => {
  let netns: TestNetns;
  let site: BypassSite;
  before(async () => {
    netns = await makeNetns();
  });
  after(() => netns.remove());
  beforeEach(() => {
    site = makeSite('upgrade');
  });
  afterEach(() => site.remove());

  const load = (source: string, ...more: string[]) =>
    run('sh', [COMMAND, 'load', '--cgroup', site.path, '--source', source, ...more]);

  for (const { way, from, to } of WAYS) {
    it(`${way}: no connection is dropped, and no byte lost`, async () => {
      await load(from);
      const [before] = await attachedTo(site.path);
      const idle = await Pair.connect(site.path, netns);
      const busy = await Pair.connect(site.path, netns);
      for (const one of [idle, busy]) {
        assert.ok((await one.move(BYTES)) < BYTES / 50, 'bypassed by the first version');
      }
      const replacing = { ended: false };
      const replaced = load(to, '--replace').finally(() => {
        replacing.ended = true;
      });
      // The data that it moves is compared byte for byte.
      let rounds = 0;
      while (!replacing.ended) {
        await busy.move(BYTES);
        rounds += 1;
      }
      await replaced;
      assert.ok(rounds > 1);
      for (const one of [idle, busy]) {
        assert.ok((await one.move(BYTES)) > BYTES, 'whole, and on TCP');
      }
      const fresh = await Pair.connect(site.path, netns);
      assert.ok((await fresh.move(BYTES)) < BYTES / 50, 'bypassed by the second version');
      const now = await attachedTo(site.path);
      assert.deepEqual([now.length, now[0]?.id === before?.id], [1, false]);
      assert.equal(pinsOf(site.inode).length, 1);
      const host = new Host('local');
      const seen = (await bypassStatus(host)).attachments.filter(({ cgroups }) =>
        cgroups.includes(site.path),
      );
      await host.dispose();
      assert.deepEqual(
        seen.map(({ state, policy, config }) => [state, policy, config?.mode]),
        [['attached', 'guarded', 'guarded']],
      );
      await run('sh', [COMMAND, 'unload', '--cgroup', site.path]);
      await site.assertClean();
      for (const one of [idle, busy, fresh]) {
        assert.ok((await one.move(BYTES)) > BYTES, 'on TCP');
        await one.close();
      }
    });
  }
});
