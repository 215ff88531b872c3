/** Whom a note calls by `@name`. The longest name that fits is meant: `@李明华` is not `@李明`. */
export function mentioned(text: string, colleagues: { id: string; name: string }[]): string[] {
  const found = new Set<string>();
  const byLength = [...colleagues].sort((a, b) => b.name.length - a.name.length);
  for (const [at, letter] of [...text].entries()) {
    if (letter !== '@') continue;
    const rest = [...text].slice(at + 1).join('');
    const who = byLength.find((one) => one.name && rest.startsWith(one.name));
    if (who) found.add(who.id);
  }
  return [...found];
}
