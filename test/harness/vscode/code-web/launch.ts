// Takes the place of the VS Code desktop executable for @vscode/test-electron: understands the same
// flags, starts the VS Code server and a headless browser, runs the tests of --extensionTestsPath in the
// real extension host and exits with their outcome.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { atEnd, endAll } from '../../cleanup.ts';
import { LOGS_VARIABLE } from '../logFiles.ts';
import { launchBrowser, stopSpinners } from './browser.ts';
import { makeDirectories, writeSettings } from './directories.ts';
import { startServer, type Server } from './server.ts';

const TIMEOUT_MS = 40 * 60_000;

interface Control {
  readonly tests: string;
  readonly output: string;
  readonly result: string;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    // Further flags, such as --no-sandbox, mean something to the desktop only.
    strict: false,
    allowPositionals: true,
    options: {
      extensionDevelopmentPath: { type: 'string', multiple: true },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
      'extensions-dir': { type: 'string' },
    },
  });
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' ? path.resolve(value) : undefined;
  const tests = text(values.extensionTestsPath);
  if (tests === undefined) throw new Error('--extensionTestsPath is missing.');
  const directories = makeDirectories({
    userData: text(values['user-data-dir']),
    extensions: text(values['extensions-dir']),
  });
  atEnd(() => {
    fs.rmSync(directories.base, { recursive: true, force: true, maxRetries: 5 });
  });
  writeSettings(directories);
  const control: Control = {
    tests,
    output: path.join(directories.base, 'test-output.log'),
    result: path.join(directories.base, 'test-result.json'),
  };
  fs.writeFileSync(control.output, '');
  const server = await startServer({
    directories,
    automation: true,
    env: { SOCKMAP_CODE_WEB: JSON.stringify(control), [LOGS_VARIABLE]: directories.userData },
  });
  atEnd(() => server.stop());
  const browser = await launchBrowser();
  atEnd(() => browser.close());

  const developed = [values.extensionDevelopmentPath ?? []].flat().map(String);
  const entry = path.join(import.meta.dirname, 'test-entry.cjs');
  const url = server.workbenchUrl({
    ...(positionals[0] === undefined ? {} : { folder: positionals[0] }),
    payload: [
      ...developed.map((each) => ['extensionDevelopmentPath', server.uri(each)] as const),
      ['extensionTestsPath', server.uri(entry)],
    ],
  });
  return runTests(server, browser, url, control);
}

async function runTests(
  server: Server,
  browser: Browser,
  url: string,
  control: Control,
): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await stopSpinners(page);
  const stopFollowing = follow(control.output);
  const failure = await new Promise<string | undefined>((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(`no result after ${TIMEOUT_MS / 60_000} minutes`);
    }, TIMEOUT_MS);
    timer.unref();
    page.on('crash', () => {
      resolve('the workbench page crashed');
    });
    void server.exited.then((how) => {
      resolve(`the VS Code server ended (${how})`);
    });
    page
      .exposeFunction('codeAutomationExit', () => {
        resolve(undefined);
      })
      .then(() => page.goto(url))
      .catch(reject);
  });
  stopFollowing();
  if (failure === undefined && fs.existsSync(control.result)) {
    return (JSON.parse(fs.readFileSync(control.result, 'utf8')) as { code: number }).code;
  }
  const shot = path.resolve('out', 'test-artifacts', 'extension-host.png');
  await page.screenshot({ path: shot }).catch(() => undefined);
  console.error(failure ?? 'The extension host ended before the tests reported.');
  console.error(`Screenshot: ${shot}\n${fs.readFileSync(server.logFile, 'utf8').slice(-4000)}`);
  return 1;
}

/** Prints what is appended to the file, until the returned function is called. */
function follow(file: string): () => void {
  let offset = 0;
  const print = (): void => {
    const data = fs.readFileSync(file).subarray(offset);
    offset += data.length;
    if (data.length > 0) process.stdout.write(data);
  };
  const timer = setInterval(print, 100);
  return () => {
    clearInterval(timer);
    print();
  };
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(error);
}
await endAll().catch(console.error);
// @vscode/test-electron drops output it has not read when the process ends.
setTimeout(() => process.exit(code), 200);
