/**
 * Measures the cost of a fleet: plays the playbooks of deploy/ansible on hosts made here, by sshd in namespaces,
 * and prints what each took, by host, for docs/fleet.md.
 *
 *   tsx scripts/bench-fleet.ts [--hosts 50] [--forks 10]
 *
 * The hosts and the controller share this machine's CPUs, so CPU times are what counts, each measured apart: the
 * controller's from its processes, the hosts' from their cgroups. As root, on a machine with little else to do.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runToEnd } from '../test/harness/cleanup.ts';
import { installCli } from '../test/harness/cli.ts';
import { openControl } from '../test/harness/host/ansible.ts';
import { startFleet, type FleetHost } from '../test/harness/host/fleet.ts';
import { shortPlan } from '../test/harness/shortPlan.ts';
import { temporaryDirectory } from '../test/harness/temporary.ts';

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '50' },
    forks: { type: 'string', default: '10' },
  },
});
const [count, forks] = [Number(values.hosts), Number(values.forks)];

/** The canary's, as short as it can be: what a plan takes is its own time. */
const PLAN = shortPlan('fleet');

/** CPU time of all that has run on a host. */
function cpuSeconds({ cgroup }: FleetHost): number {
  const stat = fs.readFileSync(path.join(path.dirname(cgroup), 'cpu.stat'), 'utf8');
  return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1e6;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

await runToEnd(async () => {
  const cli = await installCli();
  const fleet = await startFleet(count);
  const plan = temporaryDirectory({ 'fleet.sockmap-plan.json': JSON.stringify(PLAN) });
  const control = await openControl(fleet, {
    bypass_cgroups: ['app.slice'],
    bypass_source: path.dirname(cli.source('kernel.h')),
    bypass_cli: [cli.file],
    bypass_plan: path.join(plan.path, 'fleet.sockmap-plan.json'),
  });
  console.log(
    `${count} hosts, ${forks} forks, ${os.availableParallelism()} CPUs, load ${os.loadavg()[0]?.toFixed(1)}, Linux ${os.release()}`,
  );
  console.log(
    '| playbook | hosts | seconds | controller, CPU s a host | host, CPU s | connections a host |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  const measure = async (name: string, hosts: readonly FleetHost[], ...args: string[]) => {
    const before = hosts.map((host) => [cpuSeconds(host), host.connections()] as const);
    const started = Date.now();
    const limit =
      hosts.length === fleet.hosts.length
        ? []
        : ['--limit', hosts.map((one) => one.name).join(',')];
    const {
      exitCode,
      output,
      cpuSeconds: own,
    } = await control.play(name, '--forks', String(forks), ...limit, ...args);
    const seconds = (Date.now() - started) / 1000;
    if (exitCode !== 0) throw new Error(output);
    const used = sum(hosts.map((host, place) => cpuSeconds(host) - (before[place]?.[0] ?? NaN)));
    const made = sum(hosts.map((host, place) => host.connections() - (before[place]?.[1] ?? NaN)));
    const each = (total: number) => (total / hosts.length).toFixed(2);
    console.log(
      `| ${[name, ...args].join(' ')} | ${hosts.length} | ${seconds.toFixed(1)} | ${each(own)} | ${each(used)} | ${each(made)} |`,
    );
  };
  const [first] = fleet.hosts;
  if (first === undefined) return;
  await measure('rollout', [first]);
  await measure('load', fleet.hosts);
  await measure('load', fleet.hosts);
  await measure('status', fleet.hosts);
  await measure('metrics', fleet.hosts);
  for (const name of ['status.json', 'metrics', 'sockmap-bench.json']) {
    const { size } = fs.statSync(control.file(`results/${first.name}.${name}`));
    console.log(`${name}: ${size} bytes`);
  }
  const metrics = fs.readFileSync(control.file(`results/${first.name}.metrics`), 'utf8');
  console.log(`series: ${metrics.split('\n').filter((line) => /^[^#]/.test(line)).length}`);
  await measure('unload', fleet.hosts);
  await fleet.stop();
  await control.remove();
  await cli.remove();
  await plan.remove();
});
