import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Directories {
  readonly base: string;
  readonly serverData: string;
  readonly userData: string;
  readonly extensions: string;
  /** Those of VS Code itself; all when left out. */
  readonly builtIn?: string;
}

export type Settings = Readonly<Record<string, unknown>>;

export interface Keybinding {
  readonly key: string;
  readonly command: string;
  readonly args?: unknown;
}

/** Without welcome pages, experiments, network and animations: what is on the screen is ours. */
const QUIET: Settings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'editor.cursorBlinking': 'solid',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': 'off',
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'files.autoSave': 'off',
  'remote.autoForwardPorts': false,
};

function settingsFile(directories: Directories): string {
  return path.join(directories.userData, 'User', 'settings.json');
}

/** Everything VS Code writes lies under `base`: no settings of the user are read or changed. */
export function makeDirectories(
  options: { userData?: string | undefined; extensions?: string | undefined } = {},
): Directories {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'sockmap-vscode-'));
  const directories: Directories = {
    base,
    serverData: path.join(base, 'server'),
    userData: options.userData ?? path.join(base, 'user-data'),
    extensions: options.extensions ?? path.join(base, 'extensions'),
  };
  for (const directory of [
    path.join(directories.userData, 'User'),
    directories.extensions,
    directories.serverData,
  ]) {
    fs.mkdirSync(directory, { recursive: true });
  }
  return directories;
}

export function writeSettings(directories: Directories, settings: Settings = {}): void {
  const text = JSON.stringify({ ...QUIET, ...settings }, null, 2);
  fs.writeFileSync(settingsFile(directories), text);
  // Settings of scope `machine` count only where the extension host runs: here, on the server. Only ours
  // go there, because a setting made there wins over what is picked in the window later.
  const ours = Object.entries(settings).filter(([name]) => name.startsWith('sockmapBypass.'));
  const machine = path.join(directories.userData, 'Machine');
  fs.mkdirSync(machine, { recursive: true });
  fs.writeFileSync(
    path.join(machine, 'settings.json'),
    JSON.stringify(Object.fromEntries(ours), null, 2),
  );
}

export function writeKeybindings(
  directories: Directories,
  keybindings: readonly Keybinding[],
): void {
  const file = path.join(directories.userData, 'User', 'keybindings.json');
  fs.writeFileSync(file, JSON.stringify(keybindings, null, 2));
}

/** The settings on disk; nothing while VS Code is writing them. */
export function readSettings(directories: Directories): Settings | undefined {
  try {
    return JSON.parse(fs.readFileSync(settingsFile(directories), 'utf8')) as Settings;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
