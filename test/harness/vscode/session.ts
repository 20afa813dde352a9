import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { atEnd } from '../cleanup.ts';
import { addEvidence } from '../evidence.ts';
import { commandLine, descendants } from '../processes.ts';
import { launchBrowser, stopSpinners } from './code-web/browser.ts';
import {
  makeDirectories,
  readSettings,
  writeKeybindings,
  writeSettings,
  type Keybinding,
  type Settings,
} from './code-web/directories.ts';
import { serverCommand, startServer, withFewBuiltIn, type Server } from './code-web/server.ts';
import { editorIsKept } from './keptState.ts';
import { extensionLogEnd, logFiles } from './logFiles.ts';
import { THEMES, Workbench, type Theme } from './workbench.ts';

export interface SessionOptions {
  /** .vsix files to install, see `packageExtension()`. */
  readonly extensions?: readonly string[] | undefined;
  readonly folder?: string | undefined;
  /** User settings beside those that keep VS Code quiet. */
  readonly settings?: Settings | undefined;
  readonly theme?: Theme | undefined;
  /** The user's own, which give commands arguments. */
  readonly keybindings?: readonly Keybinding[] | undefined;
  /** Added to the environment of the extension host. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly viewport?: { readonly width: number; readonly height: number } | undefined;
  /** Device pixels a CSS pixel, for sharp pictures. */
  readonly scale?: number | undefined;
  /** Asks whether to trust the folder, as VS Code does for a person; otherwise it is trusted. */
  readonly workspaceTrust?: boolean | undefined;
  /** Leaves the browser out: a person opens `url`. */
  readonly browser?: boolean | undefined;
  /** All extensions of VS Code itself, as a person has who opens `url`: beside them ours has to fit in. */
  readonly everyBuiltIn?: boolean | undefined;
}

/** A real VS Code with a window of its own and settings of its own. */
export interface Session {
  readonly url: string;
  readonly server: Server;
  /** The temporary directory holding everything VS Code writes. */
  readonly directory: string;
  readonly page: Page;
  readonly workbench: Workbench;
  /** The extension hosts running now, e.g. to end one. */
  extensionHosts(): number[];
  setTheme(theme: Theme): Promise<void>;
  /** Changes user settings and reloads the window: this server does not watch their file. */
  changeSettings(settings: Settings): Promise<void>;
  /**
   * Reloads the window and waits for its new extension host, and for the end of the old one.
   * @param title of a page that is to come back.
   * @param options hasState: whether it keeps what it shows as its state, as most do.
   */
  reload(title?: string, options?: { readonly hasState: boolean }): Promise<void>;
  /** Errors the browser has reported: scripts that failed, content security policy. */
  browserErrors(): readonly string[];
  /** Logs of VS Code and its extensions, for the report of a failure. */
  logs(): string;
  stop(): Promise<void>;
}

/** Starts VS Code, installs the extensions and opens the folder. */
export async function startSession(options: SessionOptions = {}): Promise<Session> {
  const made = makeDirectories();
  const everyBuiltIn = options.everyBuiltIn ?? options.browser === false;
  const directories = everyBuiltIn ? made : withFewBuiltIn(made);
  const settings: Settings = {
    ...(options.workspaceTrust === true ? {} : { 'security.workspace.trust.enabled': false }),
    'workbench.colorTheme': THEMES[options.theme ?? 'dark'].id,
    ...options.settings,
  };
  let server: Server | undefined;
  let browser: Browser | undefined;
  const forget = addEvidence(() => extensionLogEnd(directories.base));
  const stop = atEnd(async () => {
    forget();
    await browser?.close();
    await server?.stop();
    fs.rmSync(directories.base, { recursive: true, force: true, maxRetries: 5 });
  });
  try {
    writeSettings(directories, settings);
    writeKeybindings(directories, options.keybindings ?? []);
    for (const extension of options.extensions ?? []) {
      await serverCommand(['--install-extension', path.resolve(extension)], directories);
    }
    server = await startServer({
      directories,
      ...(options.env === undefined ? {} : { env: options.env }),
      workspaceTrust: options.workspaceTrust ?? false,
    });
    const { pid } = server;
    const url = server.workbenchUrl(options.folder === undefined ? {} : { folder: options.folder });
    const window = options.browser === false ? undefined : await openWindow(url, options);
    browser = window?.browser;
    const needWindow = (): Window => {
      if (window === undefined) throw new Error('This session was started without a browser.');
      return window;
    };
    // A child of an extension host looks like one until it executes its own program.
    const extensionHosts = (): number[] => {
      const hosts = descendants(pid).filter((each) =>
        commandLine(each.pid).includes('--type=extensionHost'),
      );
      return hosts
        .filter((host) => !hosts.some((other) => other.pid === host.parent))
        .map((host) => host.pid);
    };
    // A window reloaded before its extension host is up leaves that behind for the grace time.
    const isReady = (host: number): boolean =>
      logFiles(directories.base)
        .filter(([file]) => path.basename(file) === 'remoteexthost.log')
        .some(
          ([, text]) =>
            text.includes(`pid ${host} started`) && text.includes('Eager extensions activated'),
        );
    const reload: Session['reload'] = async (title, options = { hasState: true }) => {
      // After a crash VS Code starts one by itself, which the old page may have left behind.
      const old = extensionHosts();
      if (title !== undefined) await editorIsKept(needWindow().page, title, options);
      await needWindow().page.reload();
      await needWindow().workbench.ready();
      await until(() => {
        const now = extensionHosts();
        return now.length === 1 && now.every((host) => !old.includes(host) && isReady(host));
      }, 'The reloaded window gets no extension host of its own.');
    };
    if (window)
      await until(() => extensionHosts().some(isReady), 'The extension host does not start.');
    return {
      url,
      server,
      directory: directories.base,
      get page() {
        return needWindow().page;
      },
      get workbench() {
        return needWindow().workbench;
      },
      extensionHosts,
      async setTheme(theme) {
        await needWindow().workbench.pickTheme(theme);
        // The window changes at once, the file a little later: it must not undo a later change of ours.
        await until(() => {
          const kept = readSettings(directories);
          return kept?.['workbench.colorTheme'] === THEMES[theme].id;
        }, 'VS Code does not keep the theme.');
      },
      reload,
      async changeSettings(changed) {
        await until(() => {
          const now = readSettings(directories);
          if (now !== undefined) writeSettings(directories, { ...now, ...changed });
          return now !== undefined;
        }, 'The settings cannot be read.');
        await reload();
      },
      browserErrors: () => window?.errors ?? [],
      logs: () =>
        logFiles(directories.base)
          .filter(([, text]) => text !== '')
          .map(([file, text]) => `==> ${file}\n${text}`)
          .join('\n'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function until(condition: () => boolean, complaint: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(complaint);
    // It reads all of /proc and every log.
    await delay(250);
  }
}

interface Window {
  readonly browser: Browser;
  readonly page: Page;
  readonly workbench: Workbench;
  readonly errors: string[];
}

async function openWindow(url: string, options: SessionOptions): Promise<Window> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({
      viewport: options.viewport ?? { width: 1280, height: 800 },
      deviceScaleFactor: options.scale ?? 1,
    });
    // Beside four others a window may get no time for half a minute.
    page.setDefaultTimeout(60_000);
    page.setDefaultNavigationTimeout(90_000);
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    await stopSpinners(page);
    await page.goto(url);
    const workbench = new Workbench(page, options.folder);
    await workbench.ready();
    return { browser, page, workbench, errors };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
