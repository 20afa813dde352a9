import * as vscode from 'vscode';
import { HostError, isCancelled } from './host/errors.ts';
import type { Host } from './host/host.ts';
import { LanguageService } from './language/service.ts';
import { showError } from './ui/errors.ts';
import { Reports } from './ui/reports.ts';
import { StatusBar } from './ui/statusBar.ts';
import { Logs } from './diagnostics/logs.ts';
import { Verifier } from './diagnostics/verifier.ts';
import { askLine } from './ui/window.ts';

/** Owns what lives as long as the extension: hosts, log, status bar, reports, verifier, language features. */
export class Context implements vscode.Disposable {
  readonly extension: vscode.ExtensionContext;
  readonly log = vscode.window.createOutputChannel('Sockmap Bypass', { log: true });
  readonly statusBar = new StatusBar();
  readonly reports = new Reports();
  readonly verifier = new Verifier(this);
  readonly logs = new Logs(this, this.verifier);
  readonly language: LanguageService;
  readonly #hosts = new Map<string, Host>();
  readonly #settings = vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration('sockmapBypass.ssh')) void this.disconnect();
  });

  constructor(extension: vscode.ExtensionContext) {
    this.extension = extension;
    this.language = new LanguageService(this);
    this.language.onDidDiagnose((uri) => {
      this.verifier.refresh(uri);
    });
  }

  /** The bundled BPF C. */
  get bpfDirectory(): string {
    return vscode.Uri.joinPath(this.extension.extensionUri, 'bpf').fsPath;
  }

  /** The host of that name; its connection and password are kept until the extension ends. */
  async host(name: string): Promise<Host> {
    const { Host } = await import('./host/host.ts');
    let host = this.#hosts.get(name);
    if (host === undefined) {
      const settings = vscode.workspace.getConfiguration('sockmapBypass.ssh');
      const program = settings.get<string>('program', '');
      const configFile = settings.get<string>('configFile', '');
      const connectSeconds = settings.get<number>('connectTimeout', 20);
      host = new Host(name, {
        ssh: {
          ...(program !== '' && { program }),
          ...(configFile !== '' && { configFile }),
          connectSeconds,
        },
        askPassword,
        log: (line) => {
          this.log.info(line);
        },
      });
      this.#hosts.set(name, host);
    }
    return host;
  }

  async disconnect(): Promise<void> {
    const hosts = Array.from(this.#hosts.values());
    this.#hosts.clear();
    await Promise.all(hosts.map((host) => host.dispose()));
  }

  /**
   * Loads and runs a command's function. A person sees any failure with its next step; a caller that passed
   * an argument gets it thrown as well.
   */
  async run<T>(
    load: () => Promise<(context: Context, argument: unknown) => Promise<T>>,
    argument: unknown,
  ): Promise<T | undefined> {
    try {
      const command = await load();
      return await command(this, argument);
    } catch (error) {
      if (!isCancelled(error)) {
        this.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
        if (error instanceof HostError) this.log.error(error.problem.words);
        void showError(this, error);
      }
      if (argument !== undefined) throw error;
      return undefined;
    }
  }

  dispose(): void {
    void this.disconnect();
    const views = [this.language, this.logs, this.verifier, this.statusBar, this.reports];
    for (const owned of [this.#settings, ...views, this.log]) owned.dispose();
  }
}

async function askPassword(
  host: string,
  retry: boolean,
  account?: string,
): Promise<string | undefined> {
  return askLine({
    title: `sudo on ${host}`,
    prompt: `Password of ${account ?? 'your account'} on ${host}, for sudo. It is kept in memory until the window closes.`,
    ...(retry && { placeHolder: 'That password was not accepted' }),
    password: true,
  });
}
