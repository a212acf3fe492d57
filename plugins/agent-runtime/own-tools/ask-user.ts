import { z } from 'zod';
import type { Human } from '../api.ts';
import { failed, told } from '../observation.ts';
import { StopRun } from '../stop-run.ts';
import { type OwnTool, ownTool } from './own-tool.ts';

/** Clarification. Without a person at hand the run stops, to be resumed where there is one. */
export const askUser = (human: Human | undefined, onWait: (question: string) => Disposable): OwnTool =>
  ownTool(
    'ask_user',
    'Asks the user one question, and waits for the answer.',
    z.object({
      question: z.string().min(1).max(4_000),
      choices: z.array(z.string().max(500)).max(20).default([]).describe('where the answer is one of a few'),
    }),
    async ({ question, choices }, { signal }) => {
      if (human === undefined) throw new StopRun('needs_human', question, { evidence: choices }, true);
      using _ = onWait(question);
      const answer = await human.answer(question, choices, signal);
      if (answer === undefined)
        return failed('Nobody answered. Decide yourself, and say what you assumed.', 'NO_ANSWER');
      return told(answer.trim() === '' ? '(an empty answer)' : answer);
    },
  );
