import * as vscode from 'vscode';
import * as z from 'zod';
import { HostError } from '../host/errors.ts';

/**
 * A section of the settings, whose names are those of the schema.
 * @param scope the file they are for, where they may differ by folder.
 * @throws HostError that names the setting.
 */
export function readSettings<T extends z.ZodObject>(
  section: string,
  schema: T,
  scope?: vscode.Uri,
): z.infer<T> {
  const settings = vscode.workspace.getConfiguration(section, scope);
  const parsed = schema.safeParse(
    Object.fromEntries(Object.keys(schema.shape).map((key) => [key, settings.get(key)])),
  );
  if (parsed.success) return parsed.data;
  throw new HostError({
    kind: 'input',
    tried: `read the settings ${section}`,
    words: z.prettifyError(parsed.error),
    next: 'Correct the setting.',
  });
}
