import * as vscode from 'vscode';
import type { DocumentReader } from '../results/documentText.ts';
import type { ShownRun } from '../results/protocol.ts';

/** A run writes in bursts of events; one reading serves them all. */
const SETTLE_MS = 200;
/** Watchers miss changes on network drives and behind some links; a look at the clock does not. */
const POLL_MS = 2000;
/** A file that is being copied is half there for a moment; a fault is one that stays. */
const ATTEMPTS = 3;
const RETRY_MS = 200;
/** The stamp of a file that is not there. */
const MISSING = 'missing';

/** Content of the file, or why it cannot be shown. */
type FileState =
  | { readonly run: ShownRun; readonly reason?: undefined }
  | { readonly reason: string; readonly run?: undefined };

/** A result document on disk, read whenever it changes: while a run writes it, only its new samples. */
export class WatchedResult implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  readonly name: string;
  /** Absent until the file was read for the first time. */
  state: FileState | undefined;
  /** The first reading. */
  readonly first: Promise<FileState>;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #watcher: vscode.FileSystemWatcher;
  readonly #poll: NodeJS.Timeout;
  #settle: NodeJS.Timeout | undefined;
  #reader: DocumentReader | undefined;
  /** Modification time and size of the file as last read. */
  #stamp = '';
  #reading = false;
  #disposed = false;

  constructor(uri: vscode.Uri) {
    this.uri = uri;
    this.name = baseName(uri);
    // The folder is watched, not the file: a rename puts a new file in the old one's place, and a
    // name may hold characters that mean something else in a pattern.
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), '*');
    this.#watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const onEvent = (at: vscode.Uri) => {
      if (baseName(at) === this.name) this.#schedule();
    };
    this.#watcher.onDidCreate(onEvent);
    this.#watcher.onDidChange(onEvent);
    this.#watcher.onDidDelete(onEvent);
    this.#poll = setInterval(() => void this.#refresh(), POLL_MS);
    this.first = new Promise((resolve) => {
      const first = this.onDidChange(() => {
        first.dispose();
        if (this.state) resolve(this.state);
      });
    });
    void this.#refresh();
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
    this.#watcher.dispose();
    this.#changed.dispose();
  }

  /** A run that writes faster than this does not put off the reading any further. */
  #schedule(): void {
    if (this.#disposed) return;
    this.#settle ??= setTimeout(() => {
      this.#settle = undefined;
      void this.#refresh();
    }, SETTLE_MS);
  }

  /** Reads the file if it is not the one read last. Never rejects. */
  async #refresh(): Promise<void> {
    if (this.#reading) {
      this.#schedule();
      return;
    }
    this.#reading = true;
    try {
      // Taken before the file is read: a change meanwhile is read next time.
      const stamp = await this.#currentStamp();
      if (stamp === this.#stamp) return;
      const { state, isRead } = await this.#read();
      if (this.#disposed) return;
      // A file that cannot be read now may be readable later without another change.
      this.#stamp = isRead || stamp === MISSING ? stamp : '';
      const isNew = state.run !== undefined || state.reason !== this.state?.reason;
      this.state = state;
      if (isNew) this.#changed.fire();
    } finally {
      this.#reading = false;
    }
  }

  async #currentStamp(): Promise<string> {
    try {
      const { mtime, size } = await vscode.workspace.fs.stat(this.uri);
      return `${mtime}/${size}`;
    } catch {
      return MISSING;
    }
  }

  async #read(): Promise<{ state: FileState; isRead: boolean }> {
    let reason = '';
    let isRead = false;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      isRead = false;
      try {
        const content = await vscode.workspace.fs.readFile(this.uri);
        isRead = true;
        this.#reader ??= await newReader();
        const document = this.#reader.read(new TextDecoder().decode(content));
        return { state: { run: { document, fileName: this.name } }, isRead };
      } catch (error) {
        reason = reasonOf(error);
      }
    }
    return { state: { reason }, isRead };
  }
}

/** Loaded with the first result: the validator would slow the extension's start. */
async function newReader(): Promise<DocumentReader> {
  const { DocumentReader } = await import('../results/documentText.ts');
  return new DocumentReader();
}

/** Words of an error, or of a file that is gone. */
export function reasonOf(error: unknown): string {
  if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') {
    return vscode.l10n.t('The file is not there. It is shown as soon as it is back.');
  }
  return error instanceof Error ? error.message : String(error);
}

export const baseName = (uri: vscode.Uri): string => uri.path.slice(uri.path.lastIndexOf('/') + 1);
