import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { parseJson } from '../host/json.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import type { Site } from './site.ts';

/** Why nothing can be measured any more at a site, and what to do. */
export interface Cause {
  readonly words: string;
  readonly next: string;
}

/** The cause of a changed site; undefined: all is as it was made. */
export async function conditionOf(
  host: Host,
  site: Site,
  signal?: AbortSignal,
): Promise<Cause | undefined> {
  const boundary = newBoundary();
  const { cgroup, server, netns, pins = '' } = site;
  const [holder = ''] = netns?.client.split(':') ?? [];
  const { stdout } = await host.run(
    scriptArgv('bench-condition.sh', boundary, cgroup, server.pid, pins, holder),
    { tried: l10n.t('find out what stopped the benchmark'), root: true, signal },
  );
  return causeOf(stdout, boundary, site);
}

const programSchema = z.object({ id: z.int() });

/** @param text output of bench-condition.sh. */
function causeOf(text: string, boundary: string, site: Site): Cause | undefined {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const { cgroup, cgroupId, port, server, program, netns } = site;
  const resume = l10n.t('Resume the benchmark.');
  if (sections.get('cgroup') !== cgroupId) {
    return { words: l10n.t('its cgroup {0} was removed by somebody else', cgroup), next: resume };
  }
  if (/^frozen 1$/m.test(sections.get('events') ?? '')) {
    return {
      words: l10n.t('its cgroup {0} is frozen, so nothing in it runs', cgroup),
      next: l10n.t(
        'Thaw it, or the one above it that is frozen (cgroup.freeze), then resume the benchmark.',
      ),
    };
  }
  if (sections.get('started') !== server.startedAt) {
    return { words: l10n.t('netserver on port {0} has ended', port), next: resume };
  }
  if (sections.get('members')?.split('\n').includes(server.pid) !== true) {
    return { words: l10n.t('netserver was moved out of its cgroup {0}', cgroup), next: resume };
  }
  if (netns !== undefined && sections.get('netns') !== netns.client.split(':')[1]) {
    return { words: l10n.t('its network namespaces were removed by somebody else'), next: resume };
  }
  if (program !== undefined && programIn(sections.get('redirect') ?? '') !== program) {
    return {
      words: l10n.t(
        'the bypass that was measured, {0}, was unloaded or replaced meanwhile',
        site.pins ?? '',
      ),
      next: l10n.t('Run a new benchmark, or load the same programs again and resume this one.'),
    };
  }
  return undefined;
}

/** The id of the program that bpftool reports, if any. */
export function programIn(text: string): number | undefined {
  try {
    return programSchema.parse(parseJson(text)).id;
  } catch {
    return undefined;
  }
}
