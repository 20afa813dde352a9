// Runs inside the extension host: the entry of extensionTestsPath.
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as mochaModule from 'mocha';
import vscode from 'vscode';
import { addEvidence } from '../../harness/evidence.ts';
import CountingReporter from '../../harness/reporter.ts';
import { extensionLogEnd, LOGS_VARIABLE } from '../../harness/vscode/logFiles.ts';

/** Mocha is an ES module that this CommonJS bundle requires: its default export may be one level down. */
const Mocha = mochaModule.default;

/** The settings that tests change, with the values that a person has given them. */
function changed(): Map<string, unknown> {
  const extension = vscode.extensions.getExtension('sockmap-bypass.sockmap-bypass');
  const { contributes } = extension?.packageJSON as Manifest;
  const all = vscode.workspace.getConfiguration();
  return new Map(
    contributes.configuration
      .flatMap(({ properties }) => Object.keys(properties))
      .map((name) => [name, all.inspect(name)?.globalValue]),
  );
}

interface Manifest {
  readonly contributes: { readonly configuration: readonly { readonly properties: object }[] };
}

/** A test that fails half way leaves no setting behind: those of its suite, set in `before`, stay. */
function settingsStay(): Record<'beforeEach' | 'afterEach', () => Promise<void>> {
  let before = new Map<string, unknown>();
  return {
    beforeEach: () => {
      before = changed();
      return Promise.resolve();
    },
    afterEach: async () => {
      for (const [name, value] of changed()) {
        if (isDeepStrictEqual(value, before.get(name))) continue;
        const all = vscode.workspace.getConfiguration();
        await all.update(name, before.get(name), vscode.ConfigurationTarget.Global);
      }
    },
  };
}

export async function run(): Promise<void> {
  const grep = process.env['SOCKMAP_TEST_GREP'];
  const mocha = new Mocha({
    ui: 'bdd',
    color: true,
    forbidOnly: true,
    timeout: 120_000,
    reporter: CountingReporter,
    ...(grep !== undefined && { grep }),
  });
  mocha.rootHooks(settingsStay());
  const logs = process.env[LOGS_VARIABLE];
  if (logs !== undefined) addEvidence(() => extensionLogEnd(logs));
  const files = fs.readdirSync(__dirname).filter((file) => file.endsWith('.test.cjs'));
  for (const file of files.sort()) mocha.addFile(path.join(__dirname, file));
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} tests failed.`);
}
