import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  bypassStatus,
  loadBypass,
  unloadBypass,
  type LoadOptions,
  type LoadStep,
} from '../../src/bypass/load.ts';
import type { Attachment, Policy } from '../../src/bypass/attachment.ts';
import { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import { endProcesses } from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import {
  attachedTo,
  bpfSource,
  isLoaded,
  makeSite,
  ownSource,
  PIN_ROOT,
  pinsOf,
  type BypassSite,
} from '../harness/host/bypass.ts';
import { marked } from '../harness/host/marks.ts';
import { masters } from '../harness/host/masters.ts';
import { problemOf } from '../harness/host/problems.ts';
import { makeNetns, Pair, type TestNetns } from '../harness/host/traffic.ts';
import { eventually } from '../harness/host/wait.ts';

const BYTES = 16 << 20;
/** Handshakes and their like; what is bypassed is not among them. */
const SOME = BYTES / 50;

const BROKEN = `#include "kernel.h"
int sockmap_sockops(struct bpf_sock_ops *ops)
{
	return no_such_function_anywhere;
}
`;

/** The kernel refuses it at the very end of a long way: the log is long, too. */
const REJECTED = `#include "kernel.h"
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 16);
	__type(key, __u64);
	__type(value, __u64);
} bypass_socks SEC(".maps");
#define ONE if (ops->local_port & bit) sum += ops->remote_ip4 * bit; bit <<= 1;
#define TEN ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE
SEC("sockops")
int sockmap_sockops(struct bpf_sock_ops *ops)
{
	volatile __u32 bit = 1, sum = 0;
	TEN TEN TEN TEN
	return *(int *)(long)sum;
}
SEC("sk_msg")
int sockmap_redirect(struct sk_msg_md *msg)
{
	return SK_PASS;
}
char LICENSE[] SEC("license") = "GPL";
`;

/** The kernel takes it, but not at the place of sock_ops programs. */
const UNATTACHABLE = REJECTED.replace('SEC("sockops")', 'SEC("cgroup_skb/egress")')
  .replace('struct bpf_sock_ops *ops', 'void *skb')
  .replace(/\{\s+volatile[^}]*/, '{\n\treturn 1;\n');

const STEPS: readonly LoadStep[] = [
  ...(['connect', 'check', 'upload', 'compile'] as const),
  ...(['verify', 'sk_msg', 'sock_ops', 'status'] as const),
];

const only = (attachments: readonly Attachment[], site: BypassSite): Attachment => {
  const ours = attachments.filter(({ cgroup }) => cgroup === site.path);
  const [first] = ours;
  assert.ok(first !== undefined && ours.length === 1, JSON.stringify(attachments));
  return first;
};

describe('the bypass', () => {
  let server: TestSshd;
  let temporary: TemporaryDirectory;
  let netns: TestNetns;
  let host: Host;
  let site: BypassSite;
  const extra: { remove(): Promise<void> }[] = [];
  before(async () => {
    // Private directories lie where nobody else's do, so that "none is left" can be seen.
    temporary = temporaryDirectory();
    fs.chmodSync(temporary.path, 0o1777);
    server = await startSshd({ serverLines: [`SetEnv TMPDIR=${temporary.path}`] });
    netns = await makeNetns();
  });
  after(async () => {
    await netns.remove();
    await server.stop();
    await temporary.remove();
  });
  beforeEach(() => {
    site = makeSite('load');
    host = connect();
  });
  afterEach(async () => {
    await host.dispose();
    await site.remove();
    for (const each of extra.splice(0)) await each.remove();
  });

  const connect = (): Host => new Host(server.alias, { ssh: { configFile: server.configFile } });

  const load = async (options: Partial<LoadOptions> = {}, by = host) =>
    loadBypass(by, {
      cgroup: site.path,
      source: await bpfSource('guarded'),
      ...options,
    });

  /** The host is as if nobody had been there. */
  async function assertClean(): Promise<void> {
    await site.assertClean();
    await eventually(
      'no private directory is left',
      () => fs.readdirSync(temporary.path).length === 0,
    );
  }

  for (const policy of ['guarded', 'classic'] as const) {
    describe(`of the ${policy} policy`, () => {
      for (const address of policy === 'guarded' ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
        it(`carries what goes between ${address} and itself, until it is unloaded`, async () => {
          const before = await Pair.connect(site.path, netns, address);
          assert.ok((await before.move(BYTES)) > BYTES);

          const steps: LoadStep[] = [];
          const loaded = await load({
            source: await bpfSource(policy),
            onStep: (step) => steps.push(step),
          });
          // The map's program is there before any socket gets into the map.
          assert.deepEqual(
            steps.filter((step) => step !== 'configure'),
            STEPS,
          );
          const { sockops, redirect, ...attachment } = only(loaded.attachments, site);
          assert.equal(attachment.state, 'attached');
          assert.equal(attachment.policy, policy);
          assert.equal(attachment.pins, path.join(PIN_ROOT, String(site.inode)));
          assert.ok(sockops && redirect);

          const during = await Pair.connect(site.path, netns, address);
          assert.ok((await during.move(BYTES)) < SOME, 'nothing crosses the loopback device');
          const busy = only((await bypassStatus(host)).attachments, site);
          assert.equal(busy.sockets, 2);
          assert.ok((busy.counters['redirected_bytes'] ?? 0) >= BYTES);
          assert.equal(busy.counters['sockets_added'], 2);
          // Who was connected before stays on TCP.
          assert.ok((await before.move(BYTES)) > BYTES);

          const { attachments } = await unloadBypass(host, site.path);
          assert.ok(!attachments.some(({ cgroup }) => cgroup === site.path));
          await assertClean();
          const after = await Pair.connect(site.path, netns, address);
          assert.ok((await after.move(BYTES)) > BYTES);
          // An open connection outlives its bypass, intact. The classic one has no switch to turn.
          const still = await during.move(BYTES);
          if (policy === 'guarded') assert.ok(still > BYTES);
          for (const pair of [before, during, after]) await pair.close();
          for (const { id } of [sockops, redirect]) {
            await eventually(
              'the kernel has let go of the program',
              async () => !(await isLoaded(id)),
            );
          }
        });
      }
    });
  }

  it('serves the cgroups below, and no other', async () => {
    const below = site.cgroup.child('app/below');
    const beside = makeSite('beside');
    extra.push(beside);
    await load();
    const inside = await Pair.connect(below, netns);
    assert.ok((await inside.move(BYTES)) < SOME);
    const outside = await Pair.connect(beside.path, netns);
    assert.ok((await outside.move(BYTES)) > BYTES);
    for (const pair of [inside, outside]) await pair.close();
  });

  describe('on a cgroup that has one', () => {
    it('is refused, and the first one stays', async () => {
      const first = only((await load()).attachments, site);
      const problem = await problemOf(load(), 'occupied');
      assert.match(problem.tried, new RegExp(site.path));
      assert.match(problem.next, /Replace it, or unload it/);
      assert.deepEqual(only((await bypassStatus(host)).attachments, site), first);
      assert.equal((await attachedTo(site.path)).length, 1);
    });

    it('takes its place when asked to', async () => {
      const first = only((await load()).attachments, site);
      const steps: LoadStep[] = [];
      const status = await load({
        source: await bpfSource('classic'),
        replace: true,
        onStep: (step) => steps.push(step),
      });
      assert.ok(steps.includes('replace'));
      const second = only(status.attachments, site);
      assert.deepEqual([second.policy, second.state], ['classic', 'attached']);
      assert.deepEqual(
        (await attachedTo(site.path)).map(({ id }) => id),
        [second.sockops?.id],
      );
      assert.notEqual(second.sockops?.id, first.sockops?.id);
      assert.equal(pinsOf(site.inode).length, 1);
      const pair = await Pair.connect(site.path, netns);
      assert.ok((await pair.move(BYTES)) < SOME);
      await pair.close();
    });

    it('leaves it alone when the new one does not compile, verify or attach', async () => {
      const first = only((await load()).attachments, site);
      for (const [text, kind, next] of [
        [BROKEN, 'compile', /./],
        [REJECTED, 'verifier', /as it was before/],
        [UNATTACHABLE, 'command', /as it was before/],
      ] as const) {
        const problem = await problemOf(
          load({ source: await ownSource(text), replace: true }),
          kind,
        );
        assert.match(problem.next, next);
        assert.deepEqual(only((await bypassStatus(host)).attachments, site), first);
        assert.deepEqual(pinsOf(site.inode), [first.pins]);
      }
    });

    it('is asked about only when the new one is compiled and verified', async () => {
      const first = only((await load()).attachments, site);
      const steps: LoadStep[] = [];
      const asked: LoadStep[][] = [];
      const replace = (): Promise<boolean> => {
        asked.push([...steps]);
        return Promise.resolve(false);
      };
      const onStep = (step: LoadStep): number => steps.push(step);
      await problemOf(load({ replace, onStep }), 'cancelled');
      assert.equal(asked.length, 1);
      for (const step of ['compile', 'verify'] as const) assert.ok(asked[0]?.includes(step), step);
      for (const [text, kind] of [
        [BROKEN, 'compile'],
        [REJECTED, 'verifier'],
      ] as const)
        await problemOf(load({ source: await ownSource(text), replace }), kind);
      assert.equal(asked.length, 1);
      assert.deepEqual(only((await bypassStatus(host)).attachments, site), first);
    });

    it('may be asked to replace where there is none', async () => {
      assert.equal(only((await load({ replace: true })).attachments, site).state, 'attached');
    });
  });

  describe('that cannot be loaded', () => {
    afterEach(assertClean);

    it('for an error in its source: in clang’s words', async () => {
      const problem = await problemOf(load({ source: await ownSource(BROKEN) }), 'compile');
      assert.match(problem.words, /^own\.bpf\.c:4:9: error: use of undeclared identifier/m);
      assert.ok(!problem.words.includes(temporary.path));
      assert.equal(problem.tried, 'compile own.bpf.c');
    });

    it('for an include of what root alone may read, which its compiler is not', async () => {
      const place = temporaryDirectory();
      fs.chmodSync(place.path, 0o755);
      const secret = path.join(place.path, 'secret.h');
      fs.writeFileSync(secret, '#error "was read"\n', { mode: 0o600 });
      const text = `#define SECRET "${secret}"\n#include SECRET\n`;
      const problem = await problemOf(load({ source: await ownSource(text) }), 'compile');
      assert.match(problem.words, /Permission denied/);
      assert.doesNotMatch(problem.words, /was read/);
      await place.remove();
    });

    it('because the kernel rejects it: with the whole log', async () => {
      const problem = await problemOf(load({ source: await ownSource(REJECTED) }), 'verifier');
      assert.match(problem.words, /^0: /m);
      assert.match(problem.words, /R\d+ invalid mem access/);
      assert.match(problem.words, /processed \d+ insns/);
      assert.ok(problem.words.split('\n').length > 200);
      assert.match(new HostError(problem).message, /: R\d+ invalid mem access.*as it was before/);
      assert.match(problem.next, /as it was before/);
    });

    it('because its two programs are not there', async () => {
      const text = 'int x; char LICENSE[] __attribute__((section("license"))) = "GPL";';
      const problem = await problemOf(load({ source: await ownSource(text) }), 'command');
      assert.match(problem.words, /sockmap_redirect/);
    });

    it('because there is no such cgroup', async () => {
      const gone = `${site.path}-gone`;
      const problem = await problemOf(load({ cgroup: gone }), 'not-found');
      assert.match(problem.words, new RegExp(`${gone} is not a cgroup`));
      const name = path.relative(cgroupMount() ?? '', gone);
      assert.equal((await problemOf(load({ cgroup: name }), 'not-found')).words, problem.words);
    });

    it('because what is named is no cgroup', async () => {
      for (const cgroup of [temporary.path, `${site.path}/cgroup.procs`, '/sys/fs/bpf']) {
        await problemOf(load({ cgroup }), 'not-found');
      }
      await problemOf(load({ cgroup: '' }), 'input');
    });

    /** The host's words when the cgroup goes at this step, if the load fails. */
    async function failureAt(step: LoadStep): Promise<string | undefined> {
      const error: unknown = await load({
        onStep: (each) => {
          if (each === step) fs.rmdirSync(site.path);
        },
      }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(!fs.existsSync(site.path));
      if (error === undefined) return undefined;
      assert.ok(error instanceof HostError);
      return error.problem.words;
    }

    for (const step of ['check', 'upload', 'compile'] as const) {
      it(`because the cgroup goes meanwhile, at "${step}"`, async () => {
        assert.match((await failureAt(step)) ?? 'loaded', new RegExp(site.path));
      });
    }

    // The script on the host reports these, and may be faster than we.
    for (const step of ['verify', 'sk_msg'] as const) {
      it(`as the cgroup goes, at "${step}", or is attached before it goes`, async () => {
        const words = await failureAt(step);
        if (words === undefined) await unloadBypass(host, site.path);
        else assert.match(words, new RegExp(site.path));
      });
    }
  });

  describe('is seen', () => {
    it('by whoever looks, and can be unloaded by them', async () => {
      const loaded = only((await load()).attachments, site);
      await host.dispose();
      const other = connect();
      const local = new Host('local');
      assert.deepEqual(only((await bypassStatus(other)).attachments, site), loaded);
      assert.deepEqual(only((await bypassStatus(local)).attachments, site), loaded);
      await unloadBypass(other, path.relative(cgroupMount() ?? '', site.path));
      await assertClean();
      await other.dispose();
    });

    it('after its cgroup was removed, and what it left is unloaded by the old path', async () => {
      await load();
      const pins = path.join(PIN_ROOT, String(site.inode));
      await site.cgroup.remove();
      const left = (await bypassStatus(host)).attachments.find((one) => one.pins === pins);
      assert.deepEqual(
        [left?.state, left?.cgroup, left?.gone],
        ['detached', undefined, [site.path]],
      );
      await problemOf(unloadBypass(host, `${site.path}x`), 'not-found');
      assert.ok(fs.existsSync(pins), 'what another cgroup left is not touched');
      await unloadBypass(host, site.path);
      await assertClean();
    });

    for (const [how, spelled] of [
      ['from the root of the tree', (name: string) => name],
      ['in another spelling', (name: string) => `.//${name}/./`],
    ] as const) {
      it(`after its cgroup was removed, and its old name is given ${how}`, async () => {
        await load();
        const name = spelled(path.relative(cgroupMount() ?? '', site.path));
        await site.cgroup.remove();
        await unloadBypass(host, name);
        await assertClean();
      });
    }

    it('after its cgroup was removed, and what it left is unloaded by its pins', async () => {
      await load();
      const pins = path.join(PIN_ROOT, String(site.inode));
      await site.cgroup.remove();
      await unloadBypass(host, pins);
      await assertClean();
    });

    it('after its pins were removed by hand', async () => {
      const { sockops } = only((await load()).attachments, site);
      const live = await Pair.connect(site.path, netns);
      assert.ok((await live.move(BYTES)) < SOME);
      fs.rmSync(path.join(PIN_ROOT, String(site.inode)), { recursive: true });
      const unpinned = only((await bypassStatus(host)).attachments, site);
      assert.deepEqual(
        [unpinned.state, unpinned.policy, unpinned.pins],
        ['unpinned', 'guarded', undefined],
      );
      assert.deepEqual(unpinned.sockops, sockops);
      await unloadBypass(host, site.path);
      await assertClean();
      assert.ok((await live.move(BYTES)) > BYTES, 'live connections are on TCP');
      await live.close();
    });

    it('after the pins of the classic one were removed by hand', async () => {
      await load({ source: await bpfSource('classic') });
      fs.rmSync(path.join(PIN_ROOT, String(site.inode)), { recursive: true });
      const unpinned = only((await bypassStatus(host)).attachments, site);
      assert.deepEqual([unpinned.state, unpinned.policy], ['unpinned', 'classic']);
      await unloadBypass(host, site.path);
      await assertClean();
    });

    it('after it was detached by hand', async () => {
      const { sockops } = only((await load()).attachments, site);
      const id = String(sockops?.id);
      await run('bpftool', ['cgroup', 'detach', site.path, 'sock_ops', 'id', id]);
      assert.equal(only((await bypassStatus(host)).attachments, site).state, 'detached');
      await problemOf(load(), 'occupied');
      assert.equal(only((await load({ replace: true })).attachments, site).state, 'attached');
      await unloadBypass(host, site.path);
      await assertClean();
    });

    it('apart from directories of others below the pin root', async () => {
      await load();
      const other = path.join(PIN_ROOT, `w-test-${site.inode}`);
      fs.mkdirSync(other);
      try {
        const { attachments } = await bypassStatus(host);
        assert.ok(!attachments.some(({ pins }) => pins === other));
        await unloadBypass(host, site.path);
        await assertClean();
        assert.ok(fs.existsSync(other));
      } finally {
        fs.rmdirSync(other);
      }
    });
  });

  it('that is not there cannot be unloaded', async () => {
    const problem = await problemOf(unloadBypass(host, site.path), 'not-found');
    assert.match(problem.words, /nothing is loaded on/);
  });

  it('that others loaded elsewhere is not touched by unloading', async () => {
    const other = makeSite('other');
    extra.push(other);
    await load();
    await load({ cgroup: other.path });
    await unloadBypass(host, site.path);
    await assertClean();
    assert.equal(only((await bypassStatus(host)).attachments, other).state, 'attached');
    await unloadBypass(host, other.path);
    await other.assertClean();
  });

  describe('loaded by two at once', () => {
    it('on one cgroup: by one of them', async () => {
      const other = connect();
      await Promise.all([host.connect(), other.connect()]);
      const outcomes = await Promise.allSettled([load(), load({}, other)]);
      const lost = outcomes.filter(({ status }) => status === 'rejected');
      assert.equal(lost.length, 1);
      const [loser] = lost as PromiseRejectedResult[];
      await problemOf(Promise.reject(loser?.reason as Error), 'occupied');
      assert.equal(only((await bypassStatus(host)).attachments, site).state, 'attached');
      assert.equal((await attachedTo(site.path)).length, 1);
      assert.equal(pinsOf(site.inode).length, 1);
      await unloadBypass(other, site.path);
      await assertClean();
      await other.dispose();
    });

    it('on two cgroups: by both', async () => {
      const other = makeSite('other');
      extra.push(other);
      await Promise.all([load(), load({ cgroup: other.path })]);
      const { attachments } = await bypassStatus(host);
      for (const each of [site, other]) assert.equal(only(attachments, each).state, 'attached');
    });
  });

  describe('cancelled', () => {
    for (const step of STEPS) {
      it(`at "${step}" leaves nothing`, async () => {
        const controller = new AbortController();
        const attempt = load({
          signal: controller.signal,
          onStep: (each) => {
            if (each === step) controller.abort();
          },
        });
        await problemOf(attempt, 'cancelled');
        await assertClean();
      });
    }

    for (const step of ['verify', 'configure', 'sk_msg', 'replace', 'sock_ops'] as const) {
      it(`while it replaces, at "${step}", leaves one of the two`, async () => {
        const first = only((await load()).attachments, site);
        const controller = new AbortController();
        const attempt = load({
          replace: true,
          signal: controller.signal,
          onStep: (each) => {
            if (each === step) controller.abort();
          },
        });
        const tooLate = step === 'replace' || step === 'sock_ops';
        if (tooLate) await attempt;
        else await problemOf(attempt, 'cancelled');
        const { pins, attached } = await site.left();
        assert.deepEqual([pins.length, attached.length], [1, 1]);
        const now = only((await bypassStatus(host)).attachments, site);
        assert.equal(now.state, 'attached');
        assert.equal(now.sockops?.id === first.sockops?.id, !tooLate);
      });
    }
  });

  describe('whose connection is cut', () => {
    for (const step of STEPS.slice(1)) {
      it(`at "${step}" leaves nothing that one unload does not clean`, async () => {
        const killed: Promise<void>[] = [];
        const attempt = load({
          onStep: (each) => {
            if (each === step) killed.push(endProcesses(masters(server), { first: 'SIGKILL' }));
          },
        });
        // Where no command was under way, the next one connects anew.
        await attempt.catch(() => undefined);
        await Promise.all(killed);
        assert.equal(killed.length, 1);
        // A transaction on the host ends by itself, with or without us.
        await eventually('the host has come to rest', () => marked(site.path).length === 0);
        const { pins, attached } = await site.left();
        assert.equal(pins.length, attached.length, 'all or nothing');
        // One unload, or the next load.
        if (attached.length === 0) await load();
        await unloadBypass(host, site.path);
        await assertClean();
      });
    }
  });

  describe('loaded by an account', () => {
    let account: TestAccount;
    before(async () => {
      account = await makeAccount('password');
      server.addHost('account', { user: account.name });
    });
    after(() => account.remove());

    for (const mode of ['nopasswd', 'password'] as const) {
      it(`with sudo (${mode}), carries the traffic and is unloaded`, async () => {
        await account.setSudo(mode);
        const user = new Host('account', {
          ssh: { configFile: server.configFile },
          askPassword: () => Promise.resolve(account.password),
        });
        const { attachments } = await load({}, user);
        assert.equal(only(attachments, site).state, 'attached');
        const pair = await Pair.connect(site.path, netns);
        assert.ok((await pair.move(BYTES)) < SOME);
        await pair.close();
        await unloadBypass(user, site.path);
        await assertClean();
        await user.dispose();
      });
    }

    it('without sudo is refused before anything happens', async () => {
      await account.setSudo('none');
      const user = new Host('account', {
        ssh: { configFile: server.configFile },
        askPassword: () => Promise.resolve(account.password),
      });
      await problemOf(load({}, user), 'privilege');
      await assertClean();
      await user.dispose();
    });
  });

  describe('on a host without a tool', () => {
    let tools: TemporaryDirectory;
    let bare: TestSshd;
    before(async () => {
      tools = temporaryDirectory();
      fs.chmodSync(tools.path, 0o755);
      for (const name of fs.readdirSync('/usr/bin')) {
        if (!name.startsWith('clang'))
          fs.symlinkSync(`/usr/bin/${name}`, path.join(tools.path, name));
      }
      bare = await startSshd({
        serverLines: [`SetEnv PATH=${tools.path} TMPDIR=${temporary.path}`],
      });
    });
    after(async () => {
      await bare.stop();
      await tools.remove();
    });

    it('says which, and how to install it', async () => {
      const lacking = new Host(bare.alias, { ssh: { configFile: bare.configFile } });
      const problem = await problemOf(load({}, lacking), 'not-found');
      assert.match(problem.words, /clang is not installed/);
      assert.notEqual(problem.remedy ?? problem.next, '');
      await assertClean();
      await lacking.dispose();
    });
  });

  describe('on this machine, without ssh', () => {
    for (const policy of ['guarded', 'classic'] satisfies Policy[]) {
      it(`${policy}: loads, carries, unloads`, async () => {
        const local = new Host('local');
        const { attachments } = await load({ source: await bpfSource(policy) }, local);
        assert.equal(only(attachments, site).policy, policy);
        const pair = await Pair.connect(site.path, netns);
        assert.ok((await pair.move(BYTES)) < SOME);
        await pair.close();
        await problemOf(load({}, local), 'occupied');
        await unloadBypass(local, site.path);
        await assertClean();
      });
    }
  });

  it('is never on the root of the tree after all this', async () => {
    const mount = cgroupMount() ?? '';
    const names = (await attachedTo(mount)).map(({ name }) => name);
    assert.ok(!names.includes('sockmap_sockops'));
  });
});
