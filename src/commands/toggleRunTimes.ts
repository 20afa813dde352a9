import * as z from 'zod';
import type { App } from '../app.ts';
import { readArgument } from './arguments.ts';

const toggleArgument = z.strictObject({ on: z.boolean() });

/**
 * Toggle run times of loaded programs.
 * @returns whether they are shown now.
 */
export function toggleRunTimes(app: App, argument: unknown): Promise<{ on: boolean }> {
  const on = readArgument(toggleArgument, argument)?.on ?? !app.runTimes.isOn;
  app.runTimes.turn(on);
  return Promise.resolve({ on });
}
