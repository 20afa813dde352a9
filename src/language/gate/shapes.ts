import * as z from 'zod';
import { codeBlock, hasVariables, plain, safeMarkdown, title } from './text.ts';
import { hostPath, hostUri, webAddress } from './uris.ts';

/** Which of the host's files, by their absolute paths there, the editor may be led to. */
export interface Places {
  /** A file we copied there, or one that is the host's own: it may be opened to be read. */
  readonly isShown: (path: string) => boolean;
  /** A file we copied there of which the text here may be changed. */
  readonly isEditable: (path: string) => boolean;
}

/** Receives what is left out of an answer, and why. */
export type Report = (words: string) => void;

export type Shapes = ReturnType<typeof shapes>;

/** The command by which the editor has clangd apply a refactoring; the only one that comes through. */
export const APPLY = 'sockmapBypass.applyClangdAction';

const MOST_ITEMS = 20_000;

export const integer = z.int().min(0).max(0x7fffffff);
const position = z.object({ line: integer, character: integer });
export const range = z.object({ start: position, end: position });

export const words = z.string().transform((text) => plain(text));
export const label = z.string().transform(title);
/** Values that only go back to the host. */
export const token = z.string().max(4096);

const MOST_EDITS = 100_000;

/**
 * A list of which each item has to be allowed. It ends at the first that is not: the validator's own list
 * keeps a fault for each, and a million of them fill the memory.
 */
export const every = <T extends z.ZodType>(item: T, most = MOST_EDITS) =>
  z.array(z.unknown()).transform((all, context): z.output<T>[] => {
    const faulty = (message: string): never => {
      context.addIssue({ code: 'custom', message, input: undefined });
      return z.NEVER;
    };
    if (all.length > most) return faulty(`more than ${most} items`);
    const made: z.output<T>[] = [];
    for (const [index, value] of all.entries()) {
      const { data, error } = item.safeParse(value);
      if (error !== undefined) return faulty(`item ${index}: ${reason(error)}`);
      made.push(data);
    }
    return made;
  });

const markup = z
  .object({ kind: z.enum(['markdown', 'plaintext']), value: z.string() })
  .transform(({ kind, value }) => ({
    kind,
    value: kind === 'markdown' ? safeMarkdown(value) : plain(value, 100_000),
  }));
export const documentation = z.union([
  z.string().transform((text) => plain(text, 100_000)),
  markup,
]);

const code = z.object({ language: z.string(), value: z.string() });
const marked = z.union([z.string().transform(safeMarkdown), code.transform(inBlock)]);
function inBlock({ language, value }: z.infer<typeof code>): string {
  return codeBlock(language, value);
}
const hoverContents = z.union([
  markup,
  z
    .union([marked.transform((text) => [text]), every(marked, 100)])
    .transform((texts) => ({ kind: 'markdown' as const, value: texts.join('\n\n---\n\n') })),
]);

/** A number of one, two, or more: `kind` and `severity` are numbers from 1. */
const kindOf = (most: number) => z.int().min(1).max(most);

/** In one document, the one that was asked about. With an annotation it would be another kind of edit. */
export const textEdit = z.strictObject({ range, newText: z.string() });
export const textEdits = every(textEdit);

/**
 * The parts that answers are made of. Each is built anew from the fields that are named here; what else
 * a message has is left behind.
 */
export function shapes(places: Places, report: Report) {
  const uriWhere = (isAllowed: (path: string) => boolean, wrong: string) =>
    z.string().transform((value, context) => {
      const path = hostPath(value);
      if (path !== undefined && isAllowed(path)) return hostUri(path);
      const message = `${JSON.stringify(plain(value, 200))} is ${wrong}`;
      context.addIssue({ code: 'custom', message, input: value });
      return z.NEVER;
    });
  const shown = uriWhere((path) => places.isShown(path), 'no file of the source or the host');
  const editable = uriWhere((path) => places.isEditable(path), 'no file of the source');

  /** Links that can be followed: a file, or a page for the browser. */
  const link = z.union([
    shown,
    z.string().transform((value, context) => {
      const address = webAddress(value);
      if (address !== undefined) return address;
      context.addIssue({ code: 'custom', message: 'neither a file nor a page', input: value });
      return z.NEVER;
    }),
  ]);

  /** A list of things that stand for themselves: those that are not allowed are left out. */
  const list = <T extends z.ZodType>(item: T, most = MOST_ITEMS) =>
    z.array(z.unknown()).transform((all) => {
      if (all.length > most) report(`${all.length - most} of ${all.length} items`);
      return all.slice(0, most).flatMap((each) => {
        const { data, error } = item.safeParse(each);
        if (error !== undefined) report(`an item: ${reason(error)}`);
        return data === undefined ? [] : [data];
      });
    });

  const location = z.object({ uri: shown, range });
  const locationLink = z.object({
    targetUri: shown,
    targetRange: range,
    targetSelectionRange: range,
    originSelectionRange: range.optional(),
  });
  const locations = z.union([location, list(z.union([location, locationLink]))]);

  const change = z.tuple([editable, textEdits]);
  const changes = z
    .record(z.string(), z.unknown())
    .transform((record): unknown[] => Object.entries(record))
    .pipe(every(change))
    .transform((entries) => Object.fromEntries(entries));

  /** Changes of text and nothing else, in files of the source: all of it, or none. */
  const workspaceEdit = z.strictObject({
    changes: changes.optional(),
    documentChanges: every(
      z.strictObject({
        textDocument: z.strictObject({
          uri: editable,
          version: z
            .int()
            .nullish()
            .transform((version) => version ?? null),
        }),
        edits: textEdits,
      }),
    ).optional(),
  });

  const diagnostic = z.object({
    range,
    severity: kindOf(4).optional(),
    code: z.union([z.int(), label]).optional(),
    // Behind a code that is no link stands the code all the same.
    codeDescription: z.object({ href: link }).optional().catch(undefined),
    source: label.optional(),
    message: words,
    tags: every(kindOf(2), 10).optional(),
    relatedInformation: list(z.object({ location, message: words }), 100).optional(),
  });

  const workspaceEditArguments = z.tuple([workspaceEdit]);
  const tweakArguments = z.tuple([z.object({ file: editable, selection: range, tweakID: token })]);
  const action = z.discriminatedUnion('command', [
    z.object({ command: z.literal('clangd.applyFix'), arguments: workspaceEditArguments }),
    z.object({ command: z.literal('clangd.applyTweak'), arguments: tweakArguments }),
  ]);
  const command = z
    .looseObject({ title: label.optional() })
    .transform(({ title: shownTitle, ...rest }, context) => {
      const { data, error } = action.safeParse(rest);
      if (data !== undefined) {
        return { title: shownTitle ?? '', command: APPLY, arguments: [data] };
      }
      context.addIssue({ code: 'custom', message: `a command: ${reason(error)}`, input: rest });
      return z.NEVER;
    });
  const codeAction = z.object({
    title: label,
    kind: token.optional(),
    isPreferred: z.boolean().optional(),
    disabled: z.object({ reason: words }).optional(),
    diagnostics: list(diagnostic, 1000).optional(),
    edit: workspaceEdit.optional(),
    command: command.optional(),
  });

  const callItem = z.object({
    name: label,
    kind: kindOf(26),
    tags: every(kindOf(1), 10).optional(),
    detail: label.optional(),
    uri: shown,
    range,
    selectionRange: range,
    data: token.optional(),
  });

  return {
    shown,
    link,
    list,
    location,
    locations,
    workspaceEdit,
    diagnostic,
    action,
    codeAction,
    callItem,
    hoverContents,
    kindOf,
  };
}

/** In one line, which field is wrong in what way. */
export function reason(error: z.ZodError | undefined): string {
  const issue = error?.issues[0];
  const inner = issue?.code === 'invalid_union' ? issue.errors.flat().at(-1) : issue;
  const fault = inner ?? issue;
  if (fault === undefined) return 'not understood';
  const where = [...(issue?.path ?? []), ...(inner === issue ? [] : (inner?.path ?? []))];
  return plain(`${where.join('.')}: ${fault.message}`.replace(/^: /, ''), 500);
}

export const snippetSafe = (
  format: number | undefined,
  ...texts: (string | undefined)[]
): boolean => format !== 2 || !texts.some((text) => text !== undefined && hasVariables(text));
