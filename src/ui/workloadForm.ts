import * as vscode from 'vscode';
import { metricsOf, type Candidate } from '../bench/metricsOf.ts';
import { parsePlan } from '../bench/planFile.ts';
import { tryWorkload } from '../bench/workload.ts';
import { splitWords } from '../bypass/flags/words.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import type { Plan, Workload } from '../results/document.ts';
import type { Metric } from '../results/workloadSchema.ts';
import { workloadName, workloadSchema } from '../results/workloadSchema.ts';
import { oneLine, quoted } from '../text.ts';
import { agreeToWorkloads, askAccount } from './agreesToWorkloads.ts';
import { keepPlan } from './keepPlan.ts';
import { pickInText } from './pickInText.ts';
import { withProgress } from './progress.ts';
import { pickOne } from './quickPick.ts';
import { askLine } from './window.ts';

const SECONDS = 2;
const STEPS = 7;

/**
 * Asks for a workload of a person's own: its commands, which are run once for their output; in that its metric is
 * pointed at.
 * @returns the plan to run; undefined when the person closed the form.
 */
export async function askWorkload(
  context: Context,
  title: string,
  host: string,
): Promise<Plan | undefined> {
  const step = (number: number) => `${title} (${number}/${STEPS})`;
  const name = await askLine({
    title: step(1),
    prompt: vscode.l10n.t('Name of the workload, for charts and tables'),
    value: vscode.l10n.t('own workload'),
    fault: (text) => workloadName.safeParse(text).error?.issues[0]?.message,
  });
  if (name === undefined) return undefined;
  const server = await askCommand(
    step(2),
    vscode.l10n.t(
      'Command of its server, started anew for each sample; empty where the client needs none. {address}, {port} and {dir} are filled in.',
    ),
    'redis-server --bind {address} --port {port} --save ""',
    true,
  );
  if (server === undefined) return undefined;
  const client = await askCommand(
    step(3),
    vscode.l10n.t(
      'Command of its client, which prints the metric and ends. {address}, {port}, {dir} and {seconds} are filled in.',
    ),
    'redis-benchmark -h {address} -p {port} --csv -t get',
    false,
  );
  if (client === undefined) return undefined;
  const user = await askAccount(step(4));
  if (user === undefined) return undefined;
  const draft: Draft = {
    name,
    ...(server.length > 0 && { server }),
    client,
    ...(user !== '' && { user }),
  };
  const output = await outputOf(context, host, draft);
  const picked = await pickMetric(context, step(5), output);
  if (picked === undefined) return undefined;
  const { metric, value } = picked;
  const unit = await askLine({
    title: step(6),
    prompt: vscode.l10n.t('Unit of {0} ({1})', value, wayOf(metric)),
    value: picked.unit,
    placeHolder: vscode.l10n.t('for example {0}', 'requests/s'),
    fault: (text) => workloadSchema.shape.unit.safeParse(text).error?.issues[0]?.message,
  });
  if (unit === undefined) return undefined;
  const higherIsBetter = await askDirection(step(7), `${value} ${unit}`, picked.higherIsBetter);
  if (higherIsBetter === undefined) return undefined;
  return keepPlan(title, planOf({ ...draft, metric, unit, higherIsBetter }));
}

type Draft = Pick<Workload, 'name' | 'server' | 'client' | 'user'>;

/** A plan as those that come along. */
const planOf = (workload: Draft & Pick<Workload, 'metric' | 'unit' | 'higherIsBetter'>): Plan =>
  parsePlan(
    JSON.stringify({
      name: workload.name,
      workloads: [workload],
      secondsPerSample: SECONDS,
      repetitions: 10,
      minRepetitions: 6,
      targetInterval: 0.02,
    }),
  );

/** Asks for a command, shown as the words it is while it is typed. */
async function askCommand(
  title: string,
  prompt: string,
  example: string,
  mayBeEmpty: boolean,
): Promise<string[] | undefined> {
  const text = await askLine({
    title,
    prompt,
    placeHolder: example,
    fault: (typed) => commandFault(typed, mayBeEmpty),
    reading: (typed) => {
      const words = splitWords(typed) ?? [];
      if (words.length === 0) return undefined;
      const shell = words.find((word) => /^(?:[|&;<>]+|\d?>&?\d?)$|^\$/.test(word));
      return [
        words.map(quoted).join(' '),
        ...(shell === undefined
          ? []
          : [
              vscode.l10n.t(
                'No shell runs it: {0} is passed on as it is. For a shell, write sh -c.',
                shell,
              ),
            ]),
      ].join(' — ');
    },
  });
  return text === undefined ? undefined : splitWords(text);
}

function commandFault(typed: string, mayBeEmpty: boolean): string | undefined {
  const words = splitWords(typed);
  if (words === undefined) return vscode.l10n.t('A quote is left open.');
  if (words.length === 0) return mayBeEmpty ? undefined : vscode.l10n.t('A command is needed.');
  return workloadSchema.shape.client.safeParse(words).error?.issues[0]?.message;
}

/** Outputs of this window, so that to go back and forth in the form runs nothing again. */
const outputs = new Map<string, string>();
const MOST_OUTPUTS = 20;

/** Runs the client once, as the person agrees to. */
async function outputOf(context: Context, host: string, draft: Draft): Promise<string> {
  const anyMetric = { metric: { pattern: '(.)' }, unit: '-', higherIsBetter: true };
  const workload = workloadSchema.parse({ ...draft, ...anyMetric });
  const plan = planOf(workload);
  const from = vscode.l10n.t('Your workload "{0}"', draft.name);
  await agreeToWorkloads(context, { host, plan, from, account: '' });
  const key = JSON.stringify([host, draft]);
  const known = outputs.get(key);
  if (known !== undefined) return known;
  const output = await withProgress(
    vscode.l10n.t('Running the client of "{0}" once on {1}', draft.name, host),
    async (_report, signal) =>
      tryWorkload(await context.host(host), workload, { seconds: SECONDS, signal }),
  );
  if (outputs.size >= MOST_OUTPUTS) outputs.clear();
  outputs.set(key, output);
  return output;
}

/** Has the metric pointed at in an output: in its text, or in the list of its numbers. */
async function pickMetric(
  context: Context,
  title: string,
  output: string,
): Promise<Candidate | undefined> {
  // As an editor has it, whose places are counted in it.
  const text = output.replaceAll('\r\n', '\n');
  const found = metricsOf(text);
  if (found.length === 0) {
    throw new HostError({
      kind: 'input',
      tried: vscode.l10n.t('find a metric'),
      where: undefined,
      words: `${vscode.l10n.t('no number of its own is in what the client printed')}\n${text}`,
      next: vscode.l10n.t('Choose options of the client with which it prints its result.'),
    });
  }
  return pickInText(
    context.reports,
    {
      title,
      placeholder: vscode.l10n.t('Click the metric in the output, or choose it here'),
      name: vscode.l10n.t('Output of the client'),
      text,
    },
    found.map((value) => ({
      label: text.slice(...value.at),
      description: value.metric.name,
      detail: wayOf(value.metric),
      value,
      at: value.at,
    })),
  );
}

/** How a metric is read, in words. */
const wayOf = ({ jsonPath, csvColumn, pattern }: Metric): string =>
  jsonPath !== undefined
    ? vscode.l10n.t('the JSONPath {0}', oneLine(jsonPath))
    : csvColumn !== undefined
      ? vscode.l10n.t('the CSV column {0}', oneLine(csvColumn))
      : vscode.l10n.t('the pattern {0}', oneLine(pattern ?? ''));

async function askDirection(
  title: string,
  value: string,
  higher: boolean,
): Promise<boolean | undefined> {
  const items = [
    { icon: 'arrow-up', label: vscode.l10n.t('Higher is better'), isHigher: true },
    { icon: 'arrow-down', label: vscode.l10n.t('Lower is better'), isHigher: false },
  ];
  const chosen = await pickOne(higher ? items : items.toReversed(), {
    title,
    placeHolder: vscode.l10n.t('Choose what is better than {0}', value),
  });
  return chosen?.isHigher;
}
