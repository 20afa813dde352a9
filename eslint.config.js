import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Only these may start processes; the core never sees the editor. See the rules of the house in README.md. */
const noEditor = { name: 'vscode', message: 'The core runs without an editor.' };
const noProcesses = [
  { name: 'node:child_process', message: 'src/host/ starts processes.' },
  { name: 'execa', message: 'src/host/ starts processes.' },
];

/**
 * VS Code makes links, icons and Markdown of what these are given, and texts come from hosts and files:
 * src/ui/window.ts and inEditor.ts make them fit.
 */
const SHOWS =
  '^(show(Information|Warning|Error)Message|showQuickPick|createQuickPick|showInputBox|createInputBox|' +
  'createTerminal|createStatusBarItem|setStatusBarMessage|withProgress|createTreeView|' +
  'registerTreeDataProvider|createWebviewPanel|showWorkspaceFolderPick|createLanguageStatusItem)$';
const MADE =
  '^(MarkdownString|TreeItem|Diagnostic|DiagnosticRelatedInformation|CodeLens|Hover|QuickPickItem|' +
  'StatusBarItem|InlayHint|CompletionItem|CommentThread|NotebookCellOutputItem)$';
const message = 'Texts come from outside: show them by src/ui/window.ts or inEditor.ts.';
const unchecked = [
  { selector: `MemberExpression[property.name=/${SHOWS}/]`, message },
  { selector: `ObjectPattern > Property[key.name=/${SHOWS}/]`, message },
  { selector: `NewExpression[callee.property.name=/${MADE}/]`, message },
  { selector: `NewExpression[callee.name=/${MADE}/]`, message },
  // Under another name it would go unseen.
  {
    selector: `ImportDeclaration[source.value="vscode"] > ImportSpecifier[imported.name=/^(window|languages)$|${MADE}/]`,
    message,
  },
  { selector: 'VariableDeclarator[init.name="vscode"]', message },
  {
    selector: 'VariableDeclarator[init.object.name="vscode"][init.property.name="window"]',
    message,
  },
];

/** Before activate() has read the language of the editor, a sentence would stay English. */
const early =
  ':matches(CallExpression[callee.object.name="l10n"][callee.property.name="t"], TaggedTemplateExpression[tag.object.name="l10n"])';
const words = [
  {
    selector: `${early}:not(:function *)`,
    message: 'Call l10n.t in a function: the language is not known yet.',
  },
];

/** Words for people go through vscode.l10n.t or l10n.t (CONTRIBUTING.md). */
const literal =
  ':matches(Literal[value=/^(?!connect$).*[a-z]{3}/], TemplateLiteral:has(> TemplateElement[value.raw=/[a-z]{3}/]))';
const SAYS =
  '^(show(Information|Warning|Failure|Progress|Ending)|confirm|choose|makeQuickPick|withProgress|' +
  'pick(Hosts?|Cgroups|OfCgroups|Bypass|Plan))$';
const SAID =
  '^(title|prompt|placeholder|placeHolder|label|description|detail|tooltip|go|stay|safe|' +
  'openLabel|fault|tried|next)$';
const untranslated = [`CallExpression[callee.name=/${SAYS}/]`, `Property[key.name=/${SAID}/]`].map(
  (place) => ({ selector: `${place} > ${literal}`, message: 'Words for people: use l10n.t.' }),
);

/** Errors' words, in the rooms without an editor. */
const untold = {
  selector: `:matches(Property[key.name=/^(tried|next|hint)$/], VariableDeclarator[id.name=/^(tried|next)$/]) > ${literal}`,
  message: 'Words for people: use l10n.t.',
};

/** It hides how many words there are, for no more than fewer lines. */
const spread = {
  selector: 'SpreadElement > :matches(ArrayExpression, ObjectExpression)',
  message: 'Write the elements out: a spread of a literal does nothing.',
};

export default defineConfig(
  globalIgnores(['dist/', 'out/', '.vscode-test/', 'test/harness/vscode/code-web/node_modules/']),
  eslint.configs.recommended,
  { rules: { 'no-restricted-syntax': ['error', spread] } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      // One program for all: src would be read again for the tests, and for the webview.
      parserOptions: { project: 'tsconfig.lint.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Numbers and booleans in messages are what they look like.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  {
    files: ['src/{host,bypass,verifier,bench,results,cli}/**'],
    rules: { 'no-restricted-imports': ['error', { paths: [noEditor] }] },
  },
  {
    files: ['src/**'],
    ignores: ['src/host/**'],
    rules: { 'no-restricted-imports': ['error', { paths: noProcesses }] },
  },
  {
    files: ['src/**'],
    ignores: ['src/ui/{window,inEditor}.ts'],
    rules: { 'no-restricted-syntax': ['error', ...unchecked, ...words, untold, spread] },
  },
  {
    files: ['src/{ui,commands,diagnostics,workspace,language}/**', 'src/*.ts'],
    ignores: ['src/ui/{window,inEditor}.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...unchecked, ...words, ...untranslated, untold, spread],
    },
  },
  {
    files: ['src/{bypass,verifier,bench,results,cli}/**'],
    rules: { 'no-restricted-imports': ['error', { paths: [noEditor, ...noProcesses] }] },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
  },
);
