import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import * as z from 'zod';
import { parseDocument } from '../../src/results/document.ts';
import { openControl, type Control } from '../harness/host/ansible.ts';
import { installCli, type InstalledCli } from '../harness/cli.ts';
import { attachedTo } from '../harness/host/bypass.ts';
import { SLOW_CLANG, startFleet, type Fleet, type FleetHost } from '../harness/host/fleet.ts';
import { shortPlan } from '../harness/shortPlan.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const HOSTS = 8;
const PLACED = '/opt/sockmap-bypass';

/** So short that a test can wait for it, and so clear that three rounds tell. */
const PLAN = shortPlan('canary');

const statusDocument = z.object({
  host: z.string(),
  attachments: z.array(
    z.object({ state: z.string(), config: z.object({ reach: z.string(), mode: z.string() }) }),
  ),
});

describe('the Ansible collection, over eight hosts', function () {
  // Eight hosts and their controller share the CPUs of one machine.
  this.timeout(900_000);
  let fleet: Fleet;
  let cli: InstalledCli;
  let plan: TemporaryDirectory;
  let control: Control;
  before(async () => {
    cli = await installCli();
    fleet = await startFleet(HOSTS);
    plan = temporaryDirectory({ 'canary.sockmap-plan.json': JSON.stringify(PLAN) });
    control = await openControl(fleet, {
      bypass_cgroups: ['app.slice'],
      bypass_source: path.dirname(cli.source('kernel.h')),
      bypass_cli: [cli.file],
      bypass_plan: path.join(plan.path, 'canary.sockmap-plan.json'),
    });
  });
  after(async () => {
    await fleet.stop();
    await control.remove();
    await cli.remove();
    await plan.remove();
  });

  const read = (name: string): string => fs.readFileSync(control.file(`results/${name}`), 'utf8');

  async function playWell(name: string, ...args: readonly string[]) {
    const played = await control.play(name, ...args);
    assert.equal(played.exitCode, 0, played.output);
    assert.equal(played.hosts.size, HOSTS, played.output);
    return played;
  }

  const unchanged = ({ hosts }: Awaited<ReturnType<Control['play']>>): boolean =>
    [...hosts.values()].every(({ changed }) => changed === 0);
  const isOn = async ({ cgroup }: FleetHost) => (await attachedTo(cgroup)).length > 0;
  const on = async () => {
    const states = await Promise.all(fleet.hosts.map(isOn));
    return fleet.hosts.filter((_, place) => states[place]).map(({ name }) => name);
  };
  const placed = () =>
    fleet.hosts.filter(({ inside }) => fs.existsSync(inside(PLACED))).map(({ name }) => name);
  const names = () => fleet.hosts.map(({ name }) => name);

  it('passes ansible-lint', async () => {
    const cwd = control.file('collections/ansible_collections/sockmap/bypass');
    const options = ['--offline', '--nocolor', '--profile', 'production'];
    const { exitCode, stdout, stderr } = await execa('ansible-lint', options, {
      cwd,
      env: control.env,
      extendEnv: false,
      reject: false,
    });
    assert.equal(exitCode, 0, stdout + stderr);
  });

  it('refuses values that cannot be meant, before it does anything', async () => {
    for (const value of [
      '{"bypass_cgroups": ["../other"]}',
      '{"bypass_cgroups": ["/sys/fs/cgroup"]}',
      '{"bypass_cgroups": ["a b"]}',
      '{"bypass_cgroups": "app.slice"}',
      '{"bypass_reach": "moon"}',
      '{"bypass_directory": "/opt"}',
      '{"bypass_results": "results"}',
    ]) {
      const { exitCode, output } = await control.play('load', '-e', value, '--limit', 'host1');
      assert.equal(exitCode, 2, `${value}: ${output}`);
    }
    assert.deepEqual([await on(), placed()], [[], []]);
  });

  it('--check says what would change, and changes nothing', async () => {
    const { hosts, output } = await playWell('rollout', '--check', '--diff');
    assert.ok(
      [...hosts.values()].every(({ changed }) => changed > 0),
      output,
    );
    assert.match(output, /guarded, reach namespace, on app\.slice/);
    assert.deepEqual([await on(), placed()], [[], []]);
  });

  it('rolls out: the canary host is measured, and all follow', async () => {
    await playWell('rollout');
    assert.deepEqual(await on(), names());
    const documents = fs
      .readdirSync(control.file('results'))
      .filter((each) => each.endsWith('bench.json'));
    assert.deepEqual(documents, ['host1.sockmap-bench.json']);
    const { samples, host } = parseDocument(read(documents[0] ?? ''));
    assert.deepEqual([samples.length, host.name], [6, 'host1']);
    assert.ok(unchanged(await playWell('rollout')), 'a second run changes nothing');
  });

  it('checks the hosts, measures them, and shows what is loaded and counted', async () => {
    const one = async (name: string) => {
      const { exitCode, hosts, output } = await control.play(name, '--limit', 'host2');
      assert.deepEqual([exitCode, hosts.get('host2')?.changed], [0, 0], output);
    };
    await one('check');
    await one('status');
    const status = statusDocument.parse(JSON.parse(read('host2.status.json')));
    assert.deepEqual(status, {
      host: 'host2',
      attachments: [{ state: 'attached', config: { reach: 'namespace', mode: 'guarded' } }],
    });
    await one('benchmark');
    assert.equal(parseDocument(read('host2.sockmap-bench.json')).samples.length, 6);
    await one('metrics');
    const metrics = read('host2.metrics');
    assert.match(metrics, /^sockmap_bypass_mode\{.*sockmap_bypass_mode="guarded"\} 1$/m);
    assert.match(metrics, /^# EOF\n$/m);
  });

  it('unloads, and leaves nothing', async () => {
    await playWell('unload');
    assert.deepEqual([await on(), placed()], [[], []]);
  });

  it('loads by the playbook of that alone, once', async () => {
    const one = async (name: string) => {
      const { exitCode, hosts, output } = await control.play(name, '--limit', 'host3');
      assert.equal(exitCode, 0, output);
      return hosts.get('host3')?.changed ?? 0;
    };
    assert.ok((await one('load')) > 0);
    assert.deepEqual([await on(), placed()], [['host3'], ['host3']]);
    assert.equal(await one('load'), 0, 'it is loaded already');
    assert.ok((await one('unload')) > 0);
    assert.equal(await one('unload'), 0, 'nothing is left to unload');
    assert.deepEqual([await on(), placed()], [[], []]);
  });

  it('stops at a canary host whose bypass is slow, and rolls it back', async () => {
    fleet.hosts[0]?.install('clang', SLOW_CLANG);
    const { exitCode, hosts, output } = await control.play('rollout');
    assert.equal(exitCode, 2, output);
    assert.deepEqual([...hosts.keys()], ['host1'], 'the others are untouched');
    assert.deepEqual([hosts.get('host1')?.failed, hosts.get('host1')?.rescued], [1, 1], output);
    assert.match(output, /The verdict does not hold: worse/);
    assert.deepEqual([await on(), placed()], [[], []]);
  });
});
