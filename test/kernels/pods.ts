import path from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments, stringify } from 'yaml';
import * as z from 'zod';
import { run } from '../harness/run.ts';
import { temporaryDirectory } from '../harness/temporary.ts';
import type { Machine } from './machine.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const DEPLOY = path.join(ROOT, 'deploy/kubernetes');
/** Where pods have on a machine what containers of one share. */
export const SHARED = '/run/pods';
/** As kustomization.yaml names it. */
const IMAGE = 'localhost/sockmap-bypass:0.1.0';

/**
 * Builds the image of deploy/kubernetes by its Containerfile, and loads it on a machine. Debian's own base image
 * comes from a registry; this one is made of the same packages. Nothing is started for it but what the file runs, in a
 * changed root: a container engine need not work here, as it does on the machine.
 */
export async function loadImage({ alias, configFile }: Machine): Promise<void> {
  const place = temporaryDirectory();
  const within = (name: string): string => path.join(place.path, name);
  const buildah = (...argv: string[]): Promise<string> =>
    run(
      'buildah',
      ['--root', within('root'), '--runroot', within('run'), '--storage-driver', 'vfs', ...argv],
      { cwd: ROOT },
    );
  try {
    await run('mmdebstrap', [
      '--quiet',
      '--mode=root',
      '--variant=apt',
      '--components=main',
      '--architectures=amd64',
      '--aptopt=Acquire::Check-Valid-Until "false"',
      ...['doc', 'man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
      'trixie',
      within('base.tar'),
    ]);
    const base = (await buildah('from', 'scratch')).trim();
    await buildah('add', '--quiet', base, within('base.tar'), '/');
    await buildah('commit', '--quiet', base, 'localhost/debian:trixie-slim');
    await buildah(
      'build',
      '--quiet',
      '--isolation',
      'chroot',
      '--pull-never',
      '--squash',
      '--file',
      path.join(DEPLOY, 'Containerfile'),
      '--target',
      'load',
      '--tag',
      IMAGE,
      '.',
    );
    const archive = within('image.tar');
    await buildah('push', '--quiet', IMAGE, `docker-archive:${archive}:${IMAGE}`);
    await execa('ssh', ['-F', configFile, alias, 'podman load --quiet'], { inputFile: archive });
  } finally {
    await place.remove();
  }
}

const podSchema = z.looseObject({
  terminationGracePeriodSeconds: z.number(),
  volumes: z.array(z.looseObject({ name: z.string(), emptyDir: z.looseObject({}).optional() })),
  containers: z.array(
    z.looseObject({
      name: z.string(),
      readinessProbe: z.object({ exec: z.object({ command: z.array(z.string()) }) }).optional(),
    }),
  ),
});
const daemonSetSchema = z.object({
  kind: z.literal('DaemonSet'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    template: z.object({ metadata: z.looseObject({}), spec: podSchema }),
  }),
});

export interface Pod {
  readonly name: string;
  /** How long it may take to end. */
  readonly graceSeconds: number;
  /** Tells whether it is ready, in its first container. */
  readonly ready: readonly string[];
  /** For `podman kube play`: it and its settings. */
  readonly text: string;
}

/**
 * The pod that the DaemonSet of a folder has on each node, as kustomize renders it. Podman knows no DaemonSet, and
 * what it makes of an emptyDir is each container's own, or that of the user who is there first. Kubelet's is root's.
 */
export async function podOf(folder: string): Promise<Pod> {
  const text = await run('kubectl', ['kustomize', path.join(DEPLOY, folder)]);
  const manifests = parseAllDocuments(text).map(
    (each) => each.toJS() as Readonly<Record<string, unknown>>,
  );
  const settings = manifests.filter(({ kind }) => kind === 'ConfigMap');
  const daemon = daemonSetSchema.parse(manifests.find(({ kind }) => kind === 'DaemonSet'));
  const { name } = daemon.metadata;
  const { metadata, spec } = daemon.spec.template;
  const volumes = spec.volumes.map((one) =>
    one.emptyDir
      ? {
          name: one.name,
          hostPath: { path: `${SHARED}/${name}/${one.name}`, type: 'DirectoryOrCreate' },
        }
      : one,
  );
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name },
    spec: { ...spec, volumes },
  };
  return {
    name,
    graceSeconds: spec.terminationGracePeriodSeconds,
    ready: spec.containers[0]?.readinessProbe?.exec.command ?? [],
    text: [...settings, pod].map((each) => stringify(each)).join('---\n'),
  };
}
