import * as vscode from 'vscode';
import { isBpfFile } from '../diagnostics/bpfFiles.ts';
import { foldersWithCopy } from '../workspace/copy.ts';
import { affects } from '../workspace/settings.ts';

/**
 * Keys for the `when` clauses of package.json, so that the palette offers no command that cannot apply.
 * Set here and nowhere else.
 */
type Key =
  /** A BPF source is open. */
  | 'hasBpfSource'
  /** One is in the editor that is at hand. */
  | 'inBpfSource'
  /** A BPF source was verified in this window. */
  | 'hasVerified'
  /** The workspace has a copy of the bundled programs. */
  | 'hasCopy'
  /** The workspace has results of benchmarks, and one that was cut off. */
  | 'hasResults'
  | 'hasUnfinishedRun';

/** The steps of the walkthrough: each is done once its command has done something. */
const STEPS: readonly string[] = [
  'checkHost',
  'assess',
  'tryOnHost',
  'load',
  'unload',
  'openSource',
];

const RESULTS = '**/*.sockmap-bench.json';
/** More are not read for the sake of a menu. */
const MOST = 200;
/** Changes come in bursts. */
const SETTLE_MS = 300;

/** Keeps them as the window and the workspace's files are. */
export class ContextKeys implements vscode.Disposable {
  readonly #subscriptions: vscode.Disposable[];
  readonly #set = new Map<Key, boolean>();
  /** Steps that were done in this window. */
  readonly #did = new Set<string>();
  /** Says of each result whether its run has not finished. */
  readonly #unfinished = new Map<string, boolean>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onDidVerify when a source has been verified. */
  constructor(onDidVerify: vscode.Event<unknown>) {
    const results = vscode.workspace.createFileSystemWatcher(RESULTS);
    // When a directory is deleted, only its own end is reported.
    const copies = vscode.workspace.createFileSystemWatcher('**/{bpf,bpf/*.bpf.c}', false, true);
    const look = (uri: vscode.Uri): void => {
      this.#changed.add(uri.toString());
      this.#timer ??= setTimeout(() => void this.#readChanged(), SETTLE_MS);
    };
    const copy = (): void => void this.#lookForCopy();
    const sources = (): void => {
      this.#keep('hasBpfSource', vscode.workspace.textDocuments.some(isBpfFile));
      const document = vscode.window.activeTextEditor?.document;
      this.#keep('inBpfSource', document !== undefined && isBpfFile(document));
    };
    this.#subscriptions = [
      results,
      results.onDidCreate(look),
      results.onDidChange(look),
      results.onDidDelete(look),
      copies,
      copies.onDidCreate(copy),
      copies.onDidDelete(copy),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        copy();
        void this.#readAll();
      }),
      vscode.workspace.onDidOpenTextDocument(sources),
      vscode.workspace.onDidCloseTextDocument(sources),
      vscode.window.onDidChangeActiveTextEditor(sources),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (affects(change, 'verify.files')) sources();
      }),
      onDidVerify(() => {
        this.#keep('hasVerified', true);
      }),
    ];
    sources();
    copy();
    void this.#readAll();
  }

  /** @param answer of a command; undefined where a person has called it off. */
  answered(command: string, answer: unknown): void {
    if (answer === undefined || !STEPS.includes(command)) return;
    this.#did.add(command);
    put(`did.${command}`, true);
  }

  /**
   * Opens the walkthrough with the steps ticked that were done before: VS Code ticks one when its key becomes true,
   * and none whose key is true already.
   */
  async showSteps(open: () => Thenable<unknown>): Promise<void> {
    for (const step of this.#did) put(`did.${step}`, false);
    await open();
    for (const step of this.#did) put(`did.${step}`, true);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const each of this.#subscriptions) each.dispose();
  }

  #keep(key: Key, value: boolean): void {
    if (this.#set.get(key) === value) return;
    this.#set.set(key, value);
    put(key, value);
  }

  async #lookForCopy(): Promise<void> {
    this.#keep('hasCopy', (await foldersWithCopy()).length > 0);
  }

  async #readAll(): Promise<void> {
    this.#unfinished.clear();
    const found = await vscode.workspace.findFiles(RESULTS, undefined, MOST);
    await this.#read(found);
  }

  async #readChanged(): Promise<void> {
    this.#timer = undefined;
    const changed = Array.from(this.#changed, (each) => vscode.Uri.parse(each));
    this.#changed.clear();
    await this.#read(changed);
  }

  async #read(results: readonly vscode.Uri[]): Promise<void> {
    await Promise.all(
      results.map(async (uri) => {
        const key = uri.toString();
        try {
          const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
          // In a string its quotes would be escaped.
          this.#unfinished.set(key, !text.includes('"finishedAt"'));
        } catch {
          this.#unfinished.delete(key);
        }
      }),
    );
    this.#keep('hasResults', this.#unfinished.size > 0);
    this.#keep('hasUnfinishedRun', Array.from(this.#unfinished.values()).includes(true));
    // Those that are not of the workspace are in no list: for them resuming stays on offer.
    const finished = Array.from(this.#unfinished).filter(([, isUnfinished]) => !isUnfinished);
    put(
      'finishedRuns',
      finished.map(([uri]) => vscode.Uri.parse(uri).path),
    );
  }
}

const put = (key: string, value: boolean | readonly string[]): void => {
  void vscode.commands.executeCommand('setContext', `sockmapBypass.${key}`, value);
};
