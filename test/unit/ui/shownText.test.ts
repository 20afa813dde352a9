import assert from 'node:assert/strict';
import { ESLint, Linter } from 'eslint';
import tseslint from 'typescript-eslint';

/** Lines a change could bring in, each showing a text as it came. */
const UNCHECKED = [
  'void vscode.window.showErrorMessage(words);',
  'void vscode.window.showInformationMessage(words, { modal: true });',
  'vscode.window.createTerminal({ name: words });',
  'const pick = vscode.window.createQuickPick(); pick.title = words;',
  'vscode.window.createStatusBarItem().text = words;',
  'vscode.window.setStatusBarMessage(words);',
  "vscode.languages.createLanguageStatusItem('id', '*').detail = words;",
  'new vscode.MarkdownString(words);',
  'new vscode.Hover(words);',
  'new vscode.TreeItem(words);',
  'new vscode.Diagnostic(range, words);',
  'const { window } = vscode; void window.showWarningMessage(words);',
  'const { showWarningMessage } = vscode.window; void showWarningMessage(words);',
  'const show = vscode.window.showQuickPick; void show([words]);',
  "import { window } from 'vscode';",
  "import { MarkdownString as M } from 'vscode'; new M(words);",
];

const RULE = 'no-restricted-syntax';

describe('the rule that texts are shown by one file', () => {
  let rule: Linter.RuleEntry = 'off';
  const ruleOf = async (file: string): Promise<Linter.RuleEntry> => {
    const config = (await new ESLint().calculateConfigForFile(file)) as Linter.Config;
    return config.rules?.[RULE] ?? 'off';
  };
  const faults = (code: string, by = rule): string[] =>
    new Linter()
      .verify(code, [{ languageOptions: { parser: tseslint.parser }, rules: { [RULE]: by } }])
      .map(({ message }) => message);

  before(async () => {
    rule = await ruleOf('src/ui/errors.ts');
  });

  it('holds for every other file of the extension', async () => {
    for (const file of ['src/extension.ts', 'src/commands/new.ts', 'src/language/new.ts']) {
      assert.deepEqual(await ruleOf(file), rule);
    }
    const within = await ruleOf('src/ui/window.ts');
    assert.deepEqual(
      UNCHECKED.flatMap((line) => faults(line, within)),
      [],
    );
  });
  for (const line of UNCHECKED) {
    it(`finds ${line}`, () => {
      assert.match(faults(line).join(), /src\/ui\/window\.ts/);
    });
  }
  it('lets the rest be', () => {
    assert.deepEqual(
      faults("import * as vscode from 'vscode'; vscode.window.activeTextEditor;"),
      [],
    );
  });
});
