import * as vscode from 'vscode';
import { fileName } from '../text.ts';

export const LOG_SCHEME = 'sockmap-log';

/** The listings of a program. */
export const LISTINGS = ['log', 'states', 'bytecode', 'machine-code'] as const;
export type Listing = (typeof LISTINGS)[number];

export interface LogAddress {
  readonly source: vscode.Uri;
  readonly host: string;
  readonly program: string;
  readonly listing: Listing;
}

/** The document of a program's log or listing, read-only. */
export function logUri(
  source: vscode.Uri,
  host: string,
  program: string,
  listing: Listing = 'log',
): vscode.Uri {
  return vscode.Uri.from({
    scheme: LOG_SCHEME,
    path: `/${fileName(`${program} on ${host}`)}.bpf-${listing}`,
    query: JSON.stringify({ source: source.toString(), host, program, listing }),
  });
}

export function parseLogUri(uri: vscode.Uri): LogAddress | undefined {
  if (uri.scheme !== LOG_SCHEME) return undefined;
  try {
    const { source, host, program, listing } = JSON.parse(uri.query) as Record<string, unknown>;
    const known = LISTINGS.find((one) => one === listing);
    const isWhole = isText(source) && isText(host) && isText(program) && known !== undefined;
    return isWhole
      ? { source: vscode.Uri.parse(source), host, program, listing: known }
      : undefined;
  } catch {
    return undefined;
  }
}

// By hand: this runs with every move of a cursor, and the validator would slow the extension's start.
const isText = (value: unknown): value is string => typeof value === 'string';
