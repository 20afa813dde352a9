// Runs test/vscode/suite in a real extension host, through @vscode/test-electron. VS Code desktop where it
// can be had, else the VS Code server with a browser. SOCKMAP_VSCODE=desktop or =web insists on one.
// Its arguments are the test files; all of them when left out.
import fs from 'node:fs';
import path from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { atEnd, runToEnd } from '../harness/cleanup.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory } from '../harness/temporary.ts';
import { extensionLogs } from '../harness/vscode/logFiles.ts';
import { PACKAGE_VARIABLE } from '../harness/vscode/packageExtension.ts';

const here = import.meta.dirname;
const root = path.resolve(here, '../..');

async function bundleSuite(): Promise<string> {
  // Below the project: the tests require mocha from there.
  const bundles = path.join(root, 'out', `vscode-suite-${process.pid}`);
  atEnd(() => {
    fs.rmSync(bundles, { recursive: true, force: true });
  });
  const suite = path.join(here, 'suite');
  const chosen = process.argv.slice(2).map((file) => path.basename(file));
  const files = fs
    .readdirSync(suite)
    .filter((file) =>
      chosen.length > 0 && file.endsWith('.test.ts') ? chosen.includes(file) : file.endsWith('.ts'),
    );
  await build({
    entryPoints: files.map((file) => path.join(suite, file)),
    outdir: bundles,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    // CommonJS has none; helpers find files of theirs by it.
    define: { 'import.meta.dirname': '__dirname' },
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return path.join(bundles, 'index.cjs');
}

async function executable(): Promise<string> {
  const web = path.join(root, 'test/harness/vscode/code-web/code-web.mjs');
  const wanted = process.env['SOCKMAP_VSCODE'];
  if (wanted === 'web') return web;
  const hasDisplay = ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => process.env[name]);
  if (process.platform === 'linux' && !hasDisplay && wanted !== 'desktop') {
    console.log('There is no display for VS Code desktop: taking the VS Code server.');
    return web;
  }
  try {
    return await downloadAndUnzipVSCode({ version: 'stable' });
  } catch (error) {
    if (wanted === 'desktop') throw error;
    console.log(`VS Code desktop cannot be had (${String(error)}): taking the VS Code server.`);
    return web;
  }
}

async function main(): Promise<void> {
  const folder = temporaryDirectory();
  const userData = temporaryDirectory();
  // With a package at hand it is built already, and others may be reading it.
  if (process.env[PACKAGE_VARIABLE] === undefined) {
    await run(process.execPath, ['esbuild.mjs'], { cwd: root });
  }
  const extensionTestsPath = await bundleSuite();
  try {
    await runTests({
      vscodeExecutablePath: await executable(),
      extensionDevelopmentPath: root,
      extensionTestsPath,
      launchArgs: [folder.path, '--disable-extensions', `--user-data-dir=${userData.path}`],
    });
  } catch (error) {
    showLog(userData.path);
    throw error;
  }
}

/** The end of what the extension wrote to its log, for a failure seen only where nobody can look. */
function showLog(userData: string): void {
  for (const [name, text] of extensionLogs(userData)) {
    const lines = text.trimEnd().split('\n');
    const told = lines.filter((line) => !/ \[(info|debug|trace)\] /.test(line));
    console.log(`\nWarnings and errors in ${path.basename(name)}:\n${told.slice(-80).join('\n')}`);
  }
}

await runToEnd(main);
