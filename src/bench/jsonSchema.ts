import * as z from 'zod';
import { documentSchema, planSchema } from '../results/document.ts';

/** Draft 7 is what VS Code's JSON editor knows best. */
const toJson = (schema: z.ZodType, title: string) => ({
  ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }),
  title,
});

/** The JSON schemas the extension contributes, by file name; `npm run schemas` writes them. */
export const SCHEMAS: Readonly<Record<string, object>> = {
  'plan.schema.json': withSchemaKey(toJson(planSchema, 'Sockmap benchmark plan')),
  'bench.schema.json': toJson(documentSchema, 'Sockmap benchmark result'),
};

/** A plan file may name its schema. */
function withSchemaKey(schema: { properties?: Record<string, unknown> }): object {
  return { ...schema, properties: { $schema: { type: 'string' }, ...schema.properties } };
}
