import { nearest } from '#kernel';
import type { ToolUse } from '#plugins/trajectory/api';
import { atLeast, type ToolEffect } from '#plugins/trajectory-archive/api';
import type { Command } from '../command.ts';
import { percent, printable, table, time } from '../print/lines.ts';
import { parsed } from '../words.ts';

export const stats: Command = {
  name: 'stats',
  help: [
    ['stats [TOOL] [--scenario S] [--json]', 'what tools did, by scenario; `at least`: of which one can be 95 % sure'],
  ],
  parse(words) {
    const { values, positionals } = parsed(words, 1, { scenario: { type: 'string' }, json: { type: 'boolean' } });
    const [tool] = positionals;
    const { scenario } = values;
    const filter = { ...(tool !== undefined && { tool }), ...(scenario !== undefined && { scenario }) };
    return async ({ trajectories, archive, out }) => {
      const recorded = (await trajectories.statistics(filter)).map((use) => ({
        ...use,
        lowerBound: atLeast({ uses: use.calls, successes: use.successes }),
      }));
      const imported = await archive.statistics(filter);
      if (values.json) await out(`${JSON.stringify({ recorded, imported })}\n`);
      else if (recorded.length + imported.length > 0) await out(tables(recorded, imported));
      else {
        const names = [...(await trajectories.statistics()), ...(await archive.statistics())].map((use) => use.tool);
        const meant = tool === undefined ? [] : nearest(tool, new Set(names));
        await out(printable(`no tool was used\n${meant.length === 0 ? '' : `there is: ${meant.join(', ')}\n`}`));
      }
      return 0;
    };
  },
};

type Sure<T> = T & { readonly lowerBound: number };

function tables(recorded: readonly Sure<ToolUse>[], imported: readonly ToolEffect[]): string {
  const parts = [
    ...(recorded.length === 0 ? [] : [['recorded runs', recordedTable(recorded)] as const]),
    ...(imported.length === 0 ? [] : [['imported runs', importedTable(imported)] as const]),
  ];
  return parts.length === 1 ? parts[0]![1] : parts.map(([title, text]) => `${title}\n${text}`).join('\n');
}

const recordedTable = (uses: readonly Sure<ToolUse>[]): string =>
  table([
    ['tool', 'scenario', 'calls', 'success', 'at least', 'average', 'last used'],
    ...[...uses]
      .sort(surest)
      .map((use) => [
        use.tool,
        use.scenario,
        `${use.calls}`,
        percent(use.successes, use.calls),
        percent(use.lowerBound, 1),
        use.calls === 0 ? '-' : `${Math.round(use.totalMs / use.calls)} ms`,
        time(use.lastUsedAt),
      ]),
  ]);

const importedTable = (effects: readonly ToolEffect[]): string =>
  table([
    ['tool', 'scenario', 'calls', 'success', 'at least', 'runs', 'runs that succeeded'],
    ...effects.map((effect) => [
      effect.tool,
      effect.scenario,
      `${effect.calls}`,
      percent(effect.successes, effect.calls),
      percent(effect.lowerBound, 1),
      `${effect.runs}`,
      effect.runSuccesses + effect.runFailures === 0
        ? 'none judged'
        : `${effect.runSuccesses} of ${effect.runSuccesses + effect.runFailures} judged`,
    ]),
  ]);

const surest = (a: Sure<ToolUse>, b: Sure<ToolUse>): number => b.lowerBound - a.lowerBound || b.calls - a.calls;
