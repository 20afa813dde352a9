import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { DaemonSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { ConfigMap, Namespace } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { parseDocument, type Plan } from '../../src/results/document.ts';
import { installCli, type InstalledCli } from '../harness/cli.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import { attachedTo, localKeys } from '../harness/host/bypass.ts';
import { startFleet, type Fleet, type FleetHost } from '../harness/host/fleet.ts';
import { makeNetns, Pair, type TestNetns } from '../harness/host/traffic.ts';
import { eventually } from '../harness/host/wait.ts';
import { shortPlan } from '../harness/shortPlan.ts';
import { descendants, endAtEnd } from '../harness/processes.ts';
import { run } from '../harness/run.ts';

const root = path.resolve(import.meta.dirname, '../..');
const DEPLOY = path.join(root, 'deploy/kubernetes');
const CONTAINER = path.join(root, 'test/harness/host/container.sh');
const HOME = '/opt/sockmap-bypass';
const BYTES = 4 << 20;
const METRICS = '/opt/metrics/metrics.om';

const KINDS = { ConfigMap, DaemonSet, Job, Namespace } as const;
const isKind = (name: unknown): name is keyof typeof KINDS => String(name) in KINDS;

type Manifest = Readonly<Record<string, unknown>>;

/** The manifests that kustomize makes of a folder. */
async function rendered(folder: string): Promise<Manifest[]> {
  const text = await run('kubectl', ['kustomize', path.join(DEPLOY, folder)]);
  return parseAllDocuments(text).map((each) => each.toJS() as Manifest);
}

/**
 * Faults by the schemas of the API. Those allow fields that they do not know, which a typing error makes; but they do
 * not look at them either.
 */
function faultsOf(manifest: Manifest): string[] {
  const { kind } = manifest;
  if (!isKind(kind)) return [`${String(kind)}: not a kind of this test`];
  const unread = new Set<string>();
  const faults: string[] = [];
  try {
    // A model that is made of it would be a copy.
    KINDS[kind].prototype.validate.call(watched(manifest, kind, unread) as never);
  } catch (error) {
    faults.push(`${kind}: ${String(error)}`);
  }
  return [...faults, ...[...unread].map((place) => `${place}: not a field`)];
}

/** The same value; fields that have not been looked at are in `unread`. */
function watched(value: unknown, place: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, one]) => {
    const here = `${place}.${name}`;
    if (!Array.isArray(value)) unread.add(here);
    return [name, watched(one, here, unread)] as const;
  });
  return new Proxy(
    Array.isArray(value) ? fields.map(([, one]) => one) : Object.fromEntries(fields),
    {
      get: (target, name, receiver): unknown => {
        unread.delete(`${place}.${String(name)}`);
        return Reflect.get(target, name, receiver);
      },
    },
  );
}

const containerSchema = z.object({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).optional(),
  securityContext: z.object({
    runAsUser: z.number(),
    privileged: z.boolean(),
    capabilities: z
      .object({ drop: z.array(z.string()), add: z.array(z.string()).optional() })
      .optional(),
  }),
});
const daemonSchema = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        initContainers: z.array(containerSchema).optional(),
        containers: z.array(containerSchema),
      }),
    }),
  }),
});
/** Fields of the Job. */
const PLAN = shortPlan('node');
const PLAN_FILE = '/opt/node.sockmap-plan.json';
type Container = z.infer<typeof containerSchema>;

/** The containers of the DaemonSet in a folder, by their names. */
async function containersOf(folder: string): Promise<Map<string, Container>> {
  const daemon = (await rendered(folder)).find(({ kind }) => kind === 'DaemonSet');
  const { initContainers = [], containers } = daemonSchema.parse(daemon).spec.template.spec;
  return new Map([...initContainers, ...containers].map((one) => [one.name, one]));
}

describe('the manifests for Kubernetes', () => {
  for (const folder of ['.', 'benchmark', 'uninstall']) {
    it(`${path.join('deploy/kubernetes', folder)}: kustomize renders what the API takes`, async () => {
      const manifests = await rendered(folder);
      assert.ok(manifests.length > 0);
      assert.deepEqual(manifests.flatMap(faultsOf), []);
    });
  }

  it('that check finds what is misspelt, missing, or of another type', async () => {
    const daemon = (await rendered('.')).find(({ kind }) => kind === 'DaemonSet');
    const text = JSON.stringify(daemon);
    const faults = (from: string, to: string): string =>
      faultsOf(JSON.parse(text.replace(from, to)) as Manifest).join();
    assert.match(faults('"hostNetwork"', '"hostNetwerk"'), /spec\.hostNetwerk: not a field/);
    assert.match(faults('"selector"', '"select"'), /required property selector/);
    assert.match(
      faults('"hostNetwork":true', '"hostNetwork":"yes"'),
      /hostNetwork must be boolean/,
    );
  });
});

describe('the containers for Kubernetes, each with the privileges of its manifest', () => {
  let fleet: Fleet;
  let node: FleetHost;
  let pods: string;
  let netns: TestNetns;
  before(async () => {
    fleet = await startFleet(1);
    [node] = fleet.hosts as [FleetHost];
    pods = path.join(path.dirname(node.cgroup), 'kubepods.slice');
    for (const pod of ['pod-bypass', 'pod-shop']) {
      fs.mkdirSync(path.join(pods, pod), { recursive: true });
    }
    netns = await makeNetns();
    // The image, as Containerfile makes it.
    const home = node.inside(HOME);
    fs.mkdirSync(path.join(home, 'tools'), { recursive: true });
    fs.mkdirSync(node.inside(path.dirname(METRICS)));
    fs.copyFileSync(
      path.join(root, 'bpf/tools/sockmap-bypassctl'),
      path.join(home, 'tools/sockmap-bypassctl'),
    );
    for (const name of ['entrypoint.sh', 'httpd.conf']) {
      fs.copyFileSync(path.join(DEPLOY, name), path.join(home, name));
    }
    await run(path.join(DEPLOY, 'build.sh'), [path.join(root, 'bpf'), home]);
  });
  after(async () => {
    await fleet.stop();
    await netns.remove();
  });

  function start({ args = [], securityContext }: Container, ...own: string[]): ChildProcess {
    const { runAsUser, capabilities } = securityContext;
    const added = (capabilities?.add ?? []).map((name) => `+${name.toLowerCase()}`).join(',');
    const place = [String(node.pid), path.join(pods, 'pod-bypass'), cgroupMount() ?? ''];
    const words = own.length > 0 ? own : args;
    const child = spawn(
      'sh',
      [CONTAINER, ...place, String(runAsUser), added, path.join(HOME, 'entrypoint.sh'), ...words],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, BYPASS_METRICS_FILE: METRICS, BYPASS_METRICS_SECONDS: '1' },
      },
    );
    endAtEnd(child.pid);
    return child;
  }
  const ended = async (child: ChildProcess): Promise<unknown> =>
    child.exitCode ?? (await once(child, 'exit'))[0];
  /** As a runtime asks the first process of a container to end; who holds its namespaces ignores it. */
  const end = (child: ChildProcess): void => {
    const [first] = descendants(child.pid ?? NaN);
    process.kill(first?.pid ?? NaN, 'SIGTERM');
  };
  const find = async (folder: string, name: string): Promise<Container> => {
    const found = (await containersOf(folder)).get(name);
    assert.ok(found !== undefined && !found.securityContext.privileged, name);
    assert.deepEqual(found.securityContext.capabilities?.drop, ['ALL']);
    return found;
  };
  const pins = () => {
    const place = node.inside('/sys/fs/bpf/sockmap-bypass');
    return fs.existsSync(place) ? fs.readdirSync(place) : [];
  };

  it('loads for all pods, offers the counters, and unloads when it is told to end', async () => {
    const load = await find('.', 'load');
    const child = start(load);
    await eventually('it is ready', async () => (await ended(start(load, 'ready'))) === 0, 20_000);
    assert.equal((await attachedTo(pods)).length, 1);
    const serve = start(await find('.', 'metrics'));
    const get = [
      '--net',
      `--target=${node.pid}`,
      'curl',
      '-si',
      'http://127.0.0.1:9435/metrics.om',
    ];
    let answer = '';
    await eventually('it answers', async () => {
      answer = await run('nsenter', get).catch(() => '');
      return answer.includes('# EOF');
    });
    assert.match(answer, /^Content-type: application\/openmetrics-text;version=1\.0\.0;/im);
    assert.match(answer, /^sockmap_bypass_reach\{.*sockmap_bypass_reach="host"\} 1$/m);
    const pair = await Pair.connect(path.join(pods, 'pod-shop'), netns);
    assert.ok((await pair.move(BYTES)) < BYTES / 50, 'a pod talks past TCP/IP');
    await pair.close();
    // As that of a bridge which comes with the node's first pod.
    const within = ['--net', `--target=${node.pid}`, '--'];
    await run('nsenter', [...within, 'ip', 'address', 'add', '198.51.100.77/32', 'dev', 'lo']);
    const [pin = ''] = pins();
    const place = node.inside(path.join('/sys/fs/bpf/sockmap-bypass', pin));
    await eventually('the new address is known', async () =>
      (await localKeys(place)).some((key) => key.endsWith('c6 33 64 4d')),
    );
    end(child);
    end(serve);
    assert.deepEqual(await Promise.all([child, serve].map(ended)), [0, 0]);
    assert.deepEqual([await attachedTo(pods), pins()], [[], []]);
    assert.deepEqual(fs.readdirSync(node.inside(path.dirname(METRICS))), []);
  });

  it('takes over, or takes away, what a pod that was killed has left', async () => {
    const load = await find('.', 'load');
    for (const isLast of [false, true]) {
      const child = start(load);
      await eventually(
        'it is ready',
        async () => (await ended(start(load, 'ready'))) === 0,
        30_000,
      );
      child.kill('SIGKILL');
      await ended(child);
      assert.equal((await attachedTo(pods)).length, 1, `${isLast}`);
    }
    assert.equal(await ended(start(await find('uninstall', 'unload'))), 0);
    assert.deepEqual([await attachedTo(pods), pins()], [[], []]);
  });

  describe('of the Job', () => {
    let cli: InstalledCli;
    before(async () => {
      cli = await installCli();
      const place = path.join(node.inside(HOME), 'cli/package');
      fs.cpSync(path.resolve(path.dirname(cli.source('kernel.h')), '..'), place, {
        recursive: true,
      });
    });
    after(() => cli.remove());

    /** It is privileged, and in the node's namespaces. A log has what both streams hold. */
    const measure = (plan: Plan) => {
      fs.writeFileSync(node.inside(PLAN_FILE), JSON.stringify(plan));
      const within = [`--target=${node.pid}`, '--mount', '--net', '--uts', '--'];
      const job = execa('nsenter', [...within, `${HOME}/entrypoint.sh`, 'benchmark'], {
        env: { BYPASS_PLAN: PLAN_FILE },
        reject: false,
        all: true,
      });
      endAtEnd(job.pid);
      return job;
    };
    const ownCgroups = () =>
      fs.readdirSync(path.dirname(pods)).filter((name) => name.startsWith('sockmap-bypass-run-'));

    it('measures the node: the log is the result document', async () => {
      const { exitCode, all } = await measure(PLAN);
      assert.equal(exitCode, 0, all);
      const { samples, host } = parseDocument(all);
      assert.deepEqual([samples.length, host.name], [6, node.name]);
      assert.deepEqual([pins(), ownCgroups()], [[], []]);
    });

    it('takes away what it has made when it is deleted in the middle', async () => {
      const job = measure({ ...PLAN, secondsPerSample: 20 });
      await eventually('it has loaded', () => pins().length > 0, 60_000);
      assert.equal(ownCgroups().length, 1);
      job.kill('SIGTERM');
      const { exitCode, all } = await job;
      assert.equal(exitCode, 130, all);
      assert.match(all, /What was measured is kept|Cancelled/);
      assert.deepEqual([pins(), ownCgroups()], [[], []]);
    });
  });
});
