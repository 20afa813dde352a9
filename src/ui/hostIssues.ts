import type { Context } from '../context.ts';
import { hostSummary, preventedText, type HostCheck } from '../host/check.ts';
import { openTerminal } from './terminal.ts';
import { pickOne, showInformation } from './window.ts';

/** Lists what is wrong with a host; choosing one runs its command in a terminal there. */
export async function showFindings(
  context: Context,
  name: string,
  { facts, findings }: HostCheck,
): Promise<void> {
  const summary = hostSummary(facts);
  if (findings.length === 0) {
    await showInformation(`${name} is ready: ${summary}. Nothing is missing.`);
    return;
  }
  const items = findings.map((finding) => ({
    icon: finding.severity === 'blocks' ? 'error' : 'warning',
    label: finding.wrong,
    description: preventedText(finding),
    detail: finding.remedy === undefined ? finding.next : `${finding.next} Run: ${finding.remedy}`,
    finding,
  }));
  const chosen = await pickOne(items, {
    title: `Check of ${name}: ${summary}`,
    placeHolder: 'Choose one to run its command in a terminal on the host',
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  const remedy = chosen?.finding.remedy;
  if (remedy !== undefined) await openTerminal(await context.host(name), remedy);
}
