import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import {
  DidChangeConfigurationNotification,
  DidSaveTextDocumentNotification,
  ExecuteCommandRequest,
  LanguageClient,
  LSPErrorCodes,
  ResponseError,
  type Middleware,
} from 'vscode-languageclient/node';
import * as z from 'zod';
import { HostError } from '../host/errors.ts';
import type { HostProcess } from '../host/host.ts';
import { onLines } from '../host/lines.ts';
import { isBpfFile } from '../diagnostics/bpfFiles.ts';
import { showWarning } from '../ui/window.ts';
import { watchBuildFiles } from '../workspace/folders.ts';
import { affects } from '../workspace/settings.ts';
import { Gate } from './gate/gate.ts';
import { APPLY } from './gate/shapes.ts';
import { Busy } from './busy.ts';
import { mattersToOthers } from './changes.ts';
import { clientOptions } from './clientOptions.ts';
import { HOST_SCHEME } from './hostFiles.ts';
import { journal } from './journal.ts';
import type { Mirror } from './mirror.ts';
import type { Paths } from './paths.ts';
import type { Sources } from './sources.ts';
import { gated } from './gatedTransport.ts';

/** A larger file is kept from the language server; the verifier says so when it is saved. */
const LARGEST_CHARACTERS = 4 * 1024 * 1024;
/** After so long without a keystroke headers and includes are looked at again. */
const SETTLE_MS = 300;
/** So many times as long as its compiler may take clangd may work on a file, or more: the host may be busy. */
const PATIENCE = 3;
/** In which the server may end by itself. */
const STOP_MS = 2000;

export interface ServerEvents {
  /** Activity of clangd on the files it has: "parsing includes"; undefined: none. */
  readonly onBusy: (words: string | undefined) => void;
  readonly onDiagnostics: (uri: vscode.Uri, diagnostics: readonly vscode.Diagnostic[]) => void;
  /** It ended without being asked to. */
  readonly onEnd: (error: HostError) => void;
  readonly log: vscode.LogOutputChannel;
}

/** clangd on the host, for the programs that are open and their headers. */
export class Server implements AsyncDisposable {
  readonly #mirror: Mirror;
  readonly #sources: Sources;
  readonly #paths: Paths;
  readonly #events: ServerEvents;
  readonly #process: HostProcess;
  readonly #gate: Gate;
  readonly #client: LanguageClient;
  /** Documents that clangd has, by the URI it knows. */
  readonly #opened = new Set<string>();
  /** Documents on their way there. */
  readonly #opening = new Map<string, Promise<void>>();
  /** Headers in an editor that belong to no program yet, and how to open them. */
  readonly #waiting = new Map<string, { uri: vscode.Uri; open: () => Promise<void> }>();
  readonly #busy = new Busy();
  readonly #subscriptions: vscode.Disposable[] = [];
  #configured = '';
  #settle: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #ends = false;
  /** Why it was ended. */
  #broken: HostError | undefined;

  private constructor(mirror: Mirror, paths: Paths, sources: Sources, events: ServerEvents) {
    this.#mirror = mirror;
    this.#paths = paths;
    this.#sources = sources;
    this.#events = events;
    this.#process = mirror.startClangd();
    const say = journal((line) => {
      events.log.warn(`clangd on ${mirror.host.name}: ${line}`);
    });
    onLines(this.#process.stderr, say);
    this.#gate = new Gate(paths, say);
    this.#client = this.#makeClient();
  }

  /** @throws HostError with clangd's words when it does not start. */
  static async start(
    mirror: Mirror,
    paths: Paths,
    sources: Sources,
    events: ServerEvents,
  ): Promise<Server> {
    const server = new Server(mirror, paths, sources, events);
    const ended = server.#process.ended.then(async ({ exitCode, signal }) => {
      const error =
        server.#broken ??
        (await mirror.host.fault(server.#process, vscode.l10n.t('run clangd'))) ??
        new HostError({
          kind: 'command',
          tried: vscode.l10n.t('run clangd'),
          where: mirror.host.name,
          words:
            `${server.#process.words.trim()}\nended with ${signal ?? `exit code ${exitCode ?? 'unknown'}`}`.trim(),
          next: vscode.l10n.t('It is started again.'),
        });
      if (!server.#ends) events.onEnd(error);
      throw error;
    });
    ended.catch(() => undefined);
    try {
      await Promise.race([server.#client.start(), ended]);
    } catch (error) {
      // Where it has ended, the client knows no more than that: its own end says why.
      const why = await Promise.race([
        ended.catch((reason: unknown) => reason),
        delay(STOP_MS, error, { ref: false }),
      ]);
      server.#ends = true;
      await server[Symbol.asyncDispose]();
      throw why;
    }
    server.#listen();
    return server;
  }

  /** Copies what has changed and has clangd look at it again. What hinders it is for the log: one types on. */
  async refresh(): Promise<void> {
    try {
      const { isNew, failures } = await this.#sources.update();
      for (const failure of failures) this.#events.log.warn(String(failure));
      await this.#configure();
      for (const [key, { uri, open }] of Array.from(this.#waiting)) {
        if (!this.#sources.has(uri)) continue;
        this.#waiting.delete(key);
        this.#opened.add(this.#paths.toHost(uri));
        await open();
      }
      const [any] = this.#opened;
      if (!isNew || any === undefined) return;
      // The one thing that makes clangd look at headers on disk again.
      await this.#client.sendNotification(DidSaveTextDocumentNotification.type, {
        textDocument: { uri: any },
      });
    } catch (error) {
      if (!this.#ends) this.#events.log.error(String(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends = true;
    clearTimeout(this.#settle);
    clearInterval(this.#watch);
    for (const owned of this.#subscriptions) owned.dispose();
    await this.#client.dispose(STOP_MS).catch(() => undefined);
    // Nobody reads any more, and what is unread would keep the process from counting as ended.
    this.#process.stdout.resume();
    this.#process.stdin.end();
    await Promise.race([this.#process.ended, delay(STOP_MS, undefined, { ref: false })]);
    // A process that does not obey ends with the mirror; its output ends here.
    this.#process.kill();
  }

  /** It sends what no clangd sends: it is ended, and not begun again before a person says so. */
  #breaks({ message }: Error): void {
    this.#broken = new HostError({
      kind: 'protocol',
      tried: vscode.l10n.t('read the answer of clangd'),
      where: this.#mirror.host.name,
      words: message,
      next: vscode.l10n.t(
        'Look at clangd on that host: it does not answer as clangd does. Then restart it.',
      ),
    });
    this.#process.stdout.resume();
    this.#process.kill();
  }

  #makeClient(): LanguageClient {
    return new LanguageClient(
      'sockmapBypass.clangd',
      vscode.l10n.t('clangd on {0}', this.#mirror.host.name),
      () =>
        Promise.resolve(
          gated(this.#process, this.#gate, (error) => {
            this.#breaks(error);
          }),
        ),
      clientOptions(this.#mirror, this.#paths, this.#events.log, this.#middleware()),
    );
  }

  #middleware(): Middleware {
    return {
      didOpen: async (document, next) => {
        const key = this.#paths.toHost(document.uri);
        const open = () => next(document);
        if (isBpfFile(document)) {
          if (document.getText().length > LARGEST_CHARACTERS) return;
          const opening = this.#openProgram(document.uri, key, open);
          this.#opening.set(key, opening);
          await opening.finally(() => this.#opening.delete(key));
        } else if (document.uri.scheme === HOST_SCHEME || this.#sources.has(document.uri)) {
          this.#opened.add(key);
          await open();
        } else this.#waiting.set(key, { uri: document.uri, open });
      },
      didChange: async (event, next) => {
        const key = this.#paths.toHost(event.document.uri);
        if (!this.#opened.has(key)) return;
        this.#busy.again(key);
        await next(event);
        if (mattersToOthers(event)) this.#settleDown();
      },
      didSave: async (document, next) => {
        if (!this.#opened.has(this.#paths.toHost(document.uri))) return;
        await this.refresh();
        await next(document);
      },
      didClose: async (document, next) => {
        const key = this.#paths.toHost(document.uri);
        this.#waiting.delete(key);
        // Without one at once: a document whose language changes is closed and opened in one go.
        const opening = this.#opening.get(key);
        if (opening !== undefined) await opening;
        this.#sources.remove(document.uri);
        this.#busy.forget(key);
        this.#showBusy();
        if (this.#opened.delete(key)) await next(document);
      },
      handleDiagnostics: (uri, diagnostics, next) => {
        // The host's headers are not to be fixed here.
        if (uri.scheme === HOST_SCHEME) return;
        for (const each of diagnostics) {
          each.source = 'clangd';
          each.message = this.#paths.reworded(each.message);
        }
        next(uri, diagnostics);
        this.#events.onDiagnostics(uri, diagnostics);
      },
      sendRequest: async (type, parameters, token, next) => {
        const about = textDocument.safeParse(parameters).data?.textDocument.uri;
        if (about !== undefined) {
          await this.#opening.get(about);
          if (!this.#opened.has(about)) {
            throw new ResponseError(LSPErrorCodes.RequestCancelled, `${about} is not open`);
          }
        }
        return next(type, parameters, token);
      },
    };
  }

  async #openProgram(uri: vscode.Uri, key: string, open: () => Promise<void>): Promise<void> {
    this.#sources.add(uri);
    await this.refresh();
    this.#opened.add(key);
    await open();
  }

  /** Flags go before the files that need them; sending the same again would have clangd parse anew. */
  async #configure(): Promise<void> {
    const commands = this.#sources.commands();
    const text = JSON.stringify(commands);
    if (text === this.#configured) return;
    this.#configured = text;
    await this.#client.sendNotification(DidChangeConfigurationNotification.type, {
      settings: { compilationDatabaseChanges: commands },
    });
  }

  #listen(): void {
    this.#client.onNotification('textDocument/clangd.fileStatus', (parameters: unknown) => {
      const status = fileStatus.safeParse(parameters).data;
      if (status === undefined || !this.#opened.has(status.uri)) return;
      this.#busy.is(status.uri, status.state);
      this.#showBusy();
    });
    this.#subscriptions.push(
      vscode.commands.registerCommand(APPLY, async (chosen: unknown) => {
        const action = this.#gate.action(chosen);
        if (action === undefined) return;
        try {
          await this.#client.sendRequest(ExecuteCommandRequest.type, action);
        } catch (error) {
          this.#events.log.error(String(error));
          void showWarning(vscode.l10n.t('clangd could not do that. The log says why.'));
        }
      }),
    );
    const headers = vscode.workspace.createFileSystemWatcher('**/*.h');
    const changed = (uri: vscode.Uri): void => {
      if (this.#sources.has(uri)) this.#settleDown();
    };
    this.#subscriptions.push(
      headers,
      headers.onDidChange(changed),
      headers.onDidDelete(changed),
      // One that was missing may belong to any of them.
      headers.onDidCreate(() => {
        this.#settleDown();
      }),
      watchBuildFiles(() => {
        this.#settleDown();
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (affects(change, 'verify', 'guarded')) this.#settleDown();
      }),
    );
    this.#watch = setInterval(() => {
      const seconds = PATIENCE * this.#sources.longestSeconds();
      const stuck = this.#busy.longerThan(1000 * seconds);
      if (stuck !== undefined) this.#stuck(stuck, seconds);
    }, 1000);
  }

  #settleDown(): void {
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => {
      void this.refresh();
    }, SETTLE_MS);
  }

  #showBusy(): void {
    this.#events.onBusy(this.#busy.words());
  }

  #stuck({ key, words }: { key: string; words: string }, seconds: number): void {
    if (this.#ends) return;
    this.#ends = true;
    const name = vscode.workspace.asRelativePath(this.#paths.fromHost(key));
    this.#events.onEnd(
      new HostError({
        kind: 'compile',
        tried: vscode.l10n.t('parse {0}', name),
        where: this.#mirror.host.name,
        words: vscode.l10n.t('clangd did not exit within {0} s ({1})', seconds, words),
        next: vscode.l10n.t('Look for an include or a macro that has no end, then restart clangd.'),
      }),
    );
  }
}

const textDocument = z.looseObject({ textDocument: z.looseObject({ uri: z.string() }) });
const fileStatus = z.looseObject({ uri: z.string(), state: z.string() });
