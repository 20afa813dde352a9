import * as vscode from 'vscode';
import type { BypassStatus } from '../bypass/attachment.ts';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import { isRemembered, listHosts } from '../workspace/knownHosts.ts';
import { affects } from '../workspace/settings.ts';
import { focusedRows } from './focusedRows.ts';
import { rowOf } from './hostItems.ts';
import { childrenOf, HostNode, ratesSince, type HostViewNode, type Read } from './hostNodes.ts';
import { makeTreeView } from './window.ts';

/** Between two readings of what is loaded, while it is looked at. */
const POLL_MS = 5000;
/** Before the second of them: one alone says nothing of bytes a second. */
const SOON_MS = 2000;
/** A slow host is read so many times as seldom as it takes. */
const IDLE_SHARE = 10;

/**
 * The view Hosts: what is loaded where, as the hosts themselves say it. It connects to those alone that a
 * person has expanded, or used by a command of this window.
 */
export class HostsView implements vscode.Disposable {
  readonly #context: Context;
  readonly #view: vscode.TreeView<HostViewNode>;
  readonly #changed = new vscode.EventEmitter<HostViewNode | undefined>();
  readonly #ending = new AbortController();
  readonly #subscriptions: readonly { dispose(): unknown }[];
  #nodes = new Map<string, HostNode>();
  /** Readings of hosts from before they were listed, as when a window comes back. */
  readonly #unlisted = new Map<string, BypassStatus>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#view = makeTreeView<HostViewNode>('sockmapBypass.hosts', rowOf, {
      getChildren: (node) => (node === undefined ? this.#list() : childrenOf(node)),
      onDidChangeTreeData: this.#changed.event,
    });
    this.#subscriptions = [
      this.#view,
      this.#changed,
      this.#view.onDidExpandElement(({ element }) => {
        if (element instanceof HostNode) this.#open(element);
      }),
      this.#view.onDidCollapseElement(({ element }) => {
        if (element instanceof HostNode) element.isOpen = false;
      }),
      this.#view.onDidChangeVisibility(() => {
        this.#poll();
      }),
      context.assessed.onDidAssess((name) => {
        const node = this.#nodes.get(name);
        if (node === undefined) return;
        node.assessed = context.assessed.of(name);
        this.#changed.fire(node);
      }),
      context.onDidWork((name) => {
        if (this.#nodes.get(name)?.isRemembered !== true) this.relist();
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!affects(change, 'host', 'ssh')) return;
        this.#nodes.clear();
        this.relist();
      }),
    ];
  }

  /** The row that a key is for. */
  async focused(): Promise<HostViewNode | undefined> {
    const [row] = await focusedRows(this.#view);
    return row;
  }

  /** Reads a host again; without one all those that are expanded, and the list of hosts. */
  async refresh(name?: string): Promise<void> {
    const node = name === undefined ? undefined : this.#nodes.get(name);
    if (node !== undefined) return this.#read(node);
    this.relist();
    await Promise.all(Array.from(this.#opened(), (one) => this.#read(one)));
  }

  /** Lists the hosts again; what was read of them stays. */
  relist(): void {
    this.#changed.fire(undefined);
  }

  /** Shows what a command has read of a host just now. */
  take(status: BypassStatus): void {
    const node = this.#nodes.get(status.host);
    if (node === undefined) {
      this.#unlisted.set(status.host, status);
      return;
    }
    const before = node.reading.kind === 'read' ? node.reading : undefined;
    const at = performance.now();
    const labels: Read['labels'] = before?.labels ?? new Map();
    node.reading = { kind: 'read', status, labels, at, rates: ratesSince(before, status, at) };
    this.#changed.fire(node);
    this.#poll(SOON_MS);
  }

  dispose(): void {
    this.#ending.abort();
    clearTimeout(this.#timer);
    for (const one of this.#subscriptions) one.dispose();
  }

  async #list(): Promise<HostNode[]> {
    const hosts = await listHosts(this.#context);
    const nodes = hosts.map((listed) => {
      const known = this.#nodes.get(listed.name);
      const remembered = isRemembered(this.#context, listed.name);
      if (known?.listed.origin === listed.origin && known.isRemembered === remembered) return known;
      const node = new HostNode(listed, remembered);
      node.assessed = this.#context.assessed.of(listed.name);
      if (known !== undefined)
        Object.assign(node, { reading: known.reading, isOpen: known.isOpen });
      return node;
    });
    this.#nodes = new Map(nodes.map((node) => [node.host, node]));
    const unlisted = [...this.#unlisted.values()];
    this.#unlisted.clear();
    for (const status of unlisted) this.take(status);
    return nodes;
  }

  #open(node: HostNode): void {
    node.isOpen = true;
    if (node.reading.kind === 'read') this.#poll();
    else void this.#read(node);
  }

  /** Reads what is loaded. It never rejects: the failure is shown in place of what was to be read. */
  async #read(node: HostNode): Promise<void> {
    const { host, reading } = node;
    if (reading.kind === 'reading') return;
    const before = reading.kind === 'read' ? reading : undefined;
    const since: HostNode['reading'] = before ?? { kind: 'reading' };
    node.reading = since;
    if (before === undefined) this.#changed.fire(node);
    let found: HostNode['reading'];
    try {
      found = await this.#readLoaded(host, before);
    } catch (error) {
      found = isCancelled(error) ? { kind: 'unread' } : { kind: 'failed', error };
    }
    // The list may be another one by now, and a command may have read the host later than this.
    const current = this.#nodes.get(host);
    if (this.#ending.signal.aborted || current?.reading !== since) return;
    current.reading = found;
    this.#changed.fire(current);
    this.#poll(before === undefined ? SOON_MS : POLL_MS);
  }

  async #readLoaded(name: string, before: Read | undefined): Promise<Read> {
    const { readLoaded } = await import('./readLoaded.ts');
    const at = performance.now();
    const host = await this.#context.host(name);
    const read = await readLoaded(host, before?.labels, this.#ending.signal);
    return { ...read, kind: 'read', at, rates: ratesSince(before, read.status, at) };
  }

  *#opened(): Generator<HostNode> {
    for (const node of this.#nodes.values()) if (node.isOpen) yield node;
  }

  /** Reads hosts that a person looks at from time to time, for the bytes a second. */
  #poll(wait = POLL_MS): void {
    clearTimeout(this.#timer);
    const due = () =>
      Array.from(this.#opened()).filter(
        ({ reading }) => reading.kind === 'read' && reading.status.attachments.length > 0,
      );
    if (!this.#view.visible || this.#ending.signal.aborted || due().length === 0) return;
    this.#timer = setTimeout(() => {
      const began = performance.now();
      void Promise.all(due().map((node) => this.#read(node))).then(() => {
        this.#poll(Math.max(POLL_MS, IDLE_SHARE * (performance.now() - began)));
      });
    }, wait);
  }
}
