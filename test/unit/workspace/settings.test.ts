import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { LIST_SETTINGS, PLAIN_SETTINGS } from '../../../src/workspace/plainSettings.ts';
import { HOSTS, SECTIONS } from '../../../src/workspace/settingsSchema.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const PREFIX = 'sockmapBypass.';

const manifest = z
  .object({
    contributes: z.object({
      configuration: z.array(
        z.object({
          properties: z.record(
            z.string(),
            z.looseObject({ type: z.string(), default: z.unknown() }),
          ),
        }),
      ),
    }),
  })
  .parse(JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')));
const declared = new Map(
  manifest.contributes.configuration
    .flatMap(({ properties }) => Object.entries(properties))
    .map(([name, one]) => {
      assert.ok(name.startsWith(PREFIX));
      return [name.slice(PREFIX.length), one];
    }),
);
const plain = new Map(Object.entries(PLAIN_SETTINGS));
const lists = new Map(Object.entries(LIST_SETTINGS));
const checked = new Map<string, z.ZodType>([
  ['hosts', HOSTS],
  ...Object.entries(SECTIONS).flatMap(([section, { shape }]) =>
    Object.entries(shape).map(([name, schema]) => [`${section}.${name}`, schema] as const),
  ),
]);

/** The part of a JSON schema that both sides can express. */
function essence(schema: unknown): unknown {
  const one = z.looseObject({}).parse(schema);
  const bound = (value: unknown) => (Number.isSafeInteger(value) ? value : undefined);
  const limits = [one['minimum'], one['maximum']].map((value) =>
    Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER ? undefined : bound(value),
  );
  const [items, values] = [one['items'], one['additionalProperties']];
  return {
    type: one['type'],
    choices: one['enum'],
    limits,
    items: items === undefined ? undefined : essence(items),
    values: typeof values === 'object' ? essence(values) : values,
    properties:
      one['properties'] &&
      Object.fromEntries(
        Object.entries(z.looseObject({}).parse(one['properties'])).map(([name, each]) => [
          name,
          essence(each),
        ]),
      ),
  };
}

describe('the settings that are read', () => {
  it('are those that package.json declares', () => {
    const read = [...plain.keys(), ...lists.keys(), ...checked.keys()];
    assert.deepEqual(read.toSorted(), Array.from(declared.keys()).toSorted());
  });

  for (const [name, standard] of plain) {
    it(`${name} has the declared type and default`, () => {
      assert.equal(declared.get(name)?.type, typeof standard);
      assert.equal(declared.get(name)?.default, standard);
    });
  }

  for (const [name, standard] of lists) {
    it(`${name} is a list of texts, by default the declared one`, () => {
      assert.deepEqual(declared.get(name)?.['items'], { type: 'string' });
      assert.deepEqual(declared.get(name)?.default, standard);
    });
  }

  for (const [name, schema] of checked) {
    it(`${name} has the declared type and limits, and takes the default`, () => {
      const one = declared.get(name);
      assert.ok(one);
      assert.deepEqual(essence(z.toJSONSchema(schema)), essence(one));
      assert.deepEqual(schema.parse(one.default), one.default);
    });
  }

  it('are read in one file', () => {
    const sources = fs
      .readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'));
    const reading = sources.filter((name) =>
      fs.readFileSync(path.join(ROOT, 'src', name), 'utf8').includes('getConfiguration'),
    );
    assert.deepEqual(reading, [path.join('workspace', 'settings.ts')]);
  });
});
