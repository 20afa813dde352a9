import { escape } from 'minimatch';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { App } from '../app.ts';
import { missingSources } from '../diagnostics/linkedSources.ts';
import { HostError } from '../host/errors.ts';
import { fileInEditor, readArgument, uriArgument } from './arguments.ts';
import { proposeForPattern } from './forPattern.ts';

const linkArgument = z.strictObject({
  uri: uriArgument,
  /** Without asking. */
  confirmed: z.boolean().default(false),
});

/**
 * Link BPF source with what it needs: writes which sources define what it declares alone into the workspace's settings,
 * after they were shown.
 * @returns the source and all that are linked, in their order; undefined where the person declined.
 */
export async function linkSources(
  _app: App,
  argument: unknown,
): Promise<{ entry: string; link: readonly string[] } | undefined> {
  const given = readArgument(linkArgument, argument);
  const uri = given?.uri ?? fileInEditor(vscode.l10n.t('find what it is linked with'));
  const { source, found } = await missingSources(uri);
  const { entry, linked = [source] } = source;
  if (found.length === 0) {
    throw new HostError({
      kind: 'input',
      tried: vscode.l10n.t('find what {0} is linked with', entry),
      words: vscode.l10n.t(
        'no source of the workspace defines what it declares and does not define',
      ),
      next: vscode.l10n.t(
        'Name it in the setting {0}, or its kind of names in {1}.',
        'sockmapBypass.verify.link',
        'sockmapBypass.verify.files',
      ),
    });
  }
  const link = [...linked.map((one) => one.entry), ...found.map(({ file }) => file)];
  const names = found.map(({ file }) => file).join(', ');
  const agrees = await proposeForPattern({
    setting: 'verify.link',
    uri,
    pattern: escape(entry),
    value: link,
    reasons: found.map((one) =>
      vscode.l10n.t('{0} defines {1}.', one.file, one.names.slice(0, 10).join(', ')),
    ),
    question: vscode.l10n.t('Link {0} with {1}?', entry, names),
    go: vscode.l10n.t('Link'),
    confirmed: given?.confirmed === true,
  });
  if (!agrees) return undefined;
  return { entry, link };
}
