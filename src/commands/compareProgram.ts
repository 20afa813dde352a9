import * as vscode from 'vscode';
import * as z from 'zod';
import type { App } from '../app.ts';
import type { BpfSource } from '../bypass/build.ts';
import { HostError } from '../host/errors.ts';
import { withProgress } from '../ui/progress.ts';
import { pickOne } from '../ui/quickPick.ts';
import { hostArgument, readHostArgument, uriArgument } from './arguments.ts';
import { pickProgram } from './verify.ts';

const LISTINGS = ['bytecode', 'states'] as const;

const compareArgument = hostArgument.extend({
  uri: uriArgument,
  program: z.string().min(1),
  with: z.enum(['save', 'head']).optional(),
  listing: z.enum(LISTINGS).optional(),
});
type CompareArgument = z.infer<typeof compareArgument>;

/** A version that a program can be compared with. */
interface Other {
  readonly kind: 'save' | 'head' | 'host';
  readonly label: string;
  readonly host: string;
  readonly source: BpfSource;
}

/** Compare program with: an earlier version of it, or the same on another host, in a diff editor. */
export async function compareProgram(app: App, argument: unknown): Promise<void> {
  const given =
    (await readHostArgument(app, compareArgument, argument)) ??
    (await pickProgram(app, vscode.l10n.t('compare a program')));
  if (given === undefined) return;
  const chosen = await choose(app, given);
  if (chosen === undefined) return;
  const { host, uri, program } = given;
  const { source } = app.verifier.answers(uri).get(host) ?? {};
  if (source === undefined) throw nothing(program);
  const { other, listing } = chosen;
  const title = vscode.l10n.t('{0}: {1} ↔ now', program, other.label);
  await withProgress(
    vscode.l10n.t('Reading {0} on {1}', program, host),
    async (_report, signal) => {
      const [before, now] = await Promise.all([
        read(app, other.host, other.source, program, listing, signal),
        read(app, host, source, program, listing, signal),
      ]);
      const extension = `bpf-${listing}`;
      const label = (words: string) => `${program}, ${words}`;
      await app.compared.open(
        title,
        extension,
        { label: label(other.label), text: before },
        { label: label(vscode.l10n.t('now')), text: now },
      );
    },
  );
}

async function choose(
  app: App,
  given: CompareArgument,
): Promise<{ other: Other; listing: (typeof LISTINGS)[number] } | undefined> {
  const others = versions(app, given).filter(({ kind }) => (given.with ?? kind) === kind);
  if (others.length === 0) throw nothing(given.program);
  const words = {
    bytecode: vscode.l10n.t('bytecode'),
    states: vscode.l10n.t("the verifier's states"),
  };
  const items = others.flatMap((other) =>
    LISTINGS.filter((one) => (given.listing ?? one) === one).map((listing) => ({
      label: other.label,
      description: words[listing],
      value: { other, listing },
    })),
  );
  const [only] = items;
  if (items.length === 1 || (given.with !== undefined && given.listing === undefined)) {
    return only?.value;
  }
  const placeHolder = vscode.l10n.t('Compare {0} with', given.program);
  return (await pickOne(items, { placeHolder }))?.value;
}

function versions(app: App, { uri, host, program }: CompareArgument): Other[] {
  const { save, head } = app.versions.earlier(uri, host);
  const has = (version: typeof save): version is NonNullable<typeof save> =>
    version?.figures.get(program)?.verdict === 'accepted';
  const isAccepted = (name: string): boolean =>
    app.verifier
      .answers(uri)
      .get(name)
      ?.diagnosis.programs.some((one) => one.name === program && one.verdict === 'accepted') ===
    true;
  if (!isAccepted(host)) return [];
  return [
    ...(has(save)
      ? [{ kind: 'save', label: vscode.l10n.t('last save'), host, source: save.source } as const]
      : []),
    ...(head !== undefined && has(head)
      ? [
          {
            kind: 'head',
            label: vscode.l10n.t('HEAD ({0})', head.commit.slice(0, 7)),
            host,
            source: head.source,
          } as const,
        ]
      : []),
    ...Array.from(app.verifier.answers(uri)).flatMap(([name, { diagnosis, source }]) =>
      name === host || source === undefined || !isAccepted(name)
        ? []
        : [
            {
              kind: 'host',
              label: vscode.l10n.t('{0} (Linux {1})', name, diagnosis.kernel),
              host: name,
              source,
            } as const,
          ],
    ),
  ];
}

async function read(
  app: App,
  name: string,
  source: BpfSource,
  program: string,
  listing: (typeof LISTINGS)[number],
  signal: AbortSignal,
): Promise<string> {
  const [{ dumpProgram }, { readObject }, { condense }, { comparable }, host, tool] =
    await Promise.all([
      import('../verifier/verify.ts'),
      import('../verifier/diagnose.ts'),
      import('../verifier/condense.ts'),
      import('../verifier/comparable.ts'),
      app.host(name),
      app.verifier.tool(),
    ]);
  const states = listing === 'states';
  const dump = await dumpProgram(host, source, program, { tool, signal, states });
  const known = readObject(dump.object).find((one) => one.name === program);
  const text = states ? condense(dump.log, (instruction) => known?.at(instruction)) : dump.xlated;
  return comparable(text, source.entry);
}

const nothing = (program: string): HostError =>
  new HostError({
    kind: 'not-found',
    tried: vscode.l10n.t('compare {0}', program),
    words: vscode.l10n.t('no other version of it has been verified'),
    next: vscode.l10n.t('Save a change that the kernel accepts first.'),
  });
