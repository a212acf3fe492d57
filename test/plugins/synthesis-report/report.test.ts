import { expect, test } from 'vitest';
import { emptyDataset, madeDataset, madeInput, madeSeed } from './made-dataset.ts';
import { openReport } from './open-report.ts';

const { at } = openReport({ examples: 3 });

/** Rows of the table whose head begins so. */
function tableOf(markdown: string, head: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  if (first < 0) throw new Error(`no table "${head}"`);
  const end = lines.findIndex((line, n) => n > first && !line.startsWith('|'));
  return lines.slice(first + 2, end).map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}

test('the figures of the funnel add up, row by row', () => {
  const { markdown } = at.report.report(madeInput());
  const rows = tableOf(markdown, 'step');
  expect(rows).toEqual([
    ['records become trajectories', '40', '30', '6 repeat another, 3 in quarantine, 1 erased'],
    ['trajectories get an essence', '30', '28', '2 failed or to come'],
    ['runs of the same task come together', '28', '14', '14 further runs of a task'],
    ['tasks get a seed', '14', '13', '1 failed or to come'],
    ['harder seeds are made (depth)', '13', '15', '2 added'],
    ['checks and filters', '15', '11', '2 near-duplicate, 1 check:arguments, 1 contaminated'],
  ]);
  for (const [step, into, out, left] of rows) {
    if (step!.startsWith('harder')) continue;
    const leftOut = [...left!.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0);
    expect(Number(into), step).toBe(Number(out) + leftOut);
  }
});

test('hardness, checks and cost are counted', () => {
  const { markdown } = at.report.report(madeInput());
  expect(markdown).toContain('- **Seeds kept**: 11 of 15 seeds made');
  expect(markdown).toContain(
    '- **Verified**: 1 of 11 passed every check for which there was what it needs; could not be told: arguments (11)\n',
  );
  expect(markdown).toContain('- **Tell agents apart**: 10 of 11');
  expect(markdown).toContain('- **Rest on one judged run or none**: 1 of 11');
  expect(markdown).toContain('- **Expect no tool**: 1 of 11');
  const rates = [...markdown.matchAll(/^\| (never|\d+ to|always|not judged).*?\| [█░]* \| (\d+) \|/gm)];
  expect(rates.map(([, name, count]) => [name, Number(count)])).toEqual([
    ['never', 0],
    ['1 to', 0],
    ['34 to', 10],
    ['67 to', 0],
    ['always', 0],
    ['not judged', 1],
  ]);
  expect(tableOf(markdown, 'check')).toEqual([
    ['well-formed', '15', '0', '0', ''],
    ['arguments', '0', '0', '15', 'reason (15)'],
  ]);
  const cost = tableOf(markdown, 'stage');
  expect(cost.map(([stage, , calls]) => [stage, calls])).toEqual([
    ['essence', '28'],
    ['seed', '15'],
  ]);
  expect(markdown).toContain('- **US dollars a kept seed**: 0.04545');
});

test('reasons that differ in what they quote are one, and only shares have a mean', () => {
  const verdict = (n: number) =>
    n === 0
      ? { check: 'live', verdict: 'passed' as const, figures: { pass_at_1: 1, runs: 4 } }
      : { check: 'live', verdict: 'unverified' as const, why: `no "tool ${n}" here`, figures: { pass_at_1: 0 } };
  const seeds = Array.from({ length: 4 }, (_, n) => madeSeed(n, { verification: [verdict(n)] }));
  const { markdown } = at.report.report({
    dataset: { ...madeDataset(), seeds, dropped: [] },
    tools: [],
    sequences: [],
  });
  expect(tableOf(markdown, 'check | passed')).toEqual([['live', '1', '0', '3', 'no … here (3)']]);
  expect(tableOf(markdown, 'check | figure')).toEqual([['live', 'pass_at_1', '0.25', '4']]);
});

test('pass rates fall where they belong', () => {
  const rated = (judged: number, successes: number, n: number) =>
    madeSeed(n, { difficulty: { trials: judged, judged, successes } });
  const seeds = [rated(3, 1, 1), rated(3, 2, 2), rated(4, 3, 3), rated(1, 1, 4), rated(5, 0, 5), rated(100, 1, 6)];
  const dataset = { ...madeDataset(), seeds };
  const { markdown, html } = at.report.report({ dataset, tools: [], sequences: [] });
  const rates = [...markdown.matchAll(/^\| (?:never|\d+ to|always|not judged).*?\| ([█░]*) \| (\d+) \|/gm)];
  expect(rates.map(([, bar, count]) => `${count}${bar!.includes('░') ? ' pale' : ''}`)).toEqual([
    '1',
    '2',
    '1',
    '1',
    '1 pale',
    '0',
  ]);
  expect(html).toContain('class="pale"');
  expect(markdown).not.toContain('## How the tools did');
});

test('tools stand in the order of their lower bound, and one that follows itself is no chain', () => {
  const { markdown } = at.report.report(madeInput());
  expect(tableOf(markdown, 'tool | where').map(([name]) => name)).toEqual(['files/read', 'tool', 'lucky/once']);
  expect(tableOf(markdown, 'chain')).toEqual([['files/read → tool', '7', '5', '2 of 4 (50\u00a0%)']]);
});

test('what a table leaves out is said', async () => {
  const input = madeInput();
  const seeds = Array.from({ length: 50 }, (_, n) => madeSeed(n, { domain: `domain ${n}` }));
  const dropped = Array.from({ length: 23 }, (_, n) => ({ seed: madeSeed(n), filter: 'contaminated', why: 'listed' }));
  const tools = Array.from({ length: 30 }, (_, n) => ({ ...input.tools[0]!, tool: `tool ${n}` }));
  const failures = Array.from({ length: 21 }, (_, n) => ({ trajectory: `run_${n}`, stage: 'seed', why: 'so' }));
  const sources = Array.from({ length: 22 }, (_, n) => ({ file: `folder ${n}/a.json`, format: 'atif', runs: 1 }));
  const { markdown } = at.report.report({
    ...input,
    tools,
    dataset: { ...input.dataset, seeds, dropped, failures, sources },
  });
  for (const said of [
    'And 3 more seeds.',
    'And 30 more domains.',
    'And 10 more tools that were used less.',
    'And 1 more failure.',
    'And 2 more sources.',
  ])
    expect(markdown).toContain(`\n${said}\n`);
  expect(markdown).toContain('3 of 50, of different domains and kinds.');
});

test('files of one kind in one folder are one source', () => {
  const sources = Array.from({ length: 300 }, (_, n) => ({ file: `runs/${n}.traj`, format: 'swe-agent', runs: 2 }));
  const dataset = { ...madeDataset(), sources: [...sources, { file: 'runs/x.json', format: 'atif', runs: 1 }] };
  const { markdown } = at.report.report({ dataset, tools: [], sequences: [] });
  expect(tableOf(markdown, 'file')).toEqual([
    ['runs/ (300 files)', 'swe-agent', '600', 'none found'],
    ['runs/x.json', 'atif', '1', 'none found'],
  ]);
});

test('examples are of different domains, and the best of theirs', () => {
  const seeds = [
    madeSeed(0, { domain: 'a', expected_tools: [] }),
    madeSeed(1, { domain: 'a', verified: true }),
    madeSeed(2, { domain: 'a' }),
    madeSeed(3, { domain: 'b' }),
    madeSeed(4, { domain: 'c' }),
  ];
  const { markdown } = at.report.report({ dataset: { ...madeDataset(), seeds }, tools: [], sequences: [] });
  const shown = [...markdown.matchAll(/^\*\*(seed_\d+):/gm)].map(([, id]) => id);
  expect(shown).toEqual(['seed_0001', 'seed_0003', 'seed_0004']);
  expect(markdown).toContain('> task 1');
});

test('a harder seed names what it was made of', () => {
  const dataset = madeDataset();
  const seeds = dataset.seeds.filter(({ lineage }) => lineage.evolution === 'depth');
  const { html } = at.report.report({ dataset: { ...dataset, seeds }, tools: [], sequences: [] });
  expect(html).toContain('made harder (depth) than seed_0000, of run key and 1 further run of the same task');
});

test('nothing has come in yet: a page that says so', () => {
  const { markdown, html } = at.report.report({ dataset: emptyDataset, tools: [], sequences: [] });
  expect(markdown).toBe('# Seed tasks: 0 seeds from 0 trajectories\n\nNo record has come in yet.\n');
  expect(html).toContain('<p>No record has come in yet.</p>');
});

test('records that were all bad: where they went, and nothing of what is not there', () => {
  const counts = { seen: 3, imported: 0, duplicate: 0, quarantined: 3, erased: 0 };
  const { markdown } = at.report.report({ dataset: { ...emptyDataset, counts }, tools: [], sequences: [] });
  expect(tableOf(markdown, 'step')[0]).toEqual(['records become trajectories', '3', '0', '3 in quarantine']);
  for (const absent of ['Examples', 'What the tasks are', 'Machine checks', 'tools did', 'Sources', 'NaN', 'undefined'])
    expect(markdown).not.toContain(absent);
});

test('the same input, the same bytes', () => {
  expect(at.report.report(madeInput())).toEqual(at.report.report(structuredClone(madeInput())));
});
