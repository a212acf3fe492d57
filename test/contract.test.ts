import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { optionsSchema, optionTable } from '../kernel/commands/json-schema.ts';
import type { AnyPlugin } from '../kernel/contract.ts';
import { examine } from '../kernel/examine.ts';
import { Host } from '../kernel/host.ts';
import { findFolders, type Loaded, loadFolder } from '../kernel/load.ts';
import { LogSink } from '../kernel/log.ts';
import type { Plan } from '../kernel/plan.ts';
import { showProblem } from '../kernel/problem.ts';
import { HOST_DIR } from '../kernel/resolve.ts';
import { swapPlugin } from '../kernel/swap.ts';
import { isAll, isMany, tokenId } from '../kernel/token.ts';
import { PURE_DOORS } from './pure-doors.ts';

/** What every folder in `plugins/` must fulfil, before it has a test of its own. */
const folders = findFolders(path.join(HOST_DIR, 'plugins'));
const loaded = new Map<string, Loaded>(
  await Promise.all(folders.map(async (folder) => [folder.name, await loadFolder(folder)] as const)),
);

const LONGEST_FILE = 500;
const LONG_FILE = 300;

const home = process.cwd();
let scratch: string;
beforeAll(() => {
  // Default options write below the working directory.
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'contract-'));
  process.chdir(scratch);
});
afterAll(() => {
  process.chdir(home);
  fs.rmSync(scratch, { recursive: true, force: true });
});

const specOf = (name: string): AnyPlugin => {
  const { spec, failure } = loaded.get(name)!;
  if (spec === undefined) throw new Error(`${failure?.at.file}:${failure?.at.line} ${failure?.what}`);
  return spec;
};

/** The plugin and one provider of each service that it, or they, cannot do without. */
function withProviders(name: string, chosen = new Set<string>()): Set<string> {
  chosen.add(name);
  for (const need of Object.values(specOf(name).requires ?? {})) {
    if (isAll(need) || need === Symbol.for('kernel.view')) continue;
    const provider = [...loaded.values()].find(({ spec }) =>
      Object.values(spec?.provides ?? {}).some((offer) => !isMany(offer) && offer === need),
    );
    if (provider === undefined) throw new Error(`no plugin provides "${tokenId(need)}", which ${name} needs`);
    if (!chosen.has(provider.name)) withProviders(provider.name, chosen);
  }
  return chosen;
}

/** Default options, but for fixed ports, which another test may hold. */
const optionsOf = (name: string): object => ('port' in specOf(name).config.shape ? { port: 0 } : {});

async function planFor(name: string): Promise<Plan> {
  const file = path.join(scratch, `${name}.yaml`);
  const plugins = Object.fromEntries([...withProviders(name)].map((each) => [each, optionsOf(each)]));
  fs.writeFileSync(file, JSON.stringify({ kernel: 1, mode: 'server', plugins }));
  const { checked } = await examine({ file, env: {}, searched: [path.join(HOST_DIR, 'plugins')] });
  if (checked.plan === undefined) throw new Error(checked.problems.map(showProblem).join('\n'));
  return checked.plan;
}

const quiet = (): { sink: LogSink; lines: string[] } => {
  const lines: string[] = [];
  return { sink: new LogSink({ level: 'warn', pretty: false, write: (line) => lines.push(line) }), lines };
};

/** Open handles by kind, after what is closing has had a moment to close. */
async function resources(settle: (now: Record<string, number>) => boolean): Promise<Record<string, number>> {
  for (let wait = 0; ; wait += 20) {
    const now: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) now[kind] = (now[kind] ?? 0) + 1;
    delete now.Immediate;
    if (settle(now) || wait > 2_000) return now;
    await new Promise((resolve) => setTimeout(resolve, 20).unref());
  }
}
const more = (now: Record<string, number>, before: Record<string, number>): string[] =>
  Object.keys(now).filter((kind) => now[kind]! > (before[kind] ?? 0));

describe.each(folders.map(({ name, dir }) => ({ name, dir })))('$name', ({ name, dir }) => {
  test('loads, is named like its folder, and says in one sentence what it does', () => {
    const spec = specOf(name);
    expect(spec.name).toBe(name);
    expect(spec.summary).toMatch(/^\S.{8,158}\.$/);
  });

  test('has strict options, each with a description and a default', () => {
    const { config } = specOf(name);
    expect(config.safeParse({}).error).toBeUndefined();
    expect(config.safeParse({ noSuchOption: 1 }).success).toBe(false);
    const undescribed: string[] = [];
    const walk = (schema: Record<string, unknown>, prefix: string): void => {
      for (const [key, value] of Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>)) {
        if (!value.description) undescribed.push(prefix + key);
        walk(value, `${prefix}${key}.`);
      }
    };
    walk(optionsSchema(specOf(name)), '');
    expect(undescribed).toEqual([]);
  });

  test('exports from api.ts tokens, topics and constants only', async () => {
    const door = path.join(dir, 'api.ts');
    if (!fs.existsSync(door)) {
      expect(Object.keys(specOf(name).provides ?? {}), 'what it provides needs a token in api.ts').toEqual(
        Object.entries(specOf(name).provides ?? {}).flatMap(([key, offer]) =>
          isMany(offer) || offer === Symbol.for('kernel.main') ? key : [],
        ),
      );
      return;
    }
    const module = (await import(door)) as Record<string, unknown>;
    if (name in PURE_DOORS) return;
    const code = Object.entries(module).filter(([, value]) => typeof value === 'function');
    expect(code.map(([key]) => key)).toEqual([]);
  });

  test('leaves nothing when it was created and ended without a start', async () => {
    const plan = await planFor(name);
    const before = await resources(() => true);
    const { sink, lines } = quiet();
    const host = new Host(plan, sink);
    const created = plan.entries.map((entry) => {
      const instance = host.create(entry, 1, plan, true);
      host.board.connect(instance);
      return instance;
    });
    for (const instance of created.reverse()) await instance.end();
    expect(more(await resources((now) => more(now, before).length === 0), before)).toEqual([]);
    expect(lines).toEqual([]);
    expect(fs.readdirSync(scratch).filter((entry) => !entry.endsWith('.yaml'))).toEqual([]);
  });

  test('starts, is swapped, stops, and does so again, leaving no timer, socket or listener', async () => {
    const plan = await planFor(name);
    const runOnce = async (): Promise<string[]> => {
      const { sink, lines } = quiet();
      const host = new Host(plan, sink);
      await host.start();
      expect(host.status().ok).toBe(true);
      const slot = host.slots.get(name)!;
      await swapPlugin(host, slot, { ...slot.instance.entry }, plan);
      expect(host.status().plugins.find(({ id }) => id === name)).toMatchObject({ generation: 2, state: 'running' });
      await host.stop();
      return lines.filter((line) => line.includes('Gave up waiting'));
    };
    // What is left by the first time, such as a module that was imported on demand, is not left twice.
    expect(await runOnce()).toEqual([]);
    const before = await resources(() => true);
    expect(await runOnce()).toEqual([]);
    expect(more(await resources((now) => more(now, before).length === 0), before)).toEqual([]);
    for (const entry of fs.readdirSync(scratch)) fs.rmSync(path.join(scratch, entry), { recursive: true });
  });

  test('has a README whose table of options is up to date', () => {
    const readme = path.join(dir, 'README.md');
    expect(fs.existsSync(readme), `${name} has no README.md`).toBe(true);
    const text = fs.readFileSync(readme, 'utf8');
    const table = optionTable(specOf(name)).trimEnd();
    expect(text.includes(table), `run: npx kernel schema --readme ${name} --write`).toBe(true);
  });

  test('has small files', () => {
    const long = fs
      .readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => ({ file, lines: fs.readFileSync(path.join(dir, file), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > LONG_FILE);
    for (const { file, lines } of long) console.warn(`${name}/${file} has ${lines} lines: split it`);
    expect(long.filter(({ lines }) => lines > LONGEST_FILE)).toEqual([]);
  });
});
