// Packs every text file of dist beside itself (.br, .gz), so that the server sends what the browser takes without work.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(html|js|css|json|svg|webmanifest)$/.test(name) || name.startsWith('.')) continue;
  const path = join(dist, name);
  const text = readFileSync(path);
  if (text.length < 1024) continue;
  writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
  writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
}
