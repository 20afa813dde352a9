import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { BuildSettings } from '../bypass/flags/build.ts';
import type { GuardedLimits, Reach } from '../bypass/config.ts';
import { policyEntry } from '../bypass/source.ts';
import { HostError } from '../host/errors.ts';
import { sectionValues } from './settings.ts';
import { HOSTS, SECTIONS } from './settingsSchema.ts';

/**
 * The limits of the guarded policy as the settings have them.
 * @throws HostError that names the setting.
 */
export function readLimits(): GuardedLimits {
  const { queueBoundMiB, ...limits } = read('guarded', SECTIONS.guarded.omit({ reach: true }));
  return { ...limits, queueBound: queueBoundMiB * 2 ** 20 };
}

/**
 * The reach of a load that names none.
 * @returns undefined where a person is to be asked.
 * @throws HostError that names the setting.
 */
export function readReach(): Reach | undefined {
  const { reach } = read('guarded', SECTIONS.guarded.pick({ reach: true }));
  return reach === 'ask' ? undefined : reach;
}

/**
 * Reads the settings' first choices on a host.
 * @returns nothing where the setting is not as declared, which VS Code marks there: a list has an order anyway.
 */
export function offeredFirst(host: string): {
  cgroup?: string | undefined;
  plan?: string | undefined;
} {
  const hosts = HOSTS.safeParse(sectionValues('', ['hosts'])['hosts']).data ?? {};
  return Object.hasOwn(hosts, host) ? (hosts[host] ?? {}) : {};
}

/**
 * How a program is built.
 * @throws HostError that names the setting.
 */
export function readBuildSettings(uri: vscode.Uri): BuildSettings {
  const settings = {
    ...read('verify', SECTIONS.verify, uri),
    limits: read('verify.limits', SECTIONS['verify.limits'], uri),
    named: 'sockmapBypass.verify.',
  };
  const isOurs = OURS.includes(path.posix.basename(uri.path));
  if (!isOurs) return settings;
  // As a load defines it: the object is the same.
  const { maxSockets } = read('guarded', SECTIONS.guarded.pick({ maxSockets: true }));
  return { ...settings, defines: { MAX_SOCKETS: maxSockets, ...settings.defines } };
}

const OURS = [policyEntry('guarded'), policyEntry('classic')];

function read<T extends z.ZodObject>(
  section: keyof typeof SECTIONS,
  schema: T,
  scope?: vscode.Uri,
): z.infer<T> {
  const parsed = schema.safeParse(sectionValues(section, Object.keys(schema.shape), scope));
  if (parsed.success) return parsed.data;
  throw new HostError({
    kind: 'input',
    tried: vscode.l10n.t('read the settings'),
    words: parsed.error.issues
      .map(({ path: keys, message }) => `sockmapBypass.${[section, ...keys].join('.')}: ${message}`)
      .join('\n'),
    next: vscode.l10n.t('Correct the setting.'),
  });
}
