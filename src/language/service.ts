import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { cancelled, HostError, isCancelled, type ProblemKind } from '../host/errors.ts';
import { editingHost } from '../workspace/knownHosts.ts';
import { affects, setting } from '../workspace/settings.ts';
import { isBpfFile } from '../diagnostics/bpfFiles.ts';
import { explainConflicts } from './conflicts.ts';
import { HostFiles } from './hostFiles.ts';
import type { Mirror } from './mirror.ts';
import type { Paths } from './paths.ts';
import type { ReadProgram, Sources } from './sources.ts';
import { ClangdStatus } from './clangdStatus.ts';
import type { BpfStatus } from '../ui/bpfStatus.ts';
import { showInformation } from '../ui/window.ts';

/** Pauses before the next start after one that failed; after the last of them a person decides. */
const BACK_OFF_MS = [1000, 2000, 4000, 8000, 16_000, 32_000];
/** A server that has run for so long begins with the shortest again. */
const STEADY_MS = 180_000;
/** Problems that waiting does not fix. */
const NEEDS_A_PERSON: readonly ProblemKind[] = [
  'host-key',
  'authentication',
  'input',
  'not-found',
  'compile',
  'privilege',
  'protocol',
];

/** clangd on a host, or the compiler where there is none. */
interface Session extends AsyncDisposable {
  readonly mirror: Mirror;
}

/**
 * The language features of BPF C: clangd on the host that was chosen, begun when a program is first
 * looked at in a trusted workspace, and begun again when it or its connection ends.
 */
export class LanguageService implements vscode.Disposable {
  readonly #context: Context;
  readonly #source: ReadProgram;
  readonly #status: ClangdStatus;
  readonly #hostFiles: HostFiles;
  readonly #diagnosed = new vscode.EventEmitter<vscode.Uri>();
  /** Receives the files that clangd has something new on. */
  readonly onDidDiagnose = this.#diagnosed.event;
  readonly #errors = new vscode.EventEmitter<unknown>();
  /** Failures that are reported to a person. */
  readonly onDidFail = this.#errors.event;
  readonly #diagnostics = new Map<string, readonly vscode.Diagnostic[]>();
  readonly #subscriptions: vscode.Disposable[];
  #session: Session | undefined;
  #starting: { host: string; controller: AbortController; done: Promise<void> } | undefined;
  #ending: Promise<void> = Promise.resolve();
  /** Restarts by a person or a setting, one after the other. */
  #renewing: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  /** Since when a person has to decide. */
  #halted = false;

  /** @param source the source of a program as the editors have it, and where it looks for headers. */
  constructor(context: Context, source: ReadProgram, status: BpfStatus) {
    this.#status = new ClangdStatus(status);
    this.#context = context;
    this.#source = source;
    this.#hostFiles = new HostFiles(() => this.#session?.mirror);
    const look = (): void => {
      this.look();
    };
    this.#subscriptions = [
      vscode.workspace.onDidOpenTextDocument(look),
      vscode.workspace.onDidGrantWorkspaceTrust(look),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!affects(change, 'host', 'ssh', 'clangd', 'verify.files')) return;
        void this.#inTurn(async () => {
          await this.stop();
          this.#halted = false;
          this.#failures = 0;
          this.look();
        });
      }),
    ];
    this.look();
  }

  /** Problems of a file as one types, or where there is no clangd, as one saves. */
  diagnostics(uri: vscode.Uri): readonly vscode.Diagnostic[] {
    return this.#diagnostics.get(uri.toString()) ?? [];
  }

  /**
   * Begins anew, on the host of the moment.
   * @throws HostError when that fails; it is not tried again by itself then.
   */
  async restart(): Promise<void> {
    const host = editingHost(this.#context);
    if (!vscode.workspace.isTrusted || host === undefined) {
      throw new HostError({
        kind: 'input',
        tried: vscode.l10n.t('start clangd'),
        where: host,
        words:
          host === undefined
            ? vscode.l10n.t('no host is chosen')
            : vscode.l10n.t('this workspace is not trusted'),
        next:
          host === undefined
            ? vscode.l10n.t('Choose a host for BPF source first.')
            : vscode.l10n.t('Trust it first: its source would be sent to your host.'),
      });
    }
    // Work under way makes room.
    this.#starting?.controller.abort();
    await this.#inTurn(async () => {
      // Nothing else begins meanwhile.
      this.#halted = true;
      await this.stop();
      this.#failures = 0;
      try {
        await this.#start(host);
        this.#halted = false;
      } catch (error) {
        this.#status.halted(error);
        throw error;
      }
    });
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#renewing.then(task);
    this.#renewing = done.catch(() => undefined);
    return done;
  }

  /** Ends what runs, and leaves nothing of it on the host. */
  async stop(): Promise<void> {
    clearTimeout(this.#retry);
    this.#starting?.controller.abort();
    await this.#starting?.done.catch(() => undefined);
    this.#close();
    await this.#ending;
    this.#status.idle();
  }

  /** Starts clangd where a program is open and nothing stands against it. */
  look(): void {
    if (this.#session !== undefined || this.#starting !== undefined || this.#halted) return;
    if (!vscode.workspace.isTrusted || !setting('clangd.enabled')) return;
    const isWanted = vscode.workspace.textDocuments.some(isBpfFile);
    if (!isWanted) return;
    const host = editingHost(this.#context);
    if (host === undefined) {
      this.#status.noHost();
      return;
    }
    clearTimeout(this.#retry);
    this.#start(host).catch((error: unknown) => {
      this.#failed(error);
    });
  }

  #start(host: string): Promise<void> {
    const controller = new AbortController();
    const done = this.#begin(host, controller.signal).finally(() => {
      this.#starting = undefined;
    });
    this.#starting = { host, controller, done };
    return done;
  }

  async #begin(name: string, signal: AbortSignal): Promise<void> {
    await this.#ending;
    this.#status.starting(name);
    // Only here: what is not used is not read from disk.
    const { Mirror } = await import('./mirror.ts');
    const host = await this.#context.host(name);
    const mirror = await Mirror.open(host, signal);
    try {
      const session = await this.#open(name, mirror);
      if (signal.aborted) {
        await session[Symbol.asyncDispose]();
        throw cancelled(vscode.l10n.t('start clangd'), name);
      }
      this.#session = session;
    } catch (error) {
      await mirror[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #open(name: string, mirror: Mirror): Promise<Session> {
    const [{ Paths }, { Sources }] = await Promise.all([
      import('./paths.ts'),
      import('./sources.ts'),
    ]);
    const paths = new Paths(mirror);
    const sources = new Sources(mirror, paths, this.#source);
    const { clangd } = mirror.target;
    return clangd === undefined
      ? this.#withoutClangd(name, mirror, paths, sources)
      : this.#withClangd(name, clangd, mirror, paths, sources);
  }

  async #withClangd(
    name: string,
    version: string,
    mirror: Mirror,
    paths: Paths,
    sources: Sources,
  ): Promise<Session> {
    const { Server } = await import('./server.ts');
    const begun = performance.now();
    const server = await Server.start(mirror, paths, sources, {
      log: this.#context.log,
      onBusy: (words) => {
        this.#status.running(name, version, words);
      },
      onDiagnostics: (uri, diagnostics) => {
        this.#show(uri, diagnostics);
      },
      onEnd: (error) => {
        if (this.#session?.mirror !== mirror) return;
        this.#close();
        if (performance.now() - begun > STEADY_MS) this.#failures = 0;
        this.#failed(error);
      },
    });
    this.#status.running(name, version, undefined);
    void explainConflicts(this.#context);
    return {
      mirror,
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await mirror[Symbol.asyncDispose]();
      },
    };
  }

  async #withoutClangd(
    name: string,
    mirror: Mirror,
    paths: Paths,
    sources: Sources,
  ): Promise<Session> {
    const { SyntaxCheck } = await import('./syntaxCheck.ts');
    const check = new SyntaxCheck(mirror, paths, sources, {
      log: this.#context.log,
      onDiagnostics: (uri, diagnostics) => {
        this.#show(uri, diagnostics);
      },
      onClangd: () => {
        this.restart().catch((error: unknown) => {
          this.#errors.fire(error);
        });
      },
    });
    this.#status.missing(name);
    void offerClangd(this.#context, name);
    return {
      mirror,
      [Symbol.asyncDispose]: async () => {
        check.dispose();
        await mirror[Symbol.asyncDispose]();
      },
    };
  }

  #close(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    this.#ending = Promise.resolve(session[Symbol.asyncDispose]());
    for (const key of Array.from(this.#diagnostics.keys())) this.#show(vscode.Uri.parse(key), []);
  }

  #show(uri: vscode.Uri, diagnostics: readonly vscode.Diagnostic[]): void {
    if (diagnostics.length > 0) this.#diagnostics.set(uri.toString(), diagnostics);
    else if (!this.#diagnostics.delete(uri.toString())) return;
    this.#diagnosed.fire(uri);
  }

  #failed(error: unknown): void {
    if (isCancelled(error)) return;
    this.#context.log.error(error instanceof Error ? error.message : String(error));
    const pause = BACK_OFF_MS[this.#failures];
    const kind = error instanceof HostError ? error.problem.kind : undefined;
    if (pause === undefined || (kind !== undefined && NEEDS_A_PERSON.includes(kind))) {
      this.#halted = true;
      this.#status.halted(error);
      return;
    }
    this.#failures++;
    this.#status.waiting(error, pause);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.look();
    }, pause);
  }

  dispose(): void {
    void this.stop();
    const emitters = [this.#diagnosed, this.#errors];
    for (const owned of [this.#hostFiles, ...emitters, ...this.#subscriptions]) {
      owned.dispose();
    }
  }
}

/** Hosts a person was offered clangd for, in this window. */
const offered = new Set<string>();

async function offerClangd(context: Context, host: string): Promise<void> {
  if (offered.has(host)) return;
  offered.add(host);
  const install = vscode.l10n.t('Install clangd');
  const chosen = await showInformation(
    vscode.l10n.t(
      'There is no clangd on {0}: it would complete, explain and check BPF C as you type. Until then clang checks what you save.',
      host,
    ),
    install,
  );
  if (chosen !== install) return;
  // A failure is shown by the command itself.
  await vscode.commands
    .executeCommand('sockmapBypass.installClangd', { host })
    .then(undefined, () => undefined);
}
