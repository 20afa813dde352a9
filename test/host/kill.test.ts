import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseDocument } from '../../src/results/document.ts';
import { bypassStatus, loadBypass, unloadBypass } from '../../src/bypass/load.ts';
import { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { endProcesses } from '../harness/processes.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { assertNoBench } from '../harness/host/benches.ts';
import { bpfSource, makeSite, type BypassSite } from '../harness/host/bypass.ts';
import type { ClientJob } from '../harness/host/client.ts';
import { marked } from '../harness/host/marks.ts';
import { sshClients } from '../harness/host/masters.ts';
import { eventually } from '../harness/host/wait.ts';

const LOADS = 12;
const BENCHMARKS = 8;

/** mulberry32: the same moments again for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seed = Number(process.env['SOCKMAP_TEST_SEED'] ?? randomInt(1e6));

describe(`killed at random moments (SOCKMAP_TEST_SEED=${seed})`, () => {
  const random = randomOf(seed);
  let server: TestSshd;
  let temporary: TemporaryDirectory;
  let files: TemporaryDirectory;
  let site: BypassSite;
  let host: Host;
  before(async () => {
    temporary = temporaryDirectory();
    files = temporaryDirectory();
    server = await startSshd({ serverLines: [`SetEnv TMPDIR=${temporary.path}`] });
    host = new Host(server.alias, { ssh: { configFile: server.configFile } });
  });
  after(async () => {
    await host.dispose();
    await server.stop();
    await temporary.remove();
    await files.remove();
  });
  beforeEach(() => {
    site = makeSite('kill');
  });
  afterEach(async () => {
    await host.dispose();
    await site.remove();
  });

  const load = async () =>
    loadBypass(host, {
      cgroup: site.path,
      source: await bpfSource('guarded'),
      replace: true,
    });

  /** Runs the job in a process of its own and kills it, or its ssh, after a line of its output. */
  async function killed(job: ClientJob, who: 'program' | 'ssh', line: number, ms: number) {
    const script = path.join(import.meta.dirname, '../harness/host/client.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(job)], {
      // Its message when its ssh is killed is not checked here.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit');
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      createInterface({ input: child.stdout })
        .on('line', (text) => {
          seen.push(text);
          if (seen.length === line + 1) resolve();
        })
        .once('close', resolve);
    });
    await delay(ms);
    if (who === 'program') child.kill('SIGKILL');
    else await endProcesses(sshClients(server), { first: 'SIGKILL' });
    await ended;
    await eventually('its ssh has ended', () => sshClients(server).length === 0);
    // A transaction on the host ends by itself, with or without us.
    const { path: cgroup } = site;
    await eventually('the host has come to rest', () => marked(cgroup).length === 0);
    return seen;
  }

  /** One unload, or where nothing stayed the next load, works; and then nothing is left. */
  async function assertMendable(): Promise<void> {
    const { pins, attached } = await site.left();
    const unload = () => unloadBypass(host, site.path);
    if (pins.length + attached.length === 0) {
      await assert.rejects(
        unload(),
        (error) => error instanceof HostError && error.problem.kind === 'not-found',
      );
      await load();
    }
    await unload();
    await site.assertClean();
    const { attachments } = await bypassStatus(host);
    assert.ok(!attachments.some(({ cgroup }) => cgroup === site.path));
    await eventually(
      'no private directory is left',
      () => fs.readdirSync(temporary.path).length === 0,
    );
    assert.deepEqual(site.cgroup.pids(), []);
  }

  for (let trial = 0; trial < LOADS; trial++) {
    const who = trial % 2 === 0 ? 'program' : 'ssh';
    const line = Math.floor(random() * 10);
    const ms = Math.floor(random() * 300);
    it(`a load: ${who}, ${ms} ms after step ${line}`, async () => {
      const job: ClientJob = {
        alias: server.alias,
        configFile: server.configFile,
        action: 'load',
        cgroup: site.path,
      };
      await killed(job, who, line, ms);
      await assertMendable();
    });
  }

  for (let trial = 0; trial < BENCHMARKS; trial++) {
    const who = trial % 2 === 0 ? 'program' : 'ssh';
    const line = Math.floor(random() * 6);
    const ms = Math.floor(random() * 1500);
    it(`a benchmark: ${who}, ${ms} ms after sample ${line - 1} began`, async () => {
      const file = path.join(files.path, `${trial}.sockmap-bench.json`);
      await load();
      const job: ClientJob = {
        alias: server.alias,
        configFile: server.configFile,
        action: 'bench',
        cgroup: site.path,
        file,
      };
      await host.dispose();
      const seen = await killed(job, who, line, ms);
      await assertNoBench(site.cgroup.path);
      if (fs.existsSync(file)) {
        const { samples } = parseDocument(fs.readFileSync(file, 'utf8'));
        const begun = seen.filter((text) => text.startsWith('sample ')).length;
        assert.ok(samples.length >= begun - 1, `${samples.length} of ${begun}`);
      } else assert.ok(line === 0);
      await assertMendable();
    });
  }
});
