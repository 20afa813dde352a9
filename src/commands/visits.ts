import * as vscode from 'vscode';
import * as z from 'zod';
import type { App } from '../app.ts';
import type { ShownVisit } from '../diagnostics/visitHovers.ts';
import { withProgress } from '../ui/progress.ts';
import { readArgument } from './arguments.ts';

const coverageArgument = z.strictObject({ on: z.boolean() });

const step = (app: App, by: number): Promise<ShownVisit> =>
  withProgress(vscode.l10n.t('Reading what the verifier knew'), (_report, signal) =>
    app.visits.step(by, signal),
  );

/** Show what the verifier knew at this line: at the visit that was shown last, or the first. */
export const showVisit = (app: App): Promise<ShownVisit> => step(app, 0);

/** Next visit of line by the verifier. */
export const nextVisit = (app: App): Promise<ShownVisit> => step(app, 1);

/** Previous visit of line by the verifier. */
export const previousVisit = (app: App): Promise<ShownVisit> => step(app, -1);

/**
 * Show or hide lines that the verifier never reached.
 * @returns whether they are shown now, and which, by the URI of their file.
 */
export async function toggleCoverage(
  app: App,
  argument: unknown,
): Promise<{ on: boolean; lines: Record<string, number[]> }> {
  const on = readArgument(coverageArgument, argument)?.on ?? !app.coverage.isOn;
  const lines = await withProgress(
    vscode.l10n.t('Reading what the verifier reached'),
    (_report, signal) => app.coverage.turn(on, signal),
  );
  return { on, lines };
}
