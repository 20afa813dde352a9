/** Writes the JSON schemas that editors complete and check plans and results by: `npm run schemas`. */
import fs from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { SCHEMAS } from '../src/bench/jsonSchema.ts';

const directory = path.join(import.meta.dirname, '..', 'schemas');
fs.mkdirSync(directory, { recursive: true });
for (const [file, schema] of Object.entries(SCHEMAS)) {
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 100 });
  fs.writeFileSync(path.join(directory, file), text);
}
