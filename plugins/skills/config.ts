import { z } from 'zod';

const count = (most: number, fallback: number) => z.number().int().min(1).max(most).default(fallback);

export const skillsConfig = z.strictObject({
  mode: z
    .enum(['lenient', 'strict'])
    .default('lenient')
    .describe(
      'lenient: loads what can be used and says what is wrong with it; strict: every rule, for publishing and CI',
    ),
  dirs: z
    .array(z.string().min(1))
    .default(['.agents/skills'])
    .describe('folders with skills of the project, relative to the working directory; the first one wins'),
  trustProject: z
    .boolean()
    .default(false)
    .describe('whether skills of the project are offered without being trusted one by one'),
  userDir: z
    .string()
    .default('')
    .describe('folder with your own skills, such as ~/.agents/skills: trusted as they are; empty: none'),
  dir: z.string().min(1).default('data/skills').describe('where installed skills are, and what is trusted'),
  watch: z
    .strictObject({
      events: z.boolean().default(true).describe('whether the system says when a file changes'),
      rescanMs: z
        .number()
        .int()
        .min(0)
        .max(3_600_000)
        .default(5_000)
        .describe('how often it is looked besides, for folders that give no events, in milliseconds; 0: never'),
      settleMs: z
        .number()
        .int()
        .min(10)
        .max(5_000)
        .default(120)
        .describe(
          'a file that changed within this time may be half-written: the version before stays, in milliseconds',
        ),
    })
    .prefault({})
    .describe('how changes are seen'),
  limits: z
    .strictObject({
      depth: z.number().int().min(1).max(20).default(5).describe('how deep below a folder skills are looked for'),
      folders: count(100_000, 2_000).describe('folders looked into, below each of the folders'),
      skills: count(10_000, 1_000).describe('skills at most'),
      skillKb: count(4_096, 256).describe('a larger SKILL.md is refused, in KiB'),
      frontmatterKb: count(256, 16).describe('a longer frontmatter is refused, in KiB'),
      files: count(20_000, 2_000).describe('a skill with more files is refused'),
      listed: count(5_000, 200).describe('files named when a skill is loaded; the others can be read, too'),
      totalMb: count(1_024, 64).describe('a skill whose files are larger together is refused, in MiB'),
      readKb: count(16_384, 512).describe('a larger file of a skill is not read, in KiB'),
    })
    .prefault({})
    .describe('bounds on what skills may bring'),
  match: z
    .strictObject({
      least: z.number().min(0).max(1).default(0.15).describe('what scores less does not fit'),
      embedMs: count(120_000, 5_000).describe(
        'how long a model may take to embed; then keywords alone count, in milliseconds',
      ),
    })
    .prefault({})
    .describe('how skills are found for a task'),
  mcp: z
    .boolean()
    .default(true)
    .describe('whether they are served at /mcp/skills, too, by the Skills extension of MCP; needs http'),
  install: z
    .strictObject({
      git: z
        .array(z.enum(['https', 'ssh', 'file']))
        .default(['https'])
        .describe('protocols of git addresses that skills may come from'),
      timeoutMs: count(3_600_000, 120_000).describe('how long an installation may take, in milliseconds'),
      ratio: count(10_000, 100).describe('an archive that grows by more than this factor when unpacked is refused'),
    })
    .prefault({})
    .describe('where skills may be installed from'),
});
export type SkillsConfig = z.output<typeof skillsConfig>;
