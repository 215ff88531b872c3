import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** The committed extract of UCI Online Retail (see its README), the same that the server's own tests read. */
export function extract(): string {
  const root = resolve(import.meta.dirname, '../..');
  const found = [
    'crates/customers/tests/data/online-retail-extract.csv',
    'crates/customers/tests/data/online-retail-extract.csv.gz',
    'crates/zunke/tests/data/online-retail-extract.csv.gz',
  ]
    .map((path) => resolve(root, path))
    .find(existsSync);
  if (!found) throw new Error('the extract of Online Retail is missing');
  return found;
}
