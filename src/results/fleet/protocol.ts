import type { FleetPlace } from './fleet.ts';

/** Every message between the extension and the page of the fleet, compiled by both sides. */
export interface ToFleetPage {
  readonly type: 'fleet';
  readonly view: FleetView;
}

export interface FleetView {
  readonly rows: readonly FleetRow[];
  /** Hosts compared, place by place; of each host by its latest result. */
  readonly places: readonly FleetPlace[];
}

/** A host, in words that are safe to show. */
export interface FleetRow {
  /** The host string by which the extension knows it. */
  readonly host: string;
  readonly name: string;
  /** `unread`: known by its results only. `failed`: the words are those of the last reading that did not fail. */
  readonly state: 'unread' | 'reading' | 'read' | 'failed';
  readonly kernel: string;
  /** Mode of what is loaded, and how it is set; empty where nothing is known. */
  readonly mode: string;
  readonly isOn: boolean;
  readonly reach: string;
  readonly kept: string;
  /** Why it could not be read. */
  readonly problem?: string;
  readonly latest?: FleetResult;
}

/** The findings of a host's latest result. */
export interface FleetResult {
  readonly startedAt: string;
  readonly outcome: 'good' | 'worse' | 'inconclusive';
  /**
   * The part of the bytes that went by the bypass, 0 to 1, at the sizes where that was least and most; absent where
   * nothing was counted.
   */
  readonly bypassed?: { readonly least: number; readonly most: number };
}

const COMMANDS = ['ready', 'read', 'rollOut', 'checkHost', 'benchmark'] as const;
const OF_HOST = ['retry', 'open', 'status'] as const;

export type FromFleetPage =
  | { readonly type: (typeof COMMANDS)[number] }
  | { readonly type: 'seen'; readonly seen: boolean }
  | { readonly type: (typeof OF_HOST)[number]; readonly host: string };

/** A webview's messages are not trusted: whatever else arrives is ignored. */
export function isFromFleetPage(message: unknown): message is FromFleetPage {
  if (typeof message !== 'object' || message === null) return false;
  const { type, host, seen } = message as Record<string, unknown>;
  return (
    COMMANDS.some((each) => each === type) ||
    (type === 'seen' && typeof seen === 'boolean') ||
    (OF_HOST.some((each) => each === type) && typeof host === 'string')
  );
}

/** The frame also gets messages of the editor's own. */
export const isToFleetPage = (message: unknown): message is ToFleetPage =>
  (message as { type?: unknown } | null)?.type === 'fleet';
