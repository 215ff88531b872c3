// Puts a .br and a .gz beside every text file of the built UI; the binary carries and serves them as they are.
// usage: node scripts/compress-web.mjs web/dist
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = process.argv[2];
const worthIt = /\.(html|js|mjs|css|json|svg|txt|webmanifest)$/;
let [plain, packed] = [0, 0];
for (const name of readdirSync(root, { recursive: true })) {
  const path = join(root, String(name));
  if (statSync(path).isDirectory()) continue;
  if (/\.(br|gz)$/.test(path)) rmSync(path);
  else if (worthIt.test(path) && !String(name).startsWith('.')) {
    const bytes = readFileSync(path);
    const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } });
    const gz = gzipSync(bytes, { level: 9 });
    // A copy that isn't smaller isn't worth keeping.
    if (br.length < bytes.length) writeFileSync(`${path}.br`, br);
    if (gz.length < bytes.length) writeFileSync(`${path}.gz`, gz);
    plain += bytes.length;
    packed += br.length;
  }
}
console.log(`UI: ${(plain / 1024).toFixed(0)} kB, ${(packed / 1024).toFixed(0)} kB as brotli`);
