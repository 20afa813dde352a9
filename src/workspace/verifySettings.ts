import path from 'node:path';
import type * as vscode from 'vscode';
import * as z from 'zod';
import { isPlainPath } from '../host/plainPath.ts';
import { readSettings } from './settings.ts';

const isDirectory = (one: string): boolean =>
  one.startsWith('/') ||
  path.posix.normalize(one) === '.' ||
  isPlainPath(path.posix.normalize(one));

const schema = z.object({
  onSave: z.boolean(),
  /** Relative to the workspace folder, or absolute on the host. */
  include: z.array(
    z.string().refine(isDirectory, 'neither below the workspace folder nor absolute, on the host'),
  ),
  defines: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'not the name of a macro'), z.int()),
});

/**
 * How a file is verified.
 * @throws HostError that names the setting.
 */
export const readVerifySettings = (uri: vscode.Uri): z.infer<typeof schema> =>
  readSettings('sockmapBypass.verify', schema, uri);
