import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { resultsFolders } from '../workspace/resultsFolder.ts';
import { affects } from '../workspace/settings.ts';
import { focusedRows } from './focusedRows.ts';
import { resultRowOf } from './resultItems.ts';
import { byHost, ResultNode, ResultsOfHost } from './resultNodes.ts';
import { makeTreeView } from './window.ts';

const SUFFIX = '.sockmap-bench.json';
const IN_WORKSPACE = `**/*${SUFFIX}`;
/** A person looks through no more; those of a folder with more are the newest by their names. */
const MOST = 5000;
/** Documents that are read at the same time. */
const AT_ONCE = 16;
/** A run writes in bursts of events. */
const SETTLE_MS = 300;

/** The view Results: the runs of the workspace and of the folder for results, as their documents say. */
export class ResultsView implements vscode.Disposable {
  readonly #context: Context;
  readonly #view: vscode.TreeView<ResultsOfHost | ResultNode>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  /** Runs came, changed or went. */
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions: { dispose(): unknown }[];
  #watchers: vscode.Disposable[] = [];
  /** By their files; undefined before the first look. */
  #runs: Map<string, ResultNode> | undefined;
  /** One at a time: who asks while one looks gets what it finds, and what changed since. */
  #listing: Promise<ResultsOfHost[]> = Promise.resolve([]);
  /** Files that have changed since. */
  readonly #stale = new Set<string>();
  #settle: NodeJS.Timeout | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#view = makeTreeView<ResultsOfHost | ResultNode>('sockmapBypass.results', resultRowOf, {
      canSelectMany: true,
      getChildren: (node) => {
        if (node === undefined) return this.#listed();
        return node instanceof ResultsOfHost ? [...node.runs] : [];
      },
      onDidChangeTreeData: this.#changed.event,
    });
    this.#subscriptions = [
      this.#view,
      this.#changed,
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.refresh();
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (affects(change, 'results.folder')) this.refresh();
      }),
    ];
  }

  /** The runs that a key is for. */
  async focused(): Promise<ResultNode[]> {
    return (await focusedRows(this.#view)).filter((node) => node instanceof ResultNode);
  }

  /** The files of a host's runs, the newest first. */
  async filesOf(host: string): Promise<string[]> {
    const hosts = await this.#listed();
    const own = hosts.find((each) => each.host === host);
    return own?.runs.map(({ file }) => file) ?? [];
  }

  /** The newest run of each host, by the host's name. */
  async newest(): Promise<Map<string, ResultNode>> {
    const hosts = await this.#listed();
    return new Map(hosts.flatMap(({ host, runs: [run] }) => (run ? [[host, run] as const] : [])));
  }

  #listed(): Promise<ResultsOfHost[]> {
    return (this.#listing = this.#listing.then(this.#list, this.#list));
  }

  /** Looks for runs anew. */
  refresh(): void {
    this.#runs = undefined;
    this.#changed.fire(undefined);
  }

  dispose(): void {
    clearTimeout(this.#settle);
    for (const one of [...this.#watchers, ...this.#subscriptions]) one.dispose();
  }

  readonly #list = async (): Promise<ResultsOfHost[]> => {
    if (this.#runs === undefined) {
      this.#watch();
      this.#runs = new Map();
      this.#stale.clear();
      for (const file of await this.#files()) this.#stale.add(file);
    }
    const stale = Array.from(this.#stale);
    this.#stale.clear();
    await this.#read(stale, this.#runs);
    return byHost(Array.from(this.#runs.values()));
  };

  async #files(): Promise<string[]> {
    const found = await vscode.workspace.findFiles(IN_WORKSPACE, undefined, MOST);
    const beside = await Promise.all(
      resultsFolders(this.#context).map(async ({ fsPath }) => {
        const names = await readdir(fsPath).catch(() => []);
        const runs = names.filter((name) => name.endsWith(SUFFIX)).sort();
        return runs.slice(-MOST).map((name) => path.join(fsPath, name));
      }),
    );
    return [...found.filter(isLocal).map(({ fsPath }) => fsPath), ...beside.flat()];
  }

  async #read(files: readonly string[], runs: Map<string, ResultNode>): Promise<void> {
    const { readSummary } = await import('../bench/summaries.ts');
    const waiting = files.values();
    const work = async (): Promise<void> => {
      for (const file of waiting) {
        const summary = await readSummary(file);
        if (summary === undefined) runs.delete(file);
        else runs.set(file, new ResultNode(file, summary));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  #watch(): void {
    for (const one of this.#watchers) one.dispose();
    const beside = resultsFolders(this.#context).map(
      (folder) => new vscode.RelativePattern(folder, `*${SUFFIX}`),
    );
    this.#watchers = [IN_WORKSPACE, ...beside].map((pattern) => {
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      const look = (uri: vscode.Uri): void => {
        this.#look(uri);
      };
      watcher.onDidCreate(look);
      watcher.onDidChange(look);
      watcher.onDidDelete(look);
      return watcher;
    });
  }

  #look(uri: vscode.Uri): void {
    if (!isLocal(uri)) return;
    this.#stale.add(uri.fsPath);
    this.#settle ??= setTimeout(() => {
      this.#settle = undefined;
      // Read first: from the event to its answer the view knows none of its rows, and a menu that is open names none.
      void this.#listed().then(() => {
        this.#changed.fire(undefined);
      });
    }, SETTLE_MS);
  }
}

const isLocal = ({ scheme }: vscode.Uri): boolean => scheme === 'file';
