/**
 * Asks a question again and again while its subject moves, and hears only the latest answer: it waits until the
 * subject is still for a moment, aborts the request under way, and drops an answer that has been overtaken.
 */
export interface Latest<Question> {
  ask: (question: Question) => void;
  stop: () => void;
}

export interface LatestOptions<Question, Answer> {
  run: (question: Question, signal: AbortSignal) => Promise<Answer>;
  answered: (answer: Answer, question: Question) => void;
  failed: (error: unknown, question: Question) => void;
  /** Called when a question is accepted and no answer for it has come yet. */
  waiting?: () => void;
  /** Milliseconds of stillness before the question is sent. */
  still?: number;
}

export function latest<Question, Answer>({
  run,
  answered,
  failed,
  waiting,
  still = 150,
}: LatestOptions<Question, Answer>): Latest<Question> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let underWay: AbortController | undefined;

  const send = (question: Question) => {
    const own = new AbortController();
    underWay = own;
    run(question, own.signal).then(
      (answer) => {
        if (underWay === own) answered(answer, question);
      },
      (error: unknown) => {
        if (underWay === own) failed(error, question);
      },
    );
  };

  const drop = () => {
    clearTimeout(timer);
    underWay?.abort();
    underWay = undefined;
  };

  return {
    ask: (question) => {
      drop();
      waiting?.();
      timer = setTimeout(() => send(question), still);
    },
    stop: drop,
  };
}
