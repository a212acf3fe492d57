import { definePlugin } from '#kernel';
import { HTTP_SERVER } from '#plugins/http/api';
import { LLM } from '#plugins/llm/api';
import { SKILLS } from './api.ts';
import { skillsConfig } from './config.ts';
import { type LibraryState, SkillLibrary } from './library.ts';
import { serveMcp } from './mcp.ts';
import { addRoutes } from './routes.ts';

export default definePlugin({
  name: 'skills',
  summary:
    'Skills as folders with a SKILL.md: read, judged, matched to a task, loaded step by step, installed, watched.',
  config: skillsConfig,
  optional: { llm: LLM, http: HTTP_SERVER },
  provides: { skills: SKILLS },
  stateVersion: 1,
  create({ id, generation, llm, http, config, log, signal, defer }) {
    const library = new SkillLibrary(config, llm, log, signal);
    return {
      skills: library,
      async start() {
        await library.start(signal);
        const untrusted = library.all.filter(({ trusted }) => !trusted).map(({ name }) => name);
        if (untrusted.length > 0)
          log.warn('Skills are not offered, because nobody trusts them.', {
            skills: untrusted.slice(0, 20),
            hint: 'POST /api/v1/skills/NAME/trust on a worker or server with this folder, or skills.trustProject (TRUST_SKILLS=true)',
          });
        if (http === undefined) return;
        const owner = { id, generation };
        for (const undo of addRoutes(http, owner, library)) defer(undo);
        if (config.mcp) for (const undo of serveMcp(http, owner, library, log)) defer(undo);
      },
      stop: () => library.stop(),
      health: () => ({
        ok: true,
        detail: {
          offered: library.catalog.length,
          untrusted: library.all.filter(({ trusted }) => !trusted).length,
          problems: library.diagnostics.filter(({ level }) => level === 'error').length,
        },
      }),
      exportState: () => library.handOver(),
      importState: (state: unknown) => library.takeOver(state as LibraryState),
    };
  },
});
