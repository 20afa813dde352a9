import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { App } from './app.ts';
import { fromFile } from './commands/fromFile.ts';
import { fromTree } from './commands/fromTree.ts';
import { registerBenchmarkTasks } from './ui/benchmarkTasks.ts';
import { restoreComparisons } from './ui/comparePage.ts';
import { checkAsJson } from './ui/jsonFiles.ts';
import { ResultEditorProvider } from './ui/resultEditor.ts';
import { ProgramLenses } from './diagnostics/lens.ts';
import { LinkedSources } from './diagnostics/linkedSources.ts';
import { MakefileFlags } from './diagnostics/makefileFlags.ts';
import { C_FILES, QUICK_FIXES, QuickFixes } from './diagnostics/quickFixes.ts';

type Command = (app: App, argument: unknown) => Promise<unknown>;

/** Each command's code is loaded with its first use, so that the extension starts at once. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  getStarted: async () => (await import('./commands/getStarted.ts')).getStarted,
  tryOnHost: async () => (await import('./commands/tryOnHost.ts')).tryOnHost,
  load: async () => (await import('./commands/load.ts')).load,
  unload: async () => (await import('./commands/unload.ts')).unload,
  keep: async () => (await import('./commands/keep.ts')).keep,
  stopKeeping: async () => (await import('./commands/keep.ts')).stopKeepingCommand,
  configure: async () => (await import('./commands/configure.ts')).configure,
  canary: async () => (await import('./commands/canary.ts')).canary,
  addCgroups: async () => (await import('./commands/cgroups.ts')).addToBypass,
  removeCgroups: async () => (await import('./commands/cgroups.ts')).takeFromBypass,
  status: async () => (await import('./commands/status.ts')).status,
  openLivePage: async () => (await import('./commands/status.ts')).openLivePage,
  showStatusReport: async () => (await import('./commands/status.ts')).showStatusReport,
  checkHost: async () => (await import('./commands/checkHost.ts')).checkHostCommand,
  assess: async () => (await import('./commands/assess.ts')).assessCommand,
  showAssessment: async () => (await import('./commands/assess.ts')).showAssessment,
  checkSemantics: async () => (await import('./commands/checkSemantics.ts')).checkSemanticsCommand,
  openSource: async () => (await import('./commands/openSource.ts')).openSource,
  compareSource: async () => (await import('./commands/restoreSource.ts')).compareSource,
  restoreSource: async () => (await import('./commands/restoreSource.ts')).restoreSource,
  fleet: async () => (await import('./commands/fleet.ts')).fleet,
  rollOut: async () => (await import('./commands/rollOut.ts')).rollOut,
  verify: async () => (await import('./commands/verify.ts')).verify,
  useMakefileFlags: async () => (await import('./commands/useMakefileFlags.ts')).useMakefileFlags,
  linkSources: async () => (await import('./commands/linkSources.ts')).linkSources,
  verifyOnHosts: async () => (await import('./commands/verifyOnHosts.ts')).verifyOnHosts,
  chooseEditingHost: async () => (await import('./commands/clangd.ts')).chooseHost,
  restartClangd: async () => (await import('./commands/clangd.ts')).restartClangd,
  installClangd: async () => (await import('./commands/clangd.ts')).installClangd,
  showVerifierLog: async () => (await import('./commands/verify.ts')).showVerifierLog,
  compareProgram: async () => (await import('./commands/compareProgram.ts')).compareProgram,
  showVisit: async () => (await import('./commands/visits.ts')).showVisit,
  nextVisit: async () => (await import('./commands/visits.ts')).nextVisit,
  previousVisit: async () => (await import('./commands/visits.ts')).previousVisit,
  toggleCoverage: async () => (await import('./commands/visits.ts')).toggleCoverage,
  toggleRunTimes: async () => (await import('./commands/toggleRunTimes.ts')).toggleRunTimes,
  runBenchmark: async () => (await import('./commands/runBenchmark.ts')).runBenchmarkCommand,
  benchmarkWorkload: async () => (await import('./commands/runBenchmark.ts')).benchmarkWorkload,
  compare: async () => (await import('./commands/compare.ts')).compare,
  importBenchmark: async () => (await import('./commands/importBenchmark.ts')).importBenchmark,
  copyDiagnostics: async () => (await import('./commands/copyDiagnostics.ts')).copyDiagnostics,
  refreshHosts: async () => (await import('./commands/hosts.ts')).refreshHosts,
  removeHost: async () => (await import('./commands/hosts.ts')).removeHost,
  openTerminal: async () => (await import('./commands/hosts.ts')).openHostTerminal,
  changeFocused: async () => (await import('./commands/hosts.ts')).changeFocused,
  removeFocused: async () => (await import('./commands/hosts.ts')).removeFocused,
  copyName: async () => (await import('./commands/hosts.ts')).copyName,
  switchOff: async () => (await import('./commands/hosts.ts')).switchOff,
  switchOn: async () => (await import('./commands/hosts.ts')).switchOn,
  refreshResults: async () => (await import('./commands/results.ts')).refreshResults,
  openResult: async () => (await import('./commands/results.ts')).openResult,
  renameResult: async () => (await import('./commands/results.ts')).renameResult,
  editResultNotes: async () => (await import('./commands/results.ts')).editResultNotes,
  editResultTags: async () => (await import('./commands/results.ts')).editResultTags,
  deleteResult: async () => (await import('./commands/results.ts')).deleteResult,
  exportResult: async () => (await import('./commands/results.ts')).exportResult,
  revealResult: async () => (await import('./commands/results.ts')).revealResult,
  resumeBenchmark: async () =>
    (await import('./commands/resumeBenchmark.ts')).resumeBenchmarkCommand,
};

/** The tools that language models may invoke; each is declared in package.json. */
const TOOLS = [
  'checkHost',
  'bypassStatus',
  'assessTraffic',
  'verifySource',
  'compareBenchmarks',
] as const;

function registerTool(created: App, name: (typeof TOOLS)[number]): vscode.Disposable {
  const load = () => import('./commands/tools.ts');
  return vscode.lm.registerTool<unknown>(`sockmapBypass_${name}`, {
    prepareInvocation: async ({ input }) => {
      const { TOOLS: tools, prepareTool } = await load();
      return prepareTool(tools[name], input);
    },
    invoke: async ({ input }, token) => {
      const { TOOLS: tools, invokeTool } = await load();
      return invokeTool(created, tools[name], input, token);
    },
  });
}

let app: App | undefined;

export function activate(extension: vscode.ExtensionContext): void {
  // For the rooms that know no editor; without a bundle they speak English.
  if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
  const created = (app = new App(extension));
  const makefileFlags = new MakefileFlags(created, created.verifier);
  extension.subscriptions.push(
    created,
    ResultEditorProvider.register(extension),
    restoreComparisons(extension.extensionUri),
    checkAsJson(extension.extensionUri),
    registerBenchmarkTasks(async (...task) => {
      const { runBenchmarkTask } = await import('./commands/benchmarkTask.ts');
      return runBenchmarkTask(created, ...task);
    }),
    ...TOOLS.map((name) => registerTool(created, name)),
    vscode.languages.registerCodeLensProvider(C_FILES, new ProgramLenses(created)),
    vscode.languages.registerHoverProvider(C_FILES, created.visits),
    makefileFlags,
    ...[new QuickFixes(created.verifier), makefileFlags, new LinkedSources(created.verifier)].map(
      (provider) => vscode.languages.registerCodeActionsProvider(C_FILES, provider, QUICK_FIXES),
    ),
    ...Object.entries(COMMANDS).map(([name, command]) =>
      vscode.commands.registerCommand(
        `sockmapBypass.${name}`,
        async (argument: unknown, selected: unknown) => {
          const chosen = fromFile(name, argument) ?? fromTree(name, argument, selected);
          const answer = await (chosen === undefined
            ? created.run(command, argument)
            : created.run(command, chosen, { throws: false }));
          created.keys.answered(name, answer);
          return answer;
        },
      ),
    ),
  );
}

/** The window waits for this before it ends the extension. */
export async function deactivate(): Promise<void> {
  await app?.disconnect();
}
