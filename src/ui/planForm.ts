import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { armSchema, type Arm, type Plan, type Topology } from '../results/document.ts';
import { ownPlan, parsePlan, parseSizes, readPlan } from '../bench/planFile.ts';
import { extentOf, PROFILES, type Profile } from '../results/plan.ts';
import { offeredFirst as configured } from '../workspace/checkedSettings.ts';
import { ARM_LABELS } from '../results/arms.ts';
import { timeLabel } from '../results/duration.ts';
import type { Context } from '../context.ts';
import { agreeToWorkloads } from './agreesToWorkloads.ts';
import { form } from './form.ts';
import { keepPlan, PLAN_SUFFIX } from './keepPlan.ts';
import { pickMany, offeredFirst, pickOrType, type Item } from './quickPick.ts';
import { askLine, confirm } from './window.ts';
import { askWorkload } from './workloadForm.ts';

type Choice =
  | { readonly kind: 'profile'; readonly profile: Profile }
  | { readonly kind: 'form' }
  | { readonly kind: 'workload' }
  | { readonly kind: 'file'; readonly uri: vscode.Uri };

/** Asks before a run so long that it must not be chosen by accident. */
const LONG_SECONDS = 15 * 60;

/**
 * Asks for a plan: one of ours, one a person makes now, or a file of the workspace. A long one is
 * confirmed, with its time.
 * @param host whose plan of the settings is offered first.
 */
export const pickPlan = (
  context: Context,
  title: string,
  host: string,
): Promise<Plan | Profile | undefined> => form(() => askForPlan(context, title, host));

async function askForPlan(
  context: Context,
  title: string,
  host: string,
): Promise<Plan | Profile | undefined> {
  const files = await vscode.workspace.findFiles('**/*.sockmap-plan.json', undefined, 100);
  const items: Item<Choice>[] = [
    profileItem('quick', vscode.l10n.t('3 message sizes, 2 round trips')),
    profileItem('standard', vscode.l10n.t("each of the article's figures, at fewer sizes")),
    profileItem('article', vscode.l10n.t("the article's own sizes, 60 s a point")),
    profileItem('containers', vscode.l10n.t('like Quick, but between two network namespaces')),
    {
      icon: 'edit',
      label: vscode.l10n.t('Own plan…'),
      description: vscode.l10n.t('choose sizes, variants, topology, durations and rounds'),
      value: { kind: 'form' },
    },
    {
      icon: 'edit',
      label: vscode.l10n.t('Own workload…'),
      description: vscode.l10n.t('commands of your own; its metric is picked in their output'),
      value: { kind: 'workload' },
    },
    ...files.map((uri): Item<Choice> => ({
      icon: 'file',
      label: path.basename(uri.path),
      description: vscode.workspace.asRelativePath(uri),
      value: { kind: 'file', uri },
    })),
    ...(await bundledItems(context)),
  ];
  const { plan: first } = configured(host);
  const choice = await pickOrType(offeredFirst(items, isNamed(first)), {
    title,
    placeholder: vscode.l10n.t('Choose what to measure'),
  });
  if (choice === undefined) return undefined;
  if (choice.kind === 'workload')
    return form(() => askWorkload(context, vscode.l10n.t('Benchmark own workload'), host));
  const plan =
    choice.kind === 'form'
      ? await form(() => askPlan(title))
      : choice.kind === 'file'
        ? await readPlan(choice.uri.fsPath)
        : choice.profile;
  if (plan === undefined || !(await confirmed(plan))) return undefined;
  if (typeof plan === 'string') return plan;
  const from = vscode.l10n.t('The plan "{0}"', plan.name);
  return agreeToWorkloads(context, { host, plan, from });
}

/** The plans of workloads that we bring along: programs that people run. */
async function bundledItems({ extension }: Context): Promise<Item<Choice>[]> {
  const folder = vscode.Uri.joinPath(extension.extensionUri, 'media', 'plans');
  const names = (await readdir(folder.fsPath)).filter((name) => name.endsWith(PLAN_SUFFIX));
  return Promise.all(
    names.toSorted().map(async (name): Promise<Item<Choice>> => {
      const uri = vscode.Uri.joinPath(folder, name);
      const plan = await readPlan(uri.fsPath);
      return {
        icon: 'server-process',
        label: name.slice(0, -PLAN_SUFFIX.length),
        description: vscode.l10n.t('{0}: a workload', timeLabel(plan)),
        detail: plan.description ?? '',
        value: { kind: 'file', uri },
      };
    }),
  );
}

const isNamed =
  (plan: string | undefined) =>
  ({ label, value }: Item<Choice>): boolean =>
    plan !== undefined && plan === (value.kind === 'profile' ? value.profile : label);

function profileItem(profile: Profile, description: string): Item<Choice> {
  const label = profile.charAt(0).toUpperCase() + profile.slice(1);
  return {
    icon: 'graph',
    label,
    description: vscode.l10n.t('{0}: {1}', timeLabel(PROFILES[profile]('guarded')), description),
    value: { kind: 'profile', profile },
  };
}

async function confirmed(plan: Plan | Profile): Promise<boolean> {
  const whole = typeof plan === 'string' ? PROFILES[plan]('guarded') : plan;
  const { seconds, samples } = extentOf(whole);
  if (seconds[1] < LONG_SECONDS) return true;
  return confirm(vscode.l10n.t('This takes {0}.', timeLabel(whole)), {
    detail: vscode.l10n.t(
      'The plan "{0}" takes up to {1} samples of {2} s. What is measured is kept with every sample: a run can be cancelled at any time, and resumed.',
      whole.name,
      samples[1],
      whole.secondsPerSample,
    ),
    go: vscode.l10n.t('Start'),
    stay: vscode.l10n.t('Do Not Start'),
  });
}

/** Asks step by step; every step has a default. */
async function askPlan(title: string): Promise<Plan | undefined> {
  const sizes = async (step: number, prompt: string, value: string, empty: boolean) => {
    const text = await askText(`${title} (${step}/8)`, prompt, value, (typed) => {
      if (!empty && parseSizes(typed).length === 0)
        throw new Error(vscode.l10n.t('at least one size is needed'));
      parseSizes(typed);
    });
    return text === undefined ? undefined : parseSizes(text);
  };
  const messages = await sizes(
    1,
    vscode.l10n.t('Message sizes of the throughput test, in bytes; empty to leave it out'),
    '64, 1k, 16k, 64k',
    true,
  );
  if (messages === undefined) return undefined;
  const needed = messages.length > 0;
  const requests = await sizes(
    2,
    needed
      ? vscode.l10n.t('Request sizes of the round trips, in bytes; empty to leave them out')
      : vscode.l10n.t('Request sizes of the round trips, in bytes'),
    '64, 256',
    needed,
  );
  if (requests === undefined) return undefined;
  const responses =
    requests.length === 0
      ? []
      : await sizes(
          3,
          vscode.l10n.t('Response sizes of the round trips, in bytes'),
          '128, 4k, 32k',
          false,
        );
  if (responses === undefined) return undefined;
  const arms = await askArms(`${title} (4/8)`);
  if (arms === undefined) return undefined;
  const topology = await askTopology(`${title} (5/8)`);
  if (topology === undefined) return undefined;
  const number = async (
    step: number,
    prompt: string,
    value: string,
    check: (number: number) => boolean,
  ) => {
    const text = await askText(`${title} (${step}/8)`, prompt, value, (typed) => {
      if (typed.trim() === '' || !check(Number(typed))) throw new Error(prompt);
    });
    return text === undefined ? undefined : Number(text);
  };
  const secondsPerSample = await number(
    6,
    vscode.l10n.t('Length of a sample: 1 to 3600 s'),
    '1',
    wholeUpTo(3600),
  );
  if (secondsPerSample === undefined) return undefined;
  const repetitions = await number(
    7,
    vscode.l10n.t('Rounds at most: 1 to 1000'),
    '10',
    wholeUpTo(1000),
  );
  if (repetitions === undefined) return undefined;
  const percent = await number(
    8,
    vscode.l10n.t(
      'End the run when all ratios are known to within this many percent: 0 (never) to 100',
    ),
    '2',
    (value) => value >= 0 && value <= 100,
  );
  if (percent === undefined) return undefined;
  const targetInterval = percent === 0 ? undefined : percent / 100;
  const plan = ownPlan({
    messages,
    requests,
    responses,
    arms,
    topology,
    secondsPerSample,
    repetitions,
    targetInterval,
  });
  // Each answer by itself may be sensible, and all together too much to be measured or drawn.
  return keepPlan(title, parsePlan(JSON.stringify(plan)));
}

const wholeUpTo =
  (most: number) =>
  (value: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most;

/** @param check throws what is wrong with the text, which shows while it is typed. */
function askText(
  title: string,
  prompt: string,
  value: string,
  check: (text: string) => void,
): Promise<string | undefined> {
  return askLine({
    title,
    prompt,
    value,
    fault: (text) => {
      try {
        check(text);
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    },
  });
}

async function askArms(title: string): Promise<Arm[] | undefined> {
  // Debian and others build netperf without Unix sockets: whoever has them writes a plan file.
  const items = armSchema.options
    .filter((arm) => arm !== 'unix')
    .map((arm) => ({ label: ARM_LABELS[arm], arm, picked: arm !== 'bypass-classic' }));
  const chosen = await pickMany(items, {
    title,
    placeHolder: vscode.l10n.t('Choose variants to compare'),
  });
  return chosen?.map(({ arm }) => arm);
}

/** Where the two ends are to be. */
const askTopology = (title: string): Promise<Topology | undefined> =>
  pickOrType<Topology>(
    [
      {
        label: vscode.l10n.t('In one network namespace'),
        description: vscode.l10n.t('over loopback, as the processes of one container, or of none'),
        value: 'loopback',
      },
      {
        label: vscode.l10n.t('In two network namespaces'),
        description: vscode.l10n.t('over veth pairs and a bridge, as two containers'),
        detail: vscode.l10n.t(
          'The run makes both, and loads the guarded bypass with the reach whole host.',
        ),
        value: 'namespaces',
      },
    ],
    { title, placeholder: vscode.l10n.t('Choose where the two ends are') },
  );
