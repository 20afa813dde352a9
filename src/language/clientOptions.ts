import type * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  RevealOutputChannelOn,
  type LanguageClientOptions,
  type Middleware,
} from 'vscode-languageclient/node';
import { headerFlags } from '../bypass/build.ts';
import { bpfPatterns } from '../diagnostics/bpfFiles.ts';
import { HOST_SCHEME } from './hostFiles.ts';
import type { Mirror } from './mirror.ts';
import type { Paths } from './paths.ts';

/** The documents that the client of clangd covers, how it names files, and that it never starts another by itself. */
export const clientOptions = (
  mirror: Mirror,
  paths: Paths,
  log: vscode.LogOutputChannel,
  middleware: Middleware,
): LanguageClientOptions => ({
  documentSelector: [
    ...bpfPatterns().map((pattern) => ({ scheme: 'file', pattern })),
    { scheme: 'file', pattern: '**/*.h' },
    { scheme: HOST_SCHEME },
  ],
  diagnosticCollectionName: 'sockmapBypass.clangd',
  uriConverters: {
    code2Protocol: (uri) => paths.toHost(uri),
    protocol2Code: (value) => paths.fromHost(value),
  },
  initializationOptions: {
    clangdFileStatus: true,
    // For the host's own headers; programs and theirs have commands of their own.
    fallbackFlags: [...headerFlags(mirror.target, `${mirror.directory}/include`), '-x', 'c'],
  },
  middleware,
  outputChannel: log,
  revealOutputChannelOn: RevealOutputChannelOn.Never,
  initializationFailedHandler: () => false,
  errorHandler: {
    error: () => ({ action: ErrorAction.Continue, handled: true }),
    // Whoever owns us starts another, with a copy of its own.
    closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
  },
});
