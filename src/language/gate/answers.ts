import * as z from 'zod';
import {
  documentation,
  every,
  integer,
  label,
  range,
  snippetSafe,
  textEdit,
  textEdits,
  token,
  words,
  type Shapes,
} from './shapes.ts';
import { serverCapabilities } from './capabilities.ts';

/** Depth of a document's symbols in each other, and of ranges around each other. */
const DEEPEST = 200;

/** How an answer to each of our requests has to look. A request that is not here gets no answer. */
export type Answers = ReadonlyMap<string, z.ZodType>;

export function answers(shapes: Shapes): Answers {
  const { list, location, locations, kindOf } = shapes;
  const orNull = <T extends z.ZodType>(schema: T) => schema.nullable();
  const edits = orNull(textEdits);
  return new Map<string, z.ZodType>([
    ['initialize', serverCapabilities],
    ['shutdown', z.unknown().transform(() => null)],
    ['workspace/executeCommand', z.unknown().transform(() => null)],
    [
      'textDocument/hover',
      orNull(z.object({ contents: shapes.hoverContents, range: range.optional() })),
    ],
    ['textDocument/completion', orNull(completion(shapes))],
    ['textDocument/signatureHelp', orNull(signatureHelp)],
    ['textDocument/definition', orNull(locations)],
    ['textDocument/declaration', orNull(locations)],
    ['textDocument/typeDefinition', orNull(locations)],
    ['textDocument/implementation', orNull(locations)],
    ['textDocument/references', orNull(list(location))],
    [
      'textDocument/documentHighlight',
      orNull(list(z.object({ range, kind: kindOf(3).optional() }))),
    ],
    ['textDocument/documentSymbol', orNull(symbols(shapes))],
    ['textDocument/codeAction', orNull(list(shapes.codeAction, 1000))],
    ['textDocument/formatting', edits],
    ['textDocument/rangeFormatting', edits],
    ['textDocument/onTypeFormatting', edits],
    ['textDocument/rename', orNull(shapes.workspaceEdit)],
    [
      'textDocument/prepareRename',
      orNull(
        z.union([
          range,
          z.object({ range, placeholder: label }),
          z.object({ defaultBehavior: z.boolean() }),
        ]),
      ),
    ],
    [
      'textDocument/documentLink',
      // VS Code trusts the Markdown it makes of a link's tooltip: there is none.
      orNull(list(z.object({ range, target: shapes.link.optional() }))),
    ],
    [
      'textDocument/foldingRange',
      orNull(
        list(
          z.object({
            startLine: integer,
            startCharacter: integer.optional(),
            endLine: integer,
            endCharacter: integer.optional(),
            kind: token.optional(),
          }),
        ),
      ),
    ],
    ['textDocument/selectionRange', orNull(z.array(z.unknown().transform(around)).max(1000))],
    ['textDocument/semanticTokens/full', orNull(tokens)],
    ['textDocument/semanticTokens/range', orNull(tokens)],
    ['textDocument/semanticTokens/full/delta', orNull(z.union([tokens, tokenEdits]))],
    ['textDocument/inlayHint', orNull(list(inlayHint(shapes)))],
    ['textDocument/prepareCallHierarchy', orNull(list(shapes.callItem, 1000))],
    [
      'callHierarchy/incomingCalls',
      orNull(list(z.object({ from: shapes.callItem, fromRanges: every(range) }))),
    ],
    [
      'callHierarchy/outgoingCalls',
      orNull(list(z.object({ to: shapes.callItem, fromRanges: every(range) }))),
    ],
    [
      'workspace/symbol',
      orNull(
        list(
          z.object({
            name: label,
            kind: kindOf(26),
            containerName: label.optional(),
            location,
          }),
        ),
      ),
    ],
  ]);
}

function completion({ list, kindOf }: Shapes) {
  const item = z
    .object({
      label,
      labelDetails: z
        .object({ detail: words.optional(), description: words.optional() })
        .optional(),
      kind: kindOf(25).optional(),
      tags: every(kindOf(1), 10).optional(),
      detail: words.optional(),
      documentation: documentation.optional(),
      deprecated: z.boolean().optional(),
      preselect: z.boolean().optional(),
      sortText: token.optional(),
      filterText: token.optional(),
      insertText: z.string().optional(),
      insertTextFormat: kindOf(2).optional(),
      insertTextMode: kindOf(2).optional(),
      textEdit: z
        .union([textEdit, z.strictObject({ newText: z.string(), insert: range, replace: range })])
        .optional(),
      additionalTextEdits: textEdits.optional(),
      commitCharacters: every(token, 100).optional(),
    })
    .refine(
      ({ insertTextFormat: format, insertText, textEdit: edit }) =>
        snippetSafe(format, insertText, edit?.newText),
      'a snippet with variables',
    );
  const items = list(item, 5000);
  return z.union([items, z.object({ isIncomplete: z.boolean().default(false), items })]);
}

const activeParameter = integer.nullish().transform((index) => index ?? undefined);
const signatureHelp = z.object({
  signatures: every(
    z.object({
      label: words,
      documentation: documentation.optional(),
      parameters: every(
        z.object({
          label: z.union([words, z.tuple([integer, integer])]),
          documentation: documentation.optional(),
        }),
        1000,
      ).optional(),
      activeParameter: activeParameter.optional(),
    }),
    1000,
  ),
  activeSignature: integer.optional(),
  activeParameter: activeParameter.optional(),
});

function inlayHint({ location, list }: Shapes) {
  return z.object({
    position: range.shape.start,
    // A part with a command of the server's keeps only its words.
    label: z.union([
      label,
      list(
        z.object({
          value: label,
          tooltip: documentation.optional(),
          location: location.optional().catch(undefined),
        }),
        100,
      ),
    ]),
    kind: z.int().min(1).max(2).optional(),
    textEdits: textEdits.optional(),
    tooltip: documentation.optional(),
    paddingLeft: z.boolean().optional(),
    paddingRight: z.boolean().optional(),
  });
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => Number.isInteger(each) && each >= 0);
// By hand: a kernel's types have a million of them.
const numbers = z.custom<number[]>(isNumbers);
const tokens = z.object({ resultId: token.optional(), data: numbers });
const tokenEdits = z.object({
  resultId: token.optional(),
  edits: every(z.object({ start: integer, deleteCount: integer, data: numbers.optional() })),
});

function symbols({ location, kindOf }: Shapes) {
  const own = z.object({
    name: label,
    detail: label.optional(),
    kind: kindOf(26),
    tags: every(kindOf(1), 10).optional(),
    deprecated: z.boolean().optional(),
    range,
    selectionRange: range,
  });
  const flat = z.object({
    name: label,
    kind: kindOf(26),
    containerName: label.optional(),
    location,
  });
  const read = (value: unknown, depth = 0): unknown => {
    const symbol = depth > DEEPEST ? undefined : own.safeParse(value).data;
    if (symbol === undefined) return undefined;
    const { children } = value as { children?: unknown };
    if (!Array.isArray(children)) return symbol;
    const inner = children.map((child) => read(child, depth + 1));
    return { ...symbol, children: inner.filter((each) => each !== undefined) };
  };
  // A kernel's types have so many that each is looked at once.
  return z
    .array(z.unknown())
    .transform((all) => all.flatMap((each) => read(each) ?? flat.safeParse(each).data ?? []));
}

/** A range within ranges, from the inside out. */
function around(value: unknown): unknown {
  const found: z.infer<typeof range>[] = [];
  let at = value;
  while (found.length < DEEPEST) {
    const { data } = z.looseObject({ range }).safeParse(at);
    if (data === undefined) break;
    found.push(data.range);
    at = data['parent'];
  }
  return found.reduceRight<unknown>(
    (parent, each) => ({ range: each, ...(parent !== undefined && { parent }) }),
    undefined,
  );
}
