/** `skill_content` in any spelling that a model may take for the tag: letters may have unseen characters between them. */
const TAG = [...'skill_content'].map((letter) => `${letter}\\p{Cf}*`).join('');
const OPENING = new RegExp(`[<＜﹤](?=[\\s\\p{Cf}]*[/／∕]?[\\s\\p{Cf}]*${TAG})`, 'giu');

/** The body as a model gets it. What would end the wrapping, or begin another, is text. `name` holds nothing to escape. */
export const wrapped = (name: string, body: string): string =>
  `<skill_content name="${name}">\n${body.replace(OPENING, '&lt;').trimEnd()}\n</skill_content>`;
