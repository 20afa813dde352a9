import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { isCancelled } from './errors.ts';
import type { Host } from './host.ts';
import { scriptArgv } from './hostScript.ts';
import { parseJson } from './json.ts';
import { newBoundary, parseSections } from './sections.ts';

/** Containers and pods as engines list them. */
export interface Containers {
  /** "NAME · IMAGE", as far as they are told, by the id; by "NAMESPACE/ID" where an id is freely chosen. */
  readonly names: ReadonlyMap<string, string>;
  /** "NAMESPACE/NAME" by the pod's uid. */
  readonly pods: ReadonlyMap<string, string>;
}

const NONE: Containers = { names: new Map(), pods: new Map() };

/** An id as engines make them, wherever it stands in a cgroup's name. */
const ID = /(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])/;
/** A pod's uid, as the two drivers of the kubelet write it; that of a static pod has no dashes. */
const POD =
  /(?:^|-)pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/;

/**
 * Asks the host's engines for names, where its cgroups look as if there were containers: as root, and as the
 * account that logs in, which may have some of its own. None is told where none answers.
 */
export async function namesOfContainers(
  host: Host,
  cgroups: string,
  options: { root: boolean; signal?: AbortSignal | undefined },
): Promise<Containers> {
  if (!/[0-9a-f]{64}|\/default\//.test(cgroups)) return NONE;
  const isAccount = options.root && (await host.privilege(options.signal)) !== 'root';
  const boundary = newBoundary();
  const argv = scriptArgv('containers.sh', boundary, cgroups.includes('libpod') ? 'podman' : '');
  const ask = async (root: boolean): Promise<string> => {
    try {
      const tried = l10n.t('ask for the names of containers');
      const limits = { timeoutMs: 15_000, maxMiB: 20 };
      const { stdout } = await host.run(argv, { ...options, ...limits, root, tried });
      return stdout;
    } catch (error) {
      if (isCancelled(error)) throw error;
      return '';
    }
  };
  const texts = await Promise.all([options.root, ...(isAccount ? [false] : [])].map(ask));
  return parseContainers(texts.join(''), boundary);
}

/** @param text output of `containers.sh`. */
export function parseContainers(text: string, boundary: string): Containers {
  const names = new Map<string, string>();
  const pods = new Map<string, string>();
  for (const { name, text: told } of parseSections(text, boundary)) {
    const [engine, namespace = ''] = name.split(' ');
    if (engine === 'crictl') readCri(told, names, pods);
    else if (engine === 'ctr') readTable(told, namespace, names);
    else readLines(told, names);
  }
  return { names, pods };
}

type Names = Map<string, string>;

/** The first engine that tells a name is right: containerd knows those of others by their image alone. */
function add(names: Names, id: string, name: string, image: string): void {
  // A digest tells people nothing.
  const known = /^(?:<|-$|sha256:|[0-9a-f]{64}$)/.test(image) ? '' : image.split('@')[0];
  const told = [name, known].filter((one) => one !== undefined && one !== '').join(' · ');
  if (told !== '' && !names.has(id)) names.set(id, told);
}

/** docker, podman and nerdctl, by the template of the script: "ID NAMES IMAGE" a line. */
function readLines(text: string, names: Names): void {
  for (const [, id = '', all = '', image = ''] of text.matchAll(
    /^([0-9a-f]{64}) ([^\s]{0,4096}) ([^\n]{0,4096})$/gm,
  )) {
    // docker: those with a slash are what other containers' links call it. nerdctl: of Kubernetes.
    const own = all.startsWith('k8s://') ? all.slice('k8s://'.length) : undefined;
    add(names, id, own ?? all.split(',').find((one) => !one.includes('/')) ?? all, image.trim());
  }
}

/** ctr: columns "CONTAINER IMAGE RUNTIME", and an id is what somebody chose. */
function readTable(text: string, namespace: string, names: Names): void {
  for (const line of text.split('\n').slice(1)) {
    const [, id = '', image = ''] = /^(\S{1,255}) {4,}(\S{1,4096})/.exec(line) ?? [];
    if (ID.exec(id)?.[1] === id) add(names, id, '', image);
    else if (id !== '') names.set(`${namespace}/${id}`, [id, image].join(' · '));
  }
}

const word = z.string().max(4096);
const criSchema = z.object({ containers: z.array(z.unknown()).max(100_000) });
const criContainer = z.object({
  id: word.regex(/^[0-9a-f]{64}$/),
  podSandboxId: word.optional(),
  metadata: z.object({ name: word }),
  image: z
    .object({ image: word.default(''), userSpecifiedImage: word.default('') })
    .default({ image: '', userSpecifiedImage: '' }),
  labels: z.record(z.string(), z.string()).nullish(),
});

/** crictl: the containers of a CRI, with the names of their pods among the labels. */
function readCri(text: string, names: Names, pods: Names): void {
  for (const one of criContainers(text)) {
    const parsed = criContainer.safeParse(one);
    if (!parsed.success) continue;
    const { id, podSandboxId = '', metadata, image, labels } = parsed.data;
    const label = (name: string): string => labels?.[`io.kubernetes.pod.${name}`] ?? '';
    const pod = [label('namespace'), label('name')].filter((part) => part !== '').join('/');
    const specified = image.userSpecifiedImage;
    const own = [pod, metadata.name].filter((part) => part !== '').join('/');
    add(names, id, own, specified === '' ? image.image : specified);
    if (pod === '') continue;
    add(names, podSandboxId, l10n.t('{0}, its sandbox', pod), '');
    pods.set(label('uid'), pod);
  }
}

function criContainers(text: string): readonly unknown[] {
  try {
    return criSchema.parse(parseJson(text)).containers;
  } catch {
    return [];
  }
}

/** A container or a pod by a cgroup's path, as engines and the kubelet name cgroups; undefined for others. */
export function containerLabel(path: string, { names, pods }: Containers): string | undefined {
  const steps = path.split('/');
  const name = steps.at(-1) ?? '';
  const id = ID.exec(name)?.[1];
  if (id !== undefined) {
    const kind = name.includes('conmon') ? 'monitor of container' : 'container';
    return `${kind} ${names.get(id) ?? id.slice(0, 12)}`;
  }
  const uid = POD.exec(name)?.[1]?.replaceAll('_', '-');
  if (uid !== undefined) return l10n.t('pod {0}', pods.get(uid) ?? uid);
  const chosen = names.get(steps.slice(-2).join('/'));
  return chosen === undefined ? undefined : l10n.t('container {0}', chosen);
}

/** The container that a cgroup is inside of: engines and what runs in containers make cgroups there, too. */
export function enclosingContainer(path: string, containers: Containers): string | undefined {
  const above = path
    .split('/')
    .slice(0, -1)
    .findLast((step) => ID.test(step));
  return above === undefined
    ? undefined
    : l10n.t('in {0}', containerLabel(above, containers) ?? above);
}
