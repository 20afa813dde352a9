// Installs what is missing on this machine. Runs on a bare Node 20, before any npm package is there.
//
//   node scripts/setup.mjs                 everything but what is installed only on request: kernels, pictures
//   node scripts/setup.mjs node editor     only these parts
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { argv, execPath, exit, platform, versions } from 'node:process';
import { fileURLToPath } from 'node:url';
import { installWithApt } from './setup/apt.mjs';
import { distribution } from './setup/distribution.mjs';
import { buildNativeModules, checkServerNode, installPackages } from './setup/packages.mjs';
import { rootStep, say, step } from './setup/shell.mjs';
import { missingTools } from './setup/tools.mjs';

const ON_REQUEST = ['kernels', 'pictures'];
export const PARTS = [
  'node',
  'host',
  'applications',
  'sshd',
  'deploy',
  'editor',
  'format',
  ...ON_REQUEST,
];

const root = fileURLToPath(new URL('..', import.meta.url));
const harness = path.join(root, 'test', 'harness', 'vscode', 'code-web');

export async function setUp(parts) {
  const [major, minor] = versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node 20.19 or newer is needed, this is ${versions.node}.`);
  }
  const needsPackages = parts.includes('node') || parts.includes('editor');
  if (needsPackages) await installPackages(root, 'installing the npm packages');
  await installTools(missingTools(parts));
  if (parts.includes('host')) await mountBpffs();
  if (parts.includes('editor')) {
    await installPackages(harness, 'installing the VS Code server');
    checkServerNode(harness);
    await buildNativeModules(harness);
  }
}

async function installTools(missing) {
  if (missing.length === 0) return;
  const names = missing.map((each) => each.name).join(', ');
  const system = distribution();
  if (platform !== 'linux' || system.family !== 'debian') {
    const packages = missing.flatMap((each) => each.packages[system.family] ?? each.name);
    const next =
      system.install === undefined || platform !== 'linux'
        ? 'Install them with the means of your system'
        : `Install them with: ${system.install} ${[...new Set(packages)].join(' ')}`;
    throw new Error(`Missing here: ${names}.\n${next}, then run this again.`);
  }
  say(`missing here: ${names}.`);
  await installWithApt(missing, system, { browserFallback: downloadBrowser });
  const left = missing.filter((each) => !each.present()).map((each) => each.name);
  if (left.length > 0) throw new Error(`Still missing after the installation: ${left.join(', ')}.`);
}

function downloadBrowser() {
  const cli = path.join(root, 'node_modules', 'playwright-core', 'cli.js');
  return step('downloading Chromium', execPath, [cli, 'install', '--with-deps', 'chromium']);
}

/** Pinned programs live there; not every machine mounts it by itself. */
async function mountBpffs() {
  const place = '/sys/fs/bpf';
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const isMounted = mounts.some((line) => line.split(' ')[4] === place && line.includes(' - bpf '));
  if (isMounted) return;
  try {
    await rootStep(`mounting ${place}`, 'mount', ['-t', 'bpf', 'bpf', place]);
  } catch (error) {
    // Whoever needs it says which fact of the machine is missing.
    say(`no BPF file system: ${error.message}`);
  }
}

if (argv[1] !== undefined && path.resolve(argv[1]) === fileURLToPath(import.meta.url)) {
  const wanted = argv.slice(2);
  const unknown = wanted.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(', ')}. There are: ${PARTS.join(', ')}.`);
    exit(2);
  }
  try {
    await setUp(wanted.length === 0 ? PARTS.filter((part) => !ON_REQUEST.includes(part)) : wanted);
  } catch (error) {
    console.error(`Set-up failed. ${error.message}`);
    exit(1);
  }
}
