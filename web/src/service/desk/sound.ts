const STORED = 'zunke.desk.sound';
const LAST = 'zunke.desk.sound.last';

export const soundOn = () => localStorage.getItem(STORED) === 'on';

export function setSound(on: boolean) {
  localStorage.setItem(STORED, on ? 'on' : 'off');
  // A browser lets a page sound only after a press: this is one, and says what it sounds like.
  if (on) play();
}

let audio: AudioContext | undefined;

function play() {
  try {
    audio ??= new AudioContext();
    const from = audio.currentTime;
    for (const [at, tone] of [
      [0, 660],
      [0.14, 880],
    ] as const) {
      const voice = audio.createOscillator();
      const loud = audio.createGain();
      voice.frequency.value = tone;
      loud.gain.setValueAtTime(0.0001, from + at);
      loud.gain.exponentialRampToValueAtTime(0.12, from + at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, from + at + 0.22);
      voice.connect(loud).connect(audio.destination);
      voice.start(from + at);
      voice.stop(from + at + 0.24);
    }
  } catch {
    // No sound to be had here.
  }
}

/** Two soft tones, once for each piece of news in whichever tab comes first. */
export function chime(about: string) {
  if (localStorage.getItem(LAST) === about) return;
  localStorage.setItem(LAST, about);
  play();
}

interface Badged {
  setAppBadge?: (n: number) => Promise<void>;
  clearAppBadge?: () => Promise<void>;
}

/** The number on the tab and, where the app is installed, on its icon. */
export function badge(n: number) {
  const title = document.title.replace(/^\(\d+\+?\) /, '');
  document.title = n > 0 ? `(${n > 99 ? '99+' : n}) ${title}` : title;
  const there = navigator as Badged;
  if (n > 0) void there.setAppBadge?.(n).catch(() => undefined);
  else void there.clearAppBadge?.().catch(() => undefined);
}
