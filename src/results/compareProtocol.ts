import type { ComparisonView } from './words/comparisonView.ts';

/** Every message between the extension and the page of a comparison, compiled by both sides. */
export type ToComparePage =
  | { readonly type: 'comparison'; readonly view: ComparisonView; readonly kept: ComparedFiles }
  /** One of the files cannot be read; `reason` says which, and why. */
  | { readonly type: 'invalid'; readonly reason: string; readonly kept: ComparedFiles };

/** The state that the page keeps for the window's next start: the addresses of the two files. */
export interface ComparedFiles {
  readonly before: string;
  readonly after: string;
}

export function readComparedFiles(state: unknown): ComparedFiles | undefined {
  if (typeof state !== 'object' || state === null) return undefined;
  const { before, after } = state as Record<string, unknown>;
  return typeof before === 'string' && typeof after === 'string' ? { before, after } : undefined;
}

const RUNS = ['before', 'after'] as const;
const TARGETS = ['file', 'clipboard'] as const;

export type FromComparePage =
  /** Sent once the page's script listens. */
  | { readonly type: 'ready' }
  /** Swaps before and after. */
  | { readonly type: 'swap' }
  | { readonly type: 'open'; readonly run: (typeof RUNS)[number] }
  | { readonly type: 'markdown'; readonly to: (typeof TARGETS)[number] };

/** A webview's messages are not trusted: whatever else arrives is ignored. */
export function isFromComparePage(message: unknown): message is FromComparePage {
  if (typeof message !== 'object' || message === null) return false;
  const { type, run, to } = message as Record<string, unknown>;
  switch (type) {
    case 'ready':
    case 'swap':
      return true;
    case 'open':
      return RUNS.some((each) => each === run);
    case 'markdown':
      return TARGETS.some((each) => each === to);
    default:
      return false;
  }
}

/** The frame also gets messages of the editor's own. */
export const isToComparePage = (message: unknown): message is ToComparePage =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  (message.type === 'comparison' || message.type === 'invalid');
