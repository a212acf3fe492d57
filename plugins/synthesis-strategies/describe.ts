import type { Brief } from './brief.ts';
import { proseOf } from './conditions.ts';
import { clip, oneLine, withoutMarkup } from './plain-text.ts';
import { phrases } from './words/phrases.ts';

/** Who the user is, which no other run of the task has. */
const IDENTITY =
  /^(?:and )?(?:my|the) (?:user|customer|account|member(?:ship)?|login|e-?mail|full|last|first)?\s*(?:id|name|e-?mail(?: address)?|number|phone(?: number)?|zip(?: code)?)s?\b(?: for [^.]*)? (?:is|are)\b|^i(?:'m| am) [A-Z][a-z]+ [A-Z]|^(?:我的)?(?:用户|账号|会员|邮箱|手机号|姓名|名字)/i;

/** The task in a few sentences. */
export function summaryOf(brief: Brief, most: number): string {
  if (brief.whole !== undefined) {
    const prose = proseOf(brief.whole);
    const joined = prose.map((sentence, index) =>
      index < prose.length - 1 && !/[.!?:。！？：]$/.test(sentence) ? `${sentence}.` : sentence,
    );
    return clip(withoutMarkup(joined.join(brief.chinese ? '' : ' ')), most);
  }
  const facts = brief.facts.filter((fact) => !IDENTITY.test(fact));
  const text = [...brief.goals, ...facts].join(brief.chinese ? '' : ' ');
  return clip(oneLine(text === '' ? brief.turns.map((turn) => turn.text).join(' ') : text), most);
}

/** The task as an agent gets it: what to do first, then what has to be known. */
export function taskOf(brief: Brief, most: number, goal?: string): string {
  if (brief.whole !== undefined && goal === undefined) return clip(brief.whole, most);
  const goals = goal === undefined ? brief.goals : [goal];
  const [headline, details] = goals.length > 0 ? [goals, brief.facts] : [brief.facts.slice(0, 1), brief.facts.slice(1)];
  const lines = details.filter((fact) => goal === undefined || !goal.includes(fact.replace(/[.。]$/, '')));
  const list = lines.map((line) => `- ${oneLine(line)}`).join('\n');
  return clip(
    [headline.join(brief.chinese ? '' : ' '), list === '' ? '' : `${phrases(brief.chinese).details}\n${list}`]
      .filter((part) => part !== '')
      .join('\n\n'),
    most,
  );
}
