// Which rooms may import which (CONTRIBUTING.md draws the house). Types count as imports.

/** Rooms of the core, and the rooms below each. All may use src/text.ts, which imports nothing. */
const CORE = {
  host: [],
  results: [],
  bypass: ['host'],
  verifier: ['host', 'bypass'],
  bench: ['host', 'bypass', 'results'],
  assess: ['host', 'bypass', 'results'],
};
/** Rooms that know the editor. Commands are on top, and nothing but the extension's start knows them. */
const EDITOR = ['workspace', 'language', 'diagnostics', 'ui'];

/** The command line is on top of the core, and nobody knows it. */
const ROOMS = { ...CORE, cli: Object.keys(CORE) };

const below = Object.entries(ROOMS).map(([room, rooms]) => ({
  name: `${room}-imports-what-is-below`,
  comment: `src/${room}/ may import from: ${[room, ...rooms, 'text.ts'].join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(text\\.ts$|(${[room, ...rooms].join('|')})/)` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Files that import each other cannot be read one after the other.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...below,
    {
      name: 'the-core-knows-no-editor',
      severity: 'error',
      from: { path: `^src/(${Object.keys(ROOMS).join('|')})/` },
      to: { path: '^vscode' },
    },
    {
      name: 'nobody-imports-the-command-line',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'results-start-nothing-and-read-no-file',
      severity: 'error',
      from: { path: '^src/results/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-commands-or-the-app',
      severity: 'error',
      from: { path: `^src/(${[...EDITOR, 'context\\.ts'].join('|')})` },
      to: { path: '^src/(commands/|app\\.ts|extension\\.ts)' },
    },
    {
      name: 'the-context-knows-no-piece',
      severity: 'error',
      from: { path: '^src/context\\.ts$' },
      to: { path: '^src/(language|diagnostics|commands)/' },
    },
    {
      name: 'the-browser-sees-results',
      comment: 'What it shows is data, which a protocol brings.',
      severity: 'error',
      from: { path: '^webview/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(results/|(?:bypass/live|assess/page|verifier/matrix)/protocol\\.ts$|text\\.ts$)',
      },
    },
    {
      name: 'only-tests-import-tests',
      severity: 'error',
      from: { path: '^(src|webview)/' },
      to: { path: '^(test|scripts)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
