import type { ResultDocument } from './bench/document.ts';

/**
 * Every message between the extension and the chart panel, compiled by both sides.
 * The panel holds no truth: it draws the newest message and asks for nothing else.
 */
export type ToPanel =
  | { readonly type: 'document'; readonly document: ResultDocument; readonly fileName: string }
  /** The file cannot be shown; `reason` says why and what to do. */
  | { readonly type: 'invalid'; readonly reason: string; readonly fileName: string };

export type FromPanel =
  /** Sent once the panel's script listens; the host answers with the current state. */
  { readonly type: 'ready' } | { readonly type: 'openAsText' };
