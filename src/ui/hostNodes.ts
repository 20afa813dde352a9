import { isAttached, type Attachment, type BypassStatus, type Kept } from '../bypass/attachment.ts';
import { isPlaceOf, keeperOf, keptPlaces } from '../bypass/keptWords.ts';
import type { Assessed } from './assessed.ts';
import type { ListedHost } from '../workspace/hostList.ts';

/** Names of containers and units, by the path of their cgroup; empty where it has none. */
export type Labels = ReadonlyMap<string, string>;

/** The name of a cgroup, where it has one. */
export const labelOf = (labels: Labels, cgroup: string): string | undefined =>
  labels.get(cgroup) === '' ? undefined : labels.get(cgroup);

/** The last reading of a host. */
export interface Read {
  readonly kind: 'read';
  readonly status: BypassStatus;
  readonly labels: Labels;
  /** Bytes a second that each bypass carried since the reading before, by `keyOf`. */
  readonly rates: ReadonlyMap<string, number>;
  /** `performance.now()` when it was asked for, in ms. */
  readonly at: number;
}

type Reading =
  | Read
  | { readonly kind: 'unread' }
  | { readonly kind: 'reading' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A row of the hosts view: a host. It stays the same object, by which VS Code knows it again. */
export class HostNode {
  readonly listed: ListedHost;
  /** Whether it can be taken from the list. */
  readonly isRemembered: boolean;
  reading: Reading = { kind: 'unread' };
  /** The last assessment of this window. */
  assessed: Assessed | undefined;
  /** Whether a person has expanded it. */
  isOpen = false;

  constructor(listed: ListedHost, isRemembered: boolean) {
    this.listed = listed;
    this.isRemembered = isRemembered;
  }

  get host(): string {
    return this.listed.name;
  }
}

/** A row below a host: a bypass that is loaded there, or was left behind. */
export class BypassNode {
  readonly host: string;
  readonly attachment: Attachment;
  readonly labels: Labels;
  /** Bytes a second; undefined before the second reading. */
  readonly rate: number | undefined;
  readonly assessed: Assessed | undefined;
  /** The unit that loads it after a boot. */
  readonly kept: Kept | undefined;

  constructor(of: HostNode, attachment: Attachment, { labels, rates, status }: Read) {
    this.host = of.host;
    this.assessed = of.assessed;
    this.attachment = attachment;
    this.labels = labels;
    this.kept = keeperOf(status.kept, attachment);
    this.rate = rates.get(keyOf(attachment));
  }

  /** Names it to the host: one of its cgroups, or where all are gone an old name, or its pins. */
  get cgroup(): string | undefined {
    const { cgroup, gone, pins } = this.attachment;
    return cgroup ?? gone[0] ?? pins;
  }
}

/** A row below a bypass that has several: one of its cgroups. */
export class CgroupNode {
  readonly host: string;
  readonly cgroup: string;
  readonly label: string | undefined;
  readonly assessed: Assessed | undefined;

  /** The bypass, by `keyOf`. */
  readonly of: string;

  constructor({ host, attachment, labels, assessed }: BypassNode, cgroup: string) {
    this.assessed = assessed;
    this.of = keyOf(attachment);
    this.host = host;
    this.cgroup = cgroup;
    this.label = labelOf(labels, cgroup);
  }
}

/** A row below a host: what it keeps across reboots, and is not loaded now. */
export class KeptNode {
  readonly host: string;
  readonly kept: Kept;

  constructor({ host }: HostNode, kept: Kept) {
    this.host = host;
    this.kept = kept;
  }

  /** Names it to the host: one of its units or cgroups. */
  get cgroup(): string | undefined {
    return keptPlaces(this.kept)[0];
  }
}

export type Note =
  'unread' | 'read' | 'reading' | 'failed' | 'retry' | 'empty' | 'load' | 'assessed';

/** A row below a host of which there is nothing else to show: why, or what to do about it. */
export class NoteNode {
  readonly of: HostNode;
  readonly note: Note;

  constructor(of: HostNode, note: Note) {
    this.of = of;
    this.note = note;
  }

  get host(): string {
    return this.of.host;
  }
}

export type HostViewNode = HostNode | BypassNode | CgroupNode | KeptNode | NoteNode;

/** The rows below a row. */
export function childrenOf(node: HostViewNode): HostViewNode[] {
  if (node instanceof HostNode) return childrenOfHost(node);
  if (!(node instanceof BypassNode) || node.attachment.cgroups.length < 2) return [];
  return Array.from(new Set(node.attachment.cgroups), (cgroup) => new CgroupNode(node, cgroup));
}

function childrenOfHost(node: HostNode): HostViewNode[] {
  const { reading, assessed } = node;
  const known: Note[] = assessed === undefined ? [] : ['assessed'];
  const notes = (...all: Note[]) => [...all, ...known].map((note) => new NoteNode(node, note));
  switch (reading.kind) {
    case 'unread':
      return notes('unread', 'read');
    case 'reading':
      return notes('reading');
    case 'failed':
      return notes('failed', 'retry');
    case 'read': {
      const { attachments, kept = [] } = reading.status;
      const isLoaded = (one: Kept) =>
        attachments.some(({ cgroups, gone }) =>
          [...cgroups, ...gone].some((at) => isPlaceOf(one, at)),
        );
      return [
        ...rowsOfAll(attachments).map((one) => new BypassNode(node, one, reading)),
        ...kept.filter((one) => !isLoaded(one)).map((one) => new KeptNode(node, one)),
        ...(attachments.length === 0 ? notes('empty', 'load') : notes()),
      ];
    }
  }
}

/** VS Code shows nothing at all where a host would have two of the same. */
const rowsOfAll = (attachments: readonly Attachment[]): Attachment[] =>
  Array.from(new Map(attachments.map((one) => [keyOf(one), one])).values()).sort(byUse);

/** Attached ones come first, then by name: rows stay where they are from one reading to the next. */
const byUse = (a: Attachment, b: Attachment): number =>
  Number(isAttached(b)) - Number(isAttached(a)) || keyOf(a).localeCompare(keyOf(b), 'en');

/** Identifies a bypass from one reading to the next. */
export const keyOf = ({ cgroup, pins, gone, sockops }: Attachment): string =>
  [cgroup ?? gone[0] ?? '', pins ?? '', sockops?.id ?? ''].join('\n');

/**
 * The bytes a second that each bypass carried between two readings, by `keyOf`. A bypass that was loaded anew
 * meanwhile has none, and counts that went back neither.
 * @param at `performance.now()` of the second one.
 */
export function ratesSince(
  before: Read | undefined,
  { attachments }: BypassStatus,
  at: number,
): Map<string, number> {
  const old = new Map(before?.status.attachments.map((one) => [keyOf(one), redirected(one)]));
  const seconds = before === undefined ? 0 : (at - before.at) / 1000;
  const rates = new Map<string, number>();
  for (const one of attachments) {
    const bytes = redirected(one) - (old.get(keyOf(one)) ?? Number.NaN);
    if (seconds > 0 && bytes >= 0) rates.set(keyOf(one), bytes / seconds);
  }
  return rates;
}

const redirected = ({ counters }: Attachment): number => counters['redirected_bytes'] ?? Number.NaN;
