import type { BypassStatus } from '../bypass/attachment.ts';
import { noteWords } from '../bypass/loadWarning.ts';
import { statusReport } from '../bypass/statusReport.ts';
import type { Answer } from './command.ts';

/** The bypass on a host after a change, with what there is to say of the change. */
export function statusAnswer(status: BypassStatus): Answer {
  const notes = noteWords(status).trim();
  return { data: status, text: `${statusReport(status)}${notes === '' ? '' : `${notes}\n`}` };
}
