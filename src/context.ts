import * as vscode from 'vscode';
import type { Host } from './host/host.ts';
import { AssessedHosts } from './ui/assessed.ts';
import { Canaries } from './ui/canaries.ts';
import { keptLog, LastLines } from './ui/keptLog.ts';
import { Reports } from './ui/reports.ts';
import { askLine } from './ui/window.ts';
import { affects, setting } from './workspace/settings.ts';

/** Hosts, log and state, for as long as the extension lives. It knows nothing of what uses it. */
export class Context implements vscode.Disposable {
  readonly extension: vscode.ExtensionContext;
  /** The last entry of the log. */
  readonly lastLines = new LastLines();
  readonly log = keptLog(
    vscode.window.createOutputChannel('Sockmap Bypass', { log: true }),
    this.lastLines,
  );
  readonly assessed = new AssessedHosts();
  readonly canaries = new Canaries();
  readonly reports = new Reports();
  readonly #hosts = new Map<string, Host>();
  readonly #workedHosts = new Set<string>();
  readonly #worked = new vscode.EventEmitter<string>();
  /** The first command of a connection has run on the host of that name. */
  readonly onDidWork = this.#worked.event;
  readonly #settings = vscode.workspace.onDidChangeConfiguration((change) => {
    if (affects(change, 'ssh')) void this.disconnect();
  });

  constructor(extension: vscode.ExtensionContext) {
    this.extension = extension;
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
      const program = setting('ssh.program');
      const configFile = setting('ssh.configFile');
      host = new Host(name, {
        ssh: {
          ...(program !== '' && { program }),
          ...(configFile !== '' && { configFile }),
          connectSeconds: setting('ssh.connectTimeout'),
        },
        askPassword,
        log: (line) => {
          this.log.info(line);
        },
        onWorks: () => {
          this.#workedHosts.add(name);
          this.#worked.fire(name);
        },
      });
      this.#hosts.set(name, host);
    }
    return host;
  }

  /** Whether it is a host that was asked for in this window. */
  knows(name: string): boolean {
    return this.#hosts.has(name);
  }

  /** Those on which a command has run in this window. */
  workedHosts(): string[] {
    return Array.from(this.#workedHosts);
  }

  /** Ends the connection to one of them. */
  async drop(name: string): Promise<void> {
    const host = this.#hosts.get(name);
    this.#hosts.delete(name);
    await host?.dispose();
  }

  async disconnect(): Promise<void> {
    const hosts = Array.from(this.#hosts.values());
    this.#hosts.clear();
    await Promise.all(hosts.map((host) => host.dispose()));
  }

  dispose(): void {
    this.canaries.dispose();
    void this.disconnect();
    this.#settings.dispose();
    this.assessed.dispose();
    this.reports.dispose();
    this.#worked.dispose();
    this.log.dispose();
  }
}

/** The last question for a password: one at a time, for another box would close it. */
let asked: Promise<unknown> = Promise.resolve();

function askPassword(host: string, retry: boolean, account?: string): Promise<string | undefined> {
  const ask = () => askForPassword(host, retry, account);
  const answer = asked.then(ask, ask);
  asked = answer;
  return answer;
}

async function askForPassword(
  host: string,
  retry: boolean,
  account?: string,
): Promise<string | undefined> {
  return askLine({
    title: vscode.l10n.t('sudo on {0}', host),
    prompt:
      account === undefined
        ? vscode.l10n.t(
            'Password of your account on {0}, for sudo. It is kept in memory until the window closes.',
            host,
          )
        : vscode.l10n.t(
            'Password of {0} on {1}, for sudo. It is kept in memory until the window closes.',
            account,
            host,
          ),
    ...(retry && { placeHolder: vscode.l10n.t('That password was not accepted') }),
    password: true,
  });
}
