import * as vscode from 'vscode';
import { label, oneLine, paragraphs } from '../text.ts';
import { BACK, question, type Answer, type Place } from './form.ts';

/*
 * Whatever the window says goes through here, and what stands in texts through inEditor.ts, because VS Code makes
 * links and icons of what it is given: a rule of eslint.config.js keeps other files from its functions. Every text
 * counts as one from outside.
 */

/** Longest notification; VS Code cuts longer ones at their end, where the next step stands. */
const LONGEST_MESSAGE = 900;

export const showInformation = (
  message: string,
  ...actions: string[]
): Thenable<string | undefined> =>
  vscode.window.showInformationMessage(label(message, LONGEST_MESSAGE), ...actions);

export const showWarning = (message: string, ...actions: string[]): Thenable<string | undefined> =>
  vscode.window.showWarningMessage(label(message, LONGEST_MESSAGE), ...actions);

export const showFailure = (message: string, ...actions: string[]): Thenable<string | undefined> =>
  vscode.window.showErrorMessage(label(message, LONGEST_MESSAGE), ...actions);

/**
 * Asks in a dialog before something that is not easily undone. VS Code gives its first button the focus
 * and the Enter key: that is the one with which everything stays as it is. Escape is the same.
 * @param go what the button that goes on says, @param stay what the safe one says.
 */
export async function confirm(
  message: string,
  { detail, go, stay }: { detail: string; go: string; stay: string },
): Promise<boolean> {
  const options = { modal: true, detail: paragraphs(detail) };
  const [safe, other]: vscode.MessageItem[] = [{ title: stay }, { title: go }];
  if (safe === undefined || other === undefined) return false;
  const chosen = await vscode.window.showWarningMessage(oneLine(message), options, safe, other);
  return chosen === other;
}

/**
 * Asks in a dialog which of two ways to go.
 * @param safe the button that has the focus. @returns undefined after Escape.
 */
export async function choose(
  message: string,
  { detail, safe, other }: { detail: string; safe: string; other: string },
): Promise<'safe' | 'other' | undefined> {
  const options = { modal: true, detail: paragraphs(detail) };
  const chosen = await vscode.window.showInformationMessage(oneLine(message), options, safe, other);
  return chosen === undefined ? undefined : chosen === safe ? 'safe' : 'other';
}

/** An item of a quick pick; its icon is ours, its text anybody's. */
export interface Choice extends vscode.QuickPickItem {
  readonly icon?: string;
}

/** The item as it is shown; what it stands for stays with it. */
export const shownChoice = <T extends Choice>(item: T): T => ({
  ...item,
  label: withIcon(item.icon, label(item.label, 200)),
  ...(item.description !== undefined && { description: label(item.description, 300) }),
  ...(item.detail !== undefined && { detail: label(item.detail) }),
});

/** A title between items of a quick pick. */
export const separator = (text: string): Choice => ({
  label: label(text, 80),
  kind: vscode.QuickPickItemKind.Separator,
});

const withIcon = (icon: string | undefined, text: string): string =>
  icon === undefined ? text : `$(${icon}) ${text}`;

/** A quick pick to be worked by its caller, whose items are those of `shownChoice`. */
export function makeQuickPick<T extends Choice>(title: string, placeholder: string) {
  const pick = vscode.window.createQuickPick<T>();
  pick.title = label(title, 150);
  pick.placeholder = label(placeholder, 200);
  pick.ignoreFocusOut = true;
  return pick;
}

/** The way back to the question before. */
export const backButtons = ({ hasBack }: Place): vscode.QuickInputButton[] =>
  hasBack ? [vscode.QuickInputButtons.Back] : [];

interface InputOptions {
  readonly title: string;
  readonly prompt: string;
  readonly value?: string;
  readonly placeHolder?: string;
  readonly password?: boolean;
  /** The fault of the text, while it is typed. */
  readonly fault?: (text: string) => string | undefined;
  /** Shown below the text as it is read, where it has no fault. */
  readonly reading?: (text: string) => string | undefined;
}

/**
 * Asks for a line of text, also while the person looks something up elsewhere. A password is no step of a form: it
 * is asked for while something else is under way.
 */
export const askLine = (options: InputOptions): Promise<string | undefined> => {
  if (options.password === true)
    return accepted({ hasBack: false, before: [] }, options).then((answer) =>
      answer === BACK ? undefined : answer?.value,
    );
  return question((place) => accepted(place, options));
};

function accepted(
  place: Place,
  { fault, reading, ...options }: InputOptions,
): Promise<Answer<string> | typeof BACK | undefined> {
  const input = vscode.window.createInputBox();
  const { value = '', placeHolder = '', password = false } = options;
  input.title = label(options.title, 150);
  input.prompt = label(options.prompt);
  input.placeholder = label(placeHolder, 200);
  input.value = place.before[0] ?? value;
  input.valueSelection = [0, input.value.length];
  input.password = password;
  input.ignoreFocusOut = true;
  input.buttons = backButtons(place);
  const check = (): boolean => {
    const wrong = fault?.(input.value);
    const read = wrong === undefined ? reading?.(input.value) : undefined;
    input.validationMessage =
      read === undefined
        ? wrong && label(wrong)
        : { message: label(read, 1500), severity: vscode.InputBoxValidationSeverity.Info };
    return wrong === undefined;
  };
  // An empty line that nobody has touched says what it is for, not that it is empty.
  if (input.value !== '') check();
  return new Promise((resolve) => {
    input.onDidChangeValue(check);
    input.onDidTriggerButton(() => {
      resolve(BACK);
      input.hide();
    });
    input.onDidAccept(() => {
      if (!check()) return;
      resolve({ value: input.value, shown: [input.value] });
      input.hide();
    });
    input.onDidHide(() => {
      resolve(undefined);
      input.dispose();
    });
    input.show();
  });
}

/** Opens a terminal; @param argv what runs in it. */
export function showTerminal(
  name: string,
  [shellPath = 'sh', ...shellArgs]: string[],
): vscode.Terminal {
  const terminal = vscode.window.createTerminal({ name: label(name, 80), shellPath, shellArgs });
  terminal.show();
  return terminal;
}

/** A panel for a page of ours, beside the editors. */
export const makePanel = (viewType: string, title: string): vscode.WebviewPanel =>
  vscode.window.createWebviewPanel(viewType, label(title, 100), vscode.ViewColumn.Active);

/** A cancellable notification. */
export const showProgress = <T>(
  title: string,
  task: (report: (step: Step) => void, token: vscode.CancellationToken) => Promise<T>,
): Thenable<T> =>
  vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: label(title, 200),
      cancellable: true,
    },
    (progress, token) =>
      task(({ message, increment }) => {
        progress.report({
          ...(message !== undefined && { message: label(message, 300) }),
          ...(increment !== undefined && { increment }),
        });
      }, token),
  );

/** The same for what cannot be cancelled any more. */
export const showEnding = (title: string, ending: Promise<unknown>): Thenable<void> =>
  vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: label(title, 200) },
    async () => {
      await ending.catch(() => undefined);
    },
  );

export interface Step {
  readonly message?: string | undefined;
  readonly increment?: number | undefined;
}

/** An item of the status bar. */
export class StatusText implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;

  constructor(id: string, name: string) {
    this.#item = vscode.window.createStatusBarItem(id, vscode.StatusBarAlignment.Left);
    this.#item.name = name;
  }

  show(shown: { icon: string; text: string; tooltip: string; command: vscode.Command }): void {
    this.#item.text = withIcon(shown.icon, label(shown.text, 60));
    this.#item.tooltip = paragraphs(shown.tooltip);
    this.#item.command = shown.command;
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }
}

export interface LanguageState {
  readonly icon?: string | undefined;
  readonly text: string;
  readonly detail?: string | undefined;
  readonly severity?: vscode.LanguageStatusSeverity;
  readonly command: vscode.Command;
  readonly busy?: boolean;
}

/** The item that VS Code shows beside a document's language. */
export class LanguageItem implements vscode.Disposable {
  readonly #item: vscode.LanguageStatusItem;

  constructor(id: string, name: string, selector: vscode.DocumentSelector) {
    this.#item = vscode.languages.createLanguageStatusItem(id, selector);
    this.#item.name = name;
  }

  show({ icon, text, detail = '', severity, command, busy = false }: LanguageState): void {
    this.#item.text = withIcon(icon, label(text, 100));
    this.#item.detail = label(detail);
    this.#item.severity = severity ?? vscode.LanguageStatusSeverity.Information;
    this.#item.command = command;
    this.#item.busy = busy;
  }

  belongTo(selector: vscode.DocumentSelector): void {
    this.#item.selector = selector;
  }

  dispose(): void {
    this.#item.dispose();
  }
}

/** A row of a tree view; its icon is ours, its text anybody's. */
export interface Row {
  /** One of a view; it stays the same from one showing to the next. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: string;
  /** A codicon. */
  readonly icon: string;
  /** For the `when` clauses of menus. */
  readonly contextValue: string;
  readonly expands: 'never' | 'collapsed' | 'expanded';
  /** Runs when it is chosen. */
  readonly does?: Omit<vscode.Command, 'title'>;
}

const EXPANDS = {
  never: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
} as const;

function treeItem(row: Row): vscode.TreeItem {
  const text = label(row.label, 200);
  const item = new vscode.TreeItem(text, EXPANDS[row.expands]);
  item.id = row.id;
  if (row.description !== undefined) item.description = label(row.description, 300);
  // Else a screen reader says what the mouse shows, line by line, and nothing of the row.
  item.accessibilityInformation = {
    label: oneLine([row.label, row.description ?? []].flat().join(', '), 500),
  };
  if (row.tooltip !== undefined) item.tooltip = paragraphs(row.tooltip);
  item.iconPath = new vscode.ThemeIcon(row.icon);
  item.contextValue = row.contextValue;
  if (row.does !== undefined) item.command = { ...row.does, title: text };
  return item;
}

/** A tree view whose rows come from `rowOf`. */
export const makeTreeView = <T>(
  id: string,
  rowOf: (node: T) => Row,
  options: Omit<vscode.TreeViewOptions<T>, 'treeDataProvider'> &
    Omit<vscode.TreeDataProvider<T>, 'getTreeItem'>,
): vscode.TreeView<T> => {
  const { getChildren, getParent, onDidChangeTreeData, ...rest } = options;
  return vscode.window.createTreeView(id, {
    ...rest,
    treeDataProvider: {
      getChildren,
      ...(getParent && { getParent }),
      ...(onDidChangeTreeData && { onDidChangeTreeData }),
      getTreeItem: (node) => treeItem(rowOf(node)),
    },
  });
};
