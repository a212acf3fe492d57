import { z } from 'zod';
import type { Undo } from '#kernel';
import type { HttpServer, Owner } from '#plugins/http/api';
import type { SkillSummary } from './api.ts';
import type { SkillLibrary } from './library.ts';

const named = z.object({ name: z.string().min(1).max(200) });

export const addRoutes = (http: HttpServer, owner: Owner, library: SkillLibrary): readonly Undo[] => [
  http.route({
    owner,
    method: 'GET',
    path: '/api/v1/skills',
    scope: 'tools:read',
    tag: 'skills',
    summary: 'All skills, also those that wait to be trusted, and what is wrong with others.',
    handle: () => ({
      body: { version: library.version, skills: library.all.map(wire), diagnostics: library.diagnostics },
    }),
  }),
  http.route({
    owner,
    method: 'GET',
    path: '/api/v1/skills/:name',
    scope: 'tools:read',
    tag: 'skills',
    summary: 'One skill that is trusted: its text, and the names of its files.',
    params: named,
    answers: { 403: { description: 'SKILL_UNTRUSTED: it was not trusted yet.' } },
    handle: async ({ params }) => {
      const { text, files, ...summary } = await library.load(params.name);
      return { body: { ...wire(summary), text, files } };
    },
  }),
  http.route({
    owner,
    method: 'POST',
    path: '/api/v1/skills/install',
    // Not the scope of an agent: a skill is instructions, and says what agents do.
    scope: 'admin',
    tag: 'skills',
    summary: 'Installs a skill from a folder or an archive of this machine, or from a git address. Runs nothing of it.',
    body: z.strictObject({
      source: z
        .string()
        .min(1)
        .max(2_000)
        .describe('folder, .zip, .tar.gz, .tgz or git address; #NAME names one of several'),
      trust: z.boolean().default(false).describe('whether it is offered at once'),
    }),
    answers: {
      201: { description: 'It is installed.' },
      409: { description: 'SKILL_TAKEN: there is one of this name.' },
    },
    handle: async ({ body, signal }) => ({
      status: 201,
      body: wire(await library.install(body.source, { trust: body.trust, signal })),
    }),
  }),
  http.route({
    owner,
    method: 'POST',
    path: '/api/v1/skills/:name/trust',
    scope: 'admin',
    tag: 'skills',
    summary: 'Trusts the content as it is now; a change takes it back.',
    params: named,
    body: z
      .strictObject({ hash: z.string().max(64).optional().describe('of the content that was looked at') })
      .optional(),
    answers: { 409: { description: 'SKILL_CHANGED: it has another hash by now.' } },
    handle: async ({ params, body }) => {
      await library.trust(params.name, body?.hash);
      return { body: wire(library.named(params.name)) };
    },
  }),
  http.route({
    owner,
    method: 'DELETE',
    path: '/api/v1/skills/:name',
    scope: 'admin',
    tag: 'skills',
    summary: 'Removes a skill that was installed.',
    params: named,
    answers: { 409: { description: 'SKILL_NOT_INSTALLED: it belongs to the project or to a person.' } },
    handle: async ({ params }) => {
      await library.remove(params.name);
      return { status: 204 };
    },
  }),
];

const wire = ({ allowedTools, ...rest }: SkillSummary) => ({ ...rest, allowed_tools: allowedTools });
