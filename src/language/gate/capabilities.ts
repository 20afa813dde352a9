import * as z from 'zod';
import { label, token } from './shapes.ts';

const characters = z.array(token).max(200);
const provider = z.unknown().transform((value) => Boolean(value));
/** On, with these of its options; a selector of documents or an id of the server's would be among the others. */
const options = <T extends z.ZodRawShape>(shape: T) =>
  z.union([z.boolean(), z.object(shape)]).optional();

/**
 * Capabilities a server may offer. There are no code lenses, no commands of its own, no notebooks, no interest in
 * what happens to files, and nothing that it would have us ask it on saving.
 */
export const serverCapabilities = z.object({
  serverInfo: z.object({ name: label, version: label.optional() }).optional(),
  capabilities: z.object({
    textDocumentSync: z
      .union([
        z.int().min(0).max(2),
        z.object({
          openClose: z.boolean().optional(),
          change: z.int().min(0).max(2).optional(),
          save: provider.optional(),
        }),
      ])
      .optional(),
    completionProvider: z
      .object({
        triggerCharacters: characters.optional(),
        allCommitCharacters: characters.optional(),
      })
      .optional(),
    hoverProvider: provider.optional(),
    signatureHelpProvider: z
      .object({
        triggerCharacters: characters.optional(),
        retriggerCharacters: characters.optional(),
      })
      .optional(),
    declarationProvider: provider.optional(),
    definitionProvider: provider.optional(),
    typeDefinitionProvider: provider.optional(),
    implementationProvider: provider.optional(),
    referencesProvider: provider.optional(),
    documentHighlightProvider: provider.optional(),
    documentSymbolProvider: provider.optional(),
    workspaceSymbolProvider: provider.optional(),
    callHierarchyProvider: provider.optional(),
    selectionRangeProvider: provider.optional(),
    foldingRangeProvider: provider.optional(),
    inlayHintProvider: provider.optional(),
    documentFormattingProvider: provider.optional(),
    documentRangeFormattingProvider: provider.optional(),
    documentOnTypeFormattingProvider: z
      .object({
        firstTriggerCharacter: token,
        moreTriggerCharacter: characters.optional(),
      })
      .optional(),
    codeActionProvider: options({ codeActionKinds: characters.optional() }),
    renameProvider: options({ prepareProvider: z.boolean().optional() }),
    documentLinkProvider: z.object({}).optional(),
    semanticTokensProvider: z
      .object({
        legend: z.object({
          tokenTypes: z.array(token).max(500),
          tokenModifiers: z.array(token).max(500),
        }),
        full: options({ delta: z.boolean().optional() }),
        range: provider.optional(),
      })
      .optional(),
  }),
});

const initialize = z.looseObject({
  clientInfo: z.unknown().optional(),
  initializationOptions: z.unknown().optional(),
  trace: z.unknown().optional(),
  capabilities: z.looseObject({
    general: z.unknown().optional(),
    textDocument: z.record(z.string(), z.unknown()).default({}),
  }),
});

/** The parts of a client's capabilities whose answers are let through. */
const OFFERED = [
  'synchronization',
  'publishDiagnostics',
  'completion',
  'hover',
  'signatureHelp',
  'declaration',
  'definition',
  'typeDefinition',
  'implementation',
  'references',
  'documentHighlight',
  'documentSymbol',
  'codeAction',
  'documentLink',
  'formatting',
  'rangeFormatting',
  'onTypeFormatting',
  'rename',
  'foldingRange',
  'selectionRange',
  'semanticTokens',
  'inlayHint',
  'callHierarchy',
];

/**
 * The parameters of `initialize` with what a server has to know: nothing of this machine, its folders and
 * processes, and only what it may do.
 */
export function asTold(parameters: unknown): unknown {
  const { clientInfo, initializationOptions, trace, capabilities } = initialize.parse(parameters);
  const { general, textDocument } = capabilities;
  return {
    processId: null,
    rootUri: null,
    workspaceFolders: null,
    clientInfo,
    initializationOptions,
    trace,
    capabilities: {
      general,
      workspace: {
        applyEdit: true,
        workspaceEdit: { documentChanges: true },
        semanticTokens: { refreshSupport: true },
        inlayHint: { refreshSupport: true },
      },
      textDocument: Object.fromEntries(
        OFFERED.filter((name) => name in textDocument).map((name) => [
          name,
          withoutRegistration(textDocument[name]),
        ]),
      ),
    },
  };
}

function withoutRegistration(capability: unknown): unknown {
  if (typeof capability !== 'object' || capability === null) return capability;
  return { ...capability, dynamicRegistration: false };
}
