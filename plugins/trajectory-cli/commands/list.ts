import type { RunHead } from '#plugins/trajectory-archive/api';
import type { Command, Setting } from '../command.ts';
import { allHeads } from '../find-run.ts';
import { importedLine } from '../print/imported-text.ts';
import { runLine } from '../print/recorded-text.ts';
import { countFrom1, oneOf, parsed } from '../words.ts';

const STATES = ['running', 'ended', 'interrupted', 'imported'] as const;

export const list: Command = {
  name: 'list',
  help: [[`list [--state ${STATES.join('|')}] [--limit N]`, 'recorded and imported runs, newest first']],
  parse(words) {
    const { values } = parsed(words, 0, { state: { type: 'string' }, limit: { type: 'string' } });
    const state = values.state === undefined ? undefined : oneOf(values.state, STATES, 'state');
    const most = countFrom1(values.limit, '--limit');
    return async (setting, signal) => {
      const limit = most ?? setting.config.listLimit;
      const recorded =
        state === 'imported' ? [] : await setting.trajectories.list({ limit, ...(state !== undefined && { state }) });
      const imported = state === undefined || state === 'imported' ? await newest(setting, limit, signal) : [];
      const lines = [
        ...recorded.map((run) => ({ at: run.startedAt, line: runLine(run) })),
        ...imported.map((head) => ({ at: head.addedAt, line: importedLine(head) })),
      ].sort((a, b) => b.at - a.at);
      const text = lines.slice(0, limit).map(({ line }) => line);
      const none =
        state === undefined ? 'there are no runs yet; import PATH brings those of files\n' : 'there is none\n';
      await setting.out(text.length === 0 ? none : text.join(''));
      if (lines.length > limit || text.length === limit)
        await setting.err(`the newest ${limit} are shown; --limit N shows more\n`);
      return 0;
    };
  },
};

/** The last to arrive comes first. */
async function newest({ archive }: Setting, limit: number, signal: AbortSignal): Promise<RunHead[]> {
  let last: RunHead[] = [];
  for await (const heads of allHeads(archive, signal)) last = [...last, ...heads].slice(-limit);
  return last.reverse();
}
