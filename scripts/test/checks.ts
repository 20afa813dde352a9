import type { Counts } from '../../test/harness/reporter.ts';
import type { Part } from '../setup.mjs';
import { installed, root, runCommand } from './command.ts';
import { projectFiles } from './files.ts';

/** A static check: it counts as one test. */
export interface Check {
  readonly name: string;
  readonly about: string;
  readonly needs: readonly Part[];
  /** It writes what tests use, and comes before them. */
  readonly writes?: true;
  /** Nothing when there is nothing to check. */
  readonly command: () => readonly string[] | undefined;
}

/** The compiler as a native program, an eighth of the time; eslint needs that in JavaScript beside it. */
const TSC = 'node_modules/typescript-native/bin/tsc';

/** The host's own command has no ending. */
const COMMAND = 'bpf/tools/sockmap-bypassctl';

export const CHECKS: readonly Check[] = [
  ...['.', 'webview', 'scripts'].map((project) => ({
    name: `types-${project === '.' ? 'src' : project}`,
    about: `TypeScript, ${project === '.' ? 'extension' : project === 'webview' ? 'browser' : 'tests and scripts'}`,
    needs: [],
    command: () => [TSC, '--singleThreaded', '-p', project],
  })),
  {
    name: 'lint',
    about: 'eslint',
    needs: [],
    command: () => [installed('eslint'), '.', '--max-warnings', '0'],
  },
  {
    name: 'rooms',
    about: 'which room imports which',
    needs: [],
    command: () => [installed('depcruise'), 'src', 'webview'],
  },
  {
    name: 'unused',
    about: 'code and packages that nothing uses',
    needs: [],
    command: () => [installed('knip'), '--no-progress'],
  },
  {
    name: 'l10n',
    about: 'words for translators',
    needs: [],
    command: () => [installed('tsx'), 'scripts/l10n.ts', '--check'],
  },
  {
    name: 'format',
    about: 'prettier',
    needs: [],
    command: () => [installed('prettier'), '--check', '.'],
  },
  {
    name: 'format-c',
    about: 'clang-format',
    needs: ['format'],
    command: () => {
      const files = projectFiles('{bpf,test}/**/*.[ch]');
      return files.length === 0 ? undefined : ['clang-format', '--dry-run', '-Werror', ...files];
    },
  },
  {
    name: 'shell',
    about: 'shellcheck',
    needs: ['format'],
    command: () => [
      'shellcheck',
      '-s',
      'sh',
      COMMAND,
      ...projectFiles(
        ...['bpf', 'deploy', 'scripts', 'test/harness', 'test/kernels'].map(
          (each) => `${each}/**/*.sh`,
        ),
      ),
    ],
  },
  {
    name: 'build',
    about: 'production bundles',
    needs: [],
    writes: true,
    command: () => ['node', 'esbuild.mjs', '--production'],
  },
];

export async function runCheck(check: Check): Promise<Counts> {
  const title = check.about;
  const command = check.command();
  if (command === undefined) {
    return {
      passed: 0,
      failed: [],
      skipped: [{ title, reason: 'there is no such file' }],
      times: [],
    };
  }
  const started = Date.now();
  const { code, output } = await runCommand(command, { capture: true, cwd: root });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? '✔' : '✘'} ${title} (${seconds} s)`);
  if (code === 0) return { passed: 1, failed: [], skipped: [], times: [] };
  console.log(output);
  const reason = `It ended with ${code}: see its words above.`;
  return { passed: 0, failed: [{ title, reason }], skipped: [], times: [] };
}
