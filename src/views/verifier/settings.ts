import type * as vscode from 'vscode';
import * as z from 'zod';
import { readSettings } from '../settings.ts';

const schema = z.object({
  onSave: z.boolean(),
  /** Relative to the workspace folder, or absolute on the host. */
  include: z.array(z.string().min(1)),
  defines: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'not the name of a macro'), z.int()),
});

/**
 * How a file is verified.
 * @throws HostError that names the setting.
 */
export const readVerifySettings = (uri: vscode.Uri): z.infer<typeof schema> =>
  readSettings('sockmapBypass.verify', schema, uri);
