// The npm packages, of the project and of the VS Code harness.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { arch, platform, versions } from 'node:process';
import { say, step } from './shell.mjs';

/** `npm ci` when what is installed is not what the lock file says; the same check costs npm seconds. */
export async function installPackages(directory, label) {
  if (isInstalled(directory)) return;
  // No package needs its install scripts here, but those rebuilt below.
  await step(label, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: directory,
  });
}

function isInstalled(directory) {
  const read = (name) => JSON.parse(readFileSync(path.join(directory, name), 'utf8')).packages;
  const installed = 'node_modules/.package-lock.json';
  if (!existsSync(path.join(directory, installed))) return false;
  const there = read(installed);
  return Object.entries(read('package-lock.json')).every(
    ([place, entry]) =>
      place === '' ||
      // Optional ones may be for another system.
      entry.optional === true ||
      there[place]?.version === entry.version,
  );
}

/** The VS Code server's native modules; without them it runs, but output channels stay empty. */
export async function buildNativeModules(harness) {
  const modules = path.join(harness, 'node_modules');
  const built = path.join(modules, '@vscode', 'spdlog', 'build', 'Release', 'spdlog.node');
  if (existsSync(built)) return;
  // The headers come with the Node the server runs on, so nothing else is downloaded.
  const nodedir = path.join(modules, `node-${platform}-${arch}`);
  const env = existsSync(path.join(nodedir, 'include')) ? { npm_config_nodedir: nodedir } : {};
  try {
    const args = ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog'];
    await step("compiling the VS Code server's logger", 'npm', args, { cwd: harness, env });
  } catch (error) {
    say(`without output channels in VS Code: ${error.message}`);
  }
}

export function checkServerNode(harness) {
  const [major, minor] = versions.node.split('.').map(Number);
  const isNew = major > 22 || (major === 22 && minor >= 15);
  if (isNew || existsSync(path.join(harness, 'node_modules', `node-${platform}-${arch}`))) return;
  throw new Error(
    `The VS Code server needs Node 22.15 or newer and there is no package of it for ` +
      `${platform}-${arch}: run this with a newer Node than ${versions.node}.`,
  );
}
