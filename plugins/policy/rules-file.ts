import { z } from 'zod';
import { permissions } from './permission-rules.ts';

const LEVELS = ['high', 'medium', 'low'] as const;
const MOST_HOURS = 8_760;

const glob = z
  .string()
  .max(300)
  .regex(/^(?:npm|oci|pypi|remote|\*):.+$/, 'an identity such as npm:@scope/name, npm:@scope/* or npm:name@1.2.3')
  .describe('identity, with * for any text; with @version for one version only');
const globs = z.array(glob).max(5_000);
const level = z.enum(LEVELS);

const requirements = z.strictObject({
  trusted: z.boolean().default(false).describe('its identity is one of "trustedPublishers"'),
  reviewed: z.boolean().default(false).describe('its code was reviewed'),
  stars: z.number().int().min(0).default(0).describe('at least so many stars of its repository'),
  contributors: z.number().int().min(0).default(0).describe('at least so many people who work on it'),
  readme: z.boolean().default(false).describe('it has a readme'),
});
export type Requirements = z.output<typeof requirements>;

const limits = (strict: Limits) =>
  z
    .strictObject({
      memoryMb: z
        .number()
        .int()
        .min(64)
        .max(1_048_576)
        .default(strict.memoryMb)
        .describe('memory of all its processes'),
      processes: z.number().int().min(16).max(65_536).default(strict.processes).describe('processes and threads'),
      cpus: z.number().min(0.05).max(1_024).default(strict.cpus).describe('share of one core; 1: all of it'),
      openFiles: z.number().int().min(64).max(1_048_576).default(strict.openFiles).describe('open files'),
      fileMb: z.number().int().min(1).max(1_048_576).default(strict.fileMb).describe('largest single file'),
      dataMb: z.number().int().min(1).max(1_048_576).default(strict.dataMb).describe('all of its data folder'),
      network: z
        .enum(['none', 'declared', 'full'])
        .default(strict.network)
        .describe('none; only for servers that say they need it; for all'),
      sandbox: z
        .enum(['required', 'preferred'])
        .default(strict.sandbox)
        .describe('required: refused where the machine has no sandbox'),
    })
    .prefault({})
    .describe('what a server may use at most');
interface Limits {
  readonly memoryMb: number;
  readonly processes: number;
  readonly cpus: number;
  readonly openFiles: number;
  readonly fileMb: number;
  readonly dataMb: number;
  readonly network: 'none' | 'declared' | 'full';
  readonly sandbox: 'required' | 'preferred';
}

const levelOf = (needed: z.input<typeof requirements>, strict: Limits) =>
  z
    .strictObject({
      require: requirements.prefault(needed).describe('what a server must show to meet this level'),
      limits: limits(strict),
    })
    .prefault({});

const STRICT: Limits = {
  memoryMb: 512,
  processes: 64,
  cpus: 1,
  openFiles: 512,
  fileMb: 64,
  dataMb: 256,
  network: 'declared',
  sandbox: 'required',
};
const MODERATE: Limits = {
  ...STRICT,
  memoryMb: 1_024,
  processes: 128,
  cpus: 2,
  openFiles: 1_024,
  fileMb: 256,
  dataMb: 1_024,
};
const RELAXED: Limits = {
  memoryMb: 2_048,
  processes: 256,
  cpus: 4,
  openFiles: 4_096,
  fileMb: 1_024,
  dataMb: 4_096,
  network: 'full',
  sandbox: 'preferred',
};

const rule = z.strictObject({
  name: z.string().min(1).max(100).describe('told with every decision that it makes'),
  when: z
    .strictObject({
      subject: globs.min(1).optional().describe('its identity is one of these'),
      principal: z
        .array(z.string().min(1).max(300))
        .min(1)
        .optional()
        .describe('the caller is one of these, e.g. key:ci-*'),
      trusted: z.boolean().optional().describe('its identity is, or is not, one of "trustedPublishers"'),
      meets: level.optional().describe('it meets what this level requires'),
      secrets: z.boolean().optional().describe('it declares, or does not declare, secrets'),
      network: z.boolean().optional().describe('it needs, or does not need, the network'),
    })
    .prefault({})
    .describe('all of these must hold; nothing: always'),
  verdict: z.enum(['allow', 'ask', 'deny']).describe('allow: at once; ask: a person decides; deny: never'),
  level: level.optional().describe('how strictly it is held; default: "level" of this file'),
  reason: z.string().max(500).optional().describe('told with the decision'),
});
export type Rule = z.output<typeof rule>;

/** `config/policy.yaml`. An empty file asks for everything, at the strictest level. */
export const rulesFile = z.strictObject({
  $schema: z.string().optional().describe('for editors'),
  level: level.default('high').describe('how strictly a server is held where neither rule nor caller says more'),
  deny: globs.default([]).describe('never installed; comes before everything else'),
  allow: globs.default([]).describe('installed without an approval, at every level: you vouch for them'),
  trustedPublishers: globs.default([]).describe('identities whose publisher is trusted, e.g. npm:@scope/*'),
  rules: z
    .array(rule)
    .max(1_000)
    .default([])
    .superRefine((rules, context) => {
      const names = new Set<string>();
      for (const [at, { name }] of rules.entries()) {
        if (names.has(name))
          context.addIssue({ code: 'custom', path: [at, 'name'], message: 'another rule has this name' });
        names.add(name);
      }
    })
    .describe('the first that applies decides; where none does, a person is asked'),
  permissions,
  levels: z
    .strictObject({
      high: levelOf({ trusted: true, reviewed: true }, STRICT).describe('the strictest'),
      medium: levelOf({ stars: 100, contributors: 5, readme: true }, MODERATE).describe('in between'),
      low: levelOf({}, RELAXED).describe('the most generous'),
    })
    .prefault({})
    .describe('what each level requires, and how a server is held at it'),
  quotas: z
    .strictObject({
      perSession: z.number().int().min(0).default(3).describe('servers that one session may install'),
      perDay: z.number().int().min(0).default(10).describe('servers that one caller may install on one day (UTC)'),
      exempt: z
        .array(z.string().min(1).max(300))
        .default(['preload', 'provisioner'])
        .describe('callers without a quota, with *'),
    })
    .prefault({})
    .describe('how often may be installed; the same server counts once a day'),
  approvals: z
    .strictObject({
      expireHours: z.number().positive().max(MOST_HOURS).default(24).describe('undecided, it expires after this'),
      holdHours: z
        .number()
        .min(0)
        .max(MOST_HOURS)
        .default(24)
        .describe('an approved installation is not asked for again within this'),
      mostOpen: z.number().int().min(1).max(100_000).default(200).describe('open at the same time'),
    })
    .prefault({})
    .describe('what a person has to decide'),
});
export type Rules = z.output<typeof rulesFile>;

/** For editors: written to `config/policy.schema.json`. */
export const policyJsonSchema = (): unknown => z.toJSONSchema(rulesFile, { io: 'input' });
