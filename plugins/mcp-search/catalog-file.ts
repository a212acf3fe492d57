import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z0-9@/_.-]+$/, 'letters, digits, and @ / _ . -');
const words = z.array(z.string().min(1).max(100)).max(50).default([]);

const entry = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,55}$/, 'lower case, digits and dashes')
    .describe('the server id it is to have'),
  title: z.string().max(200).optional(),
  description: z.string().min(1).max(4_000),
  capabilities: words.describe('what it can do, e.g. image_generation'),
  keywords: words.describe('other words that people use for it, in any language'),
  npm: z
    .strictObject({
      package: name,
      version: z
        .string()
        .regex(/^\d+\.\d+\.\d+/, 'an exact version')
        .optional()
        .describe('without it, the latest'),
      bin: z.string().optional(),
      args: z.array(z.string()).default([]).describe('{data} is its writable folder, {secret:NAME} a secret'),
      env: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
  remote: z
    .strictObject({
      url: z.url(),
      transport: z.enum(['http', 'sse']).default('http'),
      headers: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
  oci: z
    .strictObject({
      image: z.string(),
      args: z.array(z.string()).default([]),
      env: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
  needs: z
    .strictObject({
      secrets: z
        .array(
          z.strictObject({ name: z.string(), description: z.string().optional(), required: z.boolean().default(true) }),
        )
        .default([]),
      network: z.boolean().default(false),
      backing: words,
    })
    .prefault({}),
  publisher: z
    .strictObject({
      name: z.string(),
      namespace: z.string().optional(),
      repository: z.string().optional(),
      stars: z.number().int().optional(),
      contributors: z.number().int().optional(),
      readme: z.boolean().optional(),
    })
    .optional(),
  license: z.string().optional(),
  homepage: z.string().optional(),
  tools: z
    .array(z.strictObject({ name: z.string(), description: z.string().optional() }))
    .max(500)
    .default([]),
});
export type CatalogEntry = z.output<typeof entry>;

/** One file of `config/catalog`. */
export const catalogFile = z.strictObject({ servers: z.array(entry).default([]) });
