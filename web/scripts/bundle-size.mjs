// What a browser has to fetch before the first page stands (the door, then Today), gzipped, must stay under 500 kB each.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 500 * 1024;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

/** Every file that a chunk pulls in by static import, with its styles. */
function files(key, found = new Set()) {
  const chunk = manifest[key];
  if (!chunk || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const style of chunk.css ?? []) found.add(style);
  for (const other of chunk.imports ?? []) files(other, found);
  return found;
}

const size = (file) => gzipSync(readFileSync(new URL(file, dist))).length;
let failed = false;
for (const page of ['src/access/LoginPage.tsx', 'src/today/TodayPage.tsx']) {
  const found = new Set(['index.html']);
  for (const key of ['index.html', 'src/i18n/zh-CN.ts', page]) files(key, found);
  const total = [...found].reduce((sum, file) => sum + size(file), 0);
  const line = `${page}: ${(total / 1024).toFixed(1)} kB compressed in ${found.size} files (limit ${LIMIT / 1024} kB)`;
  if (total > LIMIT) {
    failed = true;
    console.error(line);
  } else console.log(line);
}
if (failed) process.exit(1);
