export interface Backup {
  name: string;
  created_at: string;
  bytes: number;
  program: string;
  engine: 'sqlite' | 'postgres';
}

export interface Backups {
  items: Backup[];
  folder: string;
  next_at: string | null;
  running: string | null;
  failed: { at: string | null; detail: string } | null;
}

export interface BackupSettings {
  on: boolean;
  hour: number;
  keep: number;
  version: number;
}

/** `1 234 567` bytes as `1.2 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let [value, at] = [bytes, 0];
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at += 1;
  }
  return `${value.toFixed(at === 0 || value >= 100 ? 0 : 1)} ${units[at]}`;
}
