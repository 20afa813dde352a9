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

/** A webview's messages are not trusted: whatever else arrives is ignored. */
export function isFromPanel(message: unknown): message is FromPanel {
  return hasType(message) && (message.type === 'ready' || message.type === 'openAsText');
}

/** The frame also gets messages of the editor's own; the host has validated what is inside ours. */
export function isToPanel(message: unknown): message is ToPanel {
  return hasType(message) && (message.type === 'document' || message.type === 'invalid');
}

function hasType(message: unknown): message is { type: unknown } {
  return typeof message === 'object' && message !== null && 'type' in message;
}
