import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { ResultDocument } from '../../src/results/document.ts';
import { runBenchmark } from '../../src/bench/run.ts';
import { bypassedPart } from '../../src/results/samples.ts';
import { BYPASSES } from '../../src/results/arms.ts';
import { configureBypass } from '../../src/bypass/configure.ts';
import { bypassStatus, loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import { checkSemantics } from '../../src/bypass/semantics.ts';
import { readProbe } from '../../src/bypass/source.ts';
import type { Attachment, Policy } from '../../src/bypass/attachment.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { collectFacts } from '../../src/host/facts.ts';
import { blocking, hostIssues } from '../../src/host/issues.ts';
import { Host } from '../../src/host/host.ts';
import { scratchDirectory } from '../../src/host/guard.ts';
import { upload } from '../../src/host/upload.ts';
import { bpfSource, shortPlan } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { bootMachine, type Machine } from './machine.ts';
import { RELEASES } from './releases.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BPF = path.join(ROOT, 'bpf');
const PROGRAMS = path.join(ROOT, 'test/host/programs');
const CGROUP = '/sys/fs/cgroup/app';
const POLICIES: readonly Policy[] = ['guarded', 'classic'];

/** Those that depend on the kernel. */
const HAZARDS = ['reorder', 'leak', 'stall', 'oneway', 'families', 'remote', 'switch', 'mptcp'];
/** Without KVM everything takes long; the hazards some minutes. */
const PATIENCE_MS = 20 * 60_000;

const { bullseye, ...NEWER } = RELEASES;

for (const release of Object.values(NEWER)) {
  describe(`Debian ${release.suite}, ${release.architecture}`, function () {
    this.timeout(PATIENCE_MS);
    let machine: Machine;
    let host: Host;
    before(async () => {
      machine = await bootMachine(release);
      host = new Host(machine.alias, { ssh: { configFile: machine.configFile } });
      await host.becomeRoot();
      await makeCgroup();
    });
    const makeCgroup = () =>
      host.check(['mkdir', CGROUP], { tried: 'make a cgroup', root: true, next: '' });
    after(async () => {
      await host.dispose();
      await machine.stop();
    });

    const own = ({ attachments }: { attachments: readonly Attachment[] }): Attachment => {
      const [found] = attachments;
      assert.ok(found !== undefined && attachments.length === 1, JSON.stringify(attachments));
      return found;
    };

    it('has what is needed', async () => {
      const facts = await collectFacts(host, { root: true });
      assert.match(facts.kernel, release.kernel);
      const found = hostIssues(facts);
      for (const capability of ['load', 'benchmark', 'language'] as const) {
        assert.deepEqual(blocking(found, capability), []);
      }
    });

    it('accepts the bundled programs', async () => {
      const tool = fs.readFileSync(path.join(BPF, 'tools', 'verify.c'));
      for (const policy of POLICIES) {
        const { compiler, programs } = await verifySource(host, await bpfSource(policy), { tool });
        assert.equal(compiler, '', 'without a warning');
        assert.deepEqual(
          programs.map(({ name, verdict }) => [name, verdict]),
          [
            ['sockmap_sockops', 'accepted'],
            ['sockmap_redirect', 'accepted'],
          ],
          JSON.stringify(programs),
        );
      }
    });

    it('has them loaded, replaced, given a policy and unloaded', async () => {
      const first = own(
        await loadBypass(host, { cgroup: CGROUP, source: await bpfSource('classic') }),
      );
      assert.equal(first.policy, 'classic');
      const source = await bpfSource('guarded');
      const second = own(await loadBypass(host, { cgroup: CGROUP, source, replace: true }));
      assert.deepEqual([second.policy, second.state], ['guarded', 'attached']);
      const off = own(await configureBypass(host, { cgroup: CGROUP, mode: 'off' }));
      assert.equal(off.config?.mode, 'off');
      await unloadBypass(host, CGROUP);
      assert.deepEqual((await bypassStatus(host)).attachments, []);
    });

    for (const policy of POLICIES) {
      it(`bypasses TCP with the ${policy} policy, by the kernel’s own count`, async () => {
        let document: ResultDocument | undefined;
        await runBenchmark(host, {
          cgroup: CGROUP,
          plan: shortPlan(policy),
          source: bpfSource,
          loadMissing: true,
          save: (each) => {
            document = each;
            return Promise.resolve();
          },
        });
        const samples = document?.samples ?? [];
        const parts = samples.map((sample) => ({
          arm: sample.arm,
          experiment: sample.experiment,
          part: bypassedPart(sample),
        }));
        assert.equal(parts.length, 5, JSON.stringify(parts));
        for (const { arm, part } of parts) {
          const bypassed = BYPASSES.includes(arm);
          assert.ok(
            bypassed ? (part ?? 0) > 0.5 : part === undefined || part === 0,
            JSON.stringify(parts),
          );
        }
      });
    }

    it('keeps every hazard away', async () => {
      await using directory = await scratchDirectory(host);
      const files = new Map<string, Uint8Array>();
      for (const [place, name] of [
        [BPF, 'bpf'],
        [PROGRAMS, 'test/host/programs'],
      ] as const) {
        for (const file of fs.readdirSync(place)) {
          files.set(`${name}/${file}`, fs.readFileSync(path.join(place, file)));
        }
      }
      await upload(host, directory.line, files);
      const script = path.posix.join(directory.line, 'test/host/programs/hazards.sh');
      const { exitCode, stdout, stderr } = await host.run(['bash', script, 'guarded', ...HAZARDS], {
        tried: 'run the hazards',
        root: true,
        timeoutMs: PATIENCE_MS,
      });
      const cases = stdout.trim().split('\n');
      assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
      assert.ok(cases.length >= 3 * HAZARDS.length, stdout);
    });

    it('shows what programs would notice', async () => {
      const source = await bpfSource('guarded');
      const rows = await checkSemantics(host, { source, probe: await readProbe(BPF) });
      assert.ok(rows.length > 30, JSON.stringify(rows));
      assert.deepEqual(
        rows.filter(({ tcp }) => /hang|failed/.test(tcp)),
        [],
        'plain TCP does as it always does',
      );
    });

    // The same in every kernel: once is enough.
    if (release === NEWER.bookworm) {
      it('has nothing loaded after a restart, says so, and loads again', async () => {
        const load = async () =>
          own(await loadBypass(host, { cgroup: CGROUP, source: await bpfSource('guarded') }));
        assert.equal((await load()).state, 'attached');
        await machine.restart();
        assert.deepEqual((await bypassStatus(host)).attachments, []);
        await assertNothingLeft();
        await makeCgroup();
        assert.equal((await load()).state, 'attached');
        await unloadBypass(host, CGROUP);
        assert.deepEqual((await bypassStatus(host)).attachments, []);
      });
    }

    it('has nothing of it left', () => assertNothingLeft());
    const assertNothingLeft = async (): Promise<void> => {
      const text = await host.check(['bpftool', '-j', 'prog', 'show'], {
        tried: 'list the programs',
        root: true,
        next: '',
      });
      assert.doesNotMatch(text, /sockmap_/);
      const { exitCode } = await host.run(['ls', '/sys/fs/bpf/sockmap-bypass'], {
        tried: 'look for pins',
        root: true,
      });
      assert.notEqual(exitCode, 0);
    };
  });
}

describe('Debian bullseye, which is old', function () {
  this.timeout(PATIENCE_MS);
  let machine: Machine;
  let host: Host;
  before(async () => {
    machine = await bootMachine(bullseye);
    host = new Host(machine.alias, { ssh: { configFile: machine.configFile } });
  });
  after(async () => {
    await host.dispose();
    await machine.stop();
  });

  it('has the classic policy alone, and no verifying, and says so', async () => {
    const { facts } = await host.ready('load');
    assert.deepEqual(
      hostIssues(facts).map(({ id, severity }) => [id, severity]),
      [
        ['kernel-guarded', 'warns'],
        ['libbpf', 'warns'],
      ],
    );
    await host.check(['mkdir', CGROUP], { tried: 'make a cgroup', root: true });
    const load = async (policy: 'classic' | 'guarded') =>
      loadBypass(host, { cgroup: CGROUP, source: await bpfSource(policy) });
    const refused = await problemOf(load('guarded'), 'not-found');
    assert.match(refused.words, /^Linux 5\.10\S* is older than 5\.15: only the classic policy/);
    assert.equal((await load('classic')).attachments.length, 1);
    await unloadBypass(host, CGROUP);
    const tool = fs.readFileSync(path.join(BPF, 'tools', 'verify.c'));
    const verified = verifySource(host, await bpfSource('classic'), { tool });
    assert.match((await problemOf(verified, 'not-found')).words, /bpf_program__set_log/);
  });
});
