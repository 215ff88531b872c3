// Writes src/api/schema.d.ts from docs/openapi.json; with --check, only says whether it is up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const document = new URL('../../docs/openapi.json', import.meta.url);
const target = new URL('../src/api/schema.d.ts', import.meta.url);
const check = process.argv.includes('--check');

if (!existsSync(document)) {
  console.error('docs/openapi.json is missing: write it with `zunke openapi > docs/openapi.json`.');
  process.exit(1);
}
const text = `// Made from docs/openapi.json by \`npm run api\`. Do not edit.\n${astToString(await openapiTS(document))}`;
const before = existsSync(target) ? readFileSync(target, 'utf8') : '';
if (before === text) {
  console.log('src/api/schema.d.ts agrees with docs/openapi.json');
} else if (check) {
  console.error('src/api/schema.d.ts differs from docs/openapi.json: run `npm run api` and mend what no longer fits.');
  process.exit(1);
} else {
  writeFileSync(target, text);
  console.log('src/api/schema.d.ts written');
}
