import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = dirname(dirname(fileURLToPath(import.meta.url)));
const inside = (folder: string) => readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory());
/** The folders that may have words; those of a large room have their own. */
const rooms = [...inside(src), ...(inside(src).includes('service') ? inside(join(src, 'service')) : [])];
const folderOf = (room: string) => (inside(src).includes(room) ? join(src, room) : join(src, 'service', room));

type Words = { [key: string]: string | Words };

function flat(words: Words, before = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') found.set(before + key, value);
    else for (const [inner, text] of flat(value, `${before}${key}.`)) found.set(inner, text);
  }
  return found;
}

function words(room: string, language: string): Map<string, string> | undefined {
  try {
    return flat(JSON.parse(readFileSync(join(folderOf(room), `${language}.json`), 'utf8')) as Words);
  } catch {
    return undefined;
  }
}

it('names each part of a room once', () => {
  expect(new Set(rooms).size).toBe(rooms.length);
});

const byNamespace = new Map<string, Map<string, string>>();
for (const room of rooms) {
  const found = words(room, 'zh-CN');
  if (found) byNamespace.set(room === 'shell' ? 'common' : room, found);
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** A plural key exists when its forms do. */
function known(found: Map<string, string> | undefined, key: string): boolean {
  return !!found && (found.has(key) || found.has(`${key}_other`) || found.has(`${key}_one`));
}

const placeholders = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((match) => match[1]).sort();

describe('words', () => {
  it.each([...byNamespace.keys()])('%s has the same keys in Chinese and English, none empty', (namespace) => {
    const room = namespace === 'common' ? 'shell' : namespace;
    const zh = byNamespace.get(namespace) ?? new Map();
    const en = words(room, 'en') ?? new Map();
    // English has two forms of number, Chinese one.
    const plain = (keys: Iterable<string>) =>
      [...new Set([...keys].map((key) => key.replace(/_(one|other)$/, '')))].sort();
    expect(plain(en.keys())).toEqual(plain(zh.keys()));
    for (const [key, text] of [...zh, ...en]) expect(text.trim(), key).not.toBe('');
    for (const [key, text] of en) {
      const other =
        zh.get(key) ?? zh.get(key.replace(/_(one|other)$/, '_other')) ?? zh.get(key.replace(/_(one|other)$/, ''));
      if (other && !key.endsWith('_one'))
        expect(placeholders(text), `${namespace}:${key}`).toEqual(placeholders(other));
    }
  });

  it('has every key that the code asks for', () => {
    const missing: string[] = [];
    for (const file of files(src)) {
      const code = readFileSync(file, 'utf8');
      // A pure module is handed its words: `TFunction<'tiers'>`.
      const home = /(?:useTranslation\(\s*|TFunction<)'([\w-]+)'/.exec(code)?.[1] ?? 'common';
      for (const match of code.matchAll(/\bt\(\s*'([\w.:-]+)'/g)) {
        const full = match[1] ?? '';
        const [namespace, key] = full.includes(':') ? (full.split(':') as [string, string]) : [home, full];
        const here = known(byNamespace.get(namespace), key);
        // A file with several components may use two namespaces.
        const others = [...code.matchAll(/useTranslation\(\s*(?:'([\w-]+)')?/g)].some((use) =>
          known(byNamespace.get(use[1] ?? 'common'), key),
        );
        if (!here && !(others && !full.includes(':'))) missing.push(`${relative(src, file)}: ${full}`);
      }
      // t(`kind.${kind}`): at least one key begins so.
      for (const match of code.matchAll(/\bt\(\s*`([\w.:-]+)\$\{/g)) {
        const full = match[1] ?? '';
        const [namespace, start] = full.includes(':') ? (full.split(':') as [string, string]) : [home, full];
        const spaces = full.includes(':')
          ? [namespace]
          : [...code.matchAll(/useTranslation\(\s*(?:'([\w-]+)')?/g)].map((use) => use[1] ?? 'common').concat(home);
        const begun = spaces.some((space) =>
          [...(byNamespace.get(space)?.keys() ?? [])].some((key) => key.startsWith(start)),
        );
        if (!begun) missing.push(`${relative(src, file)}: ${full}…`);
      }
    }
    expect(missing).toEqual([]);
  });
});
