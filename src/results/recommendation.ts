import type { Figure } from './figure.ts';
import { changes } from './format.ts';
import { ARM_LABELS, BYPASSES } from './arms.ts';
import { type FigureId } from './quantities.ts';
import {
  groupsOf,
  outcome,
  placeOf,
  placesOf,
  ratiosOf,
  subjectsOf,
  type Group,
} from './verdicts.ts';

type Traffic = { readonly words: string; readonly figure: Figure };

/** Worth it for which traffic, on this host, and when not. */
export function recommendation(
  { fig2, fig3, fig5 }: Readonly<Record<FigureId, Figure>>,
  run: number,
): string[] {
  const traffics: readonly Traffic[] = [
    { words: 'requests and responses', figure: fig5 },
    { words: 'one-way streams', figure: fig2 },
    { words: 'one-way streams of programs that set TCP_NODELAY', figure: fig3 },
  ];
  const subjects = traffics.flatMap(({ words, figure }) =>
    subjectsOf(figure, run)
      .map((series) => ({ words, series, places: placesOf(figure, series) }))
      .filter(({ places }) => places.length > 0),
  );
  const arm = BYPASSES.find((each) => subjects.some(({ series }) => series.arm === each));
  const own = subjects.filter(({ series }) => series.arm === arm);
  const against = own[0]?.series.against;
  if (arm === undefined || against === undefined) {
    return ['No samples of the bypass to compare with another arm yet.'];
  }
  const of = (...verdicts: Group['verdict'][]): string[] =>
    own.flatMap(({ words, series, places }) => {
      const told = groupsOf(places)
        .filter(({ verdict }) => verdicts.includes(verdict))
        .map((group) => {
          const place = placeOf(group, places.length);
          if (group.verdict === 'stalled') return `${place} (${outcome(group)})`;
          const much = ['higher', 'lower'].includes(group.verdict)
            ? ` (${speeds(ratiosOf(group), ARM_LABELS[series.against ?? against])})`
            : '';
          return `${place}${much}`;
        });
      return told.length === 0 ? [] : [`${words} ${told.join(' and ')}`];
    });
  const list = (start: string, members: string[]): string[] =>
    members.length === 0 ? [] : [`${start} ${members.join('; ')}.`];
  const name = ARM_LABELS[arm];
  const gains = of('higher');
  const losses = of('lower');
  const equal = of('same');
  const open = of('unclear', 'early', 'stalled');
  const isTcp = against === 'tcp' || against === 'tcp-nodelay';
  const other = ARM_LABELS[against];
  if (!isTcp) {
    return [
      `TCP was not measured: ${name} is compared with ${other}.`,
      ...list(`On this host ${name} is faster for`, gains),
      ...list(`${other} is faster for`, losses),
      ...list('No difference that matters for', equal),
      ...list('This run does not decide', open),
    ];
  }
  return [
    ...(gains.length > 0
      ? list(`On this host ${name} is worth it for`, gains)
      : [
          open.length > 0 || losses.length + equal.length === 0
            ? 'Nothing measured here is clearly faster over the bypass yet.'
            : 'Nothing measured here is clearly faster over the bypass: leave it off on this host.',
        ]),
    ...list('Leave TCP in place for', losses),
    ...list('No difference that matters for', equal),
    ...list('Hardly a byte went by the bypass, and nothing can be said of it, for', of('tcp')),
    ...list(
      'Other programs used the same bypass, and whether netperf’s bytes went by it is not known, for',
      of('shared'),
    ),
    ...list('This run does not decide', open),
    ...(arm === 'bypass-classic'
      ? ['Only the classic policy was measured: a yardstick, not meant to be left on.']
      : []),
  ];
}

/** `20% to 50% faster than TCP`, `2.1 times as fast as TCP`. */
const speeds = (ratios: readonly number[], other: string): string =>
  changes(ratios)
    .replace(/times as high$/, `times as fast as ${other}`)
    .replace(/higher$/, `faster than ${other}`)
    .replace(/lower$/, `slower than ${other}`);
