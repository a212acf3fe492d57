/** Words that tell nothing about what a task needs: those of English, of asking for help, and Chinese pairs of the same kind. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about above after again all also am an and any are as at be because been before being below between both but by can ' +
    'could d did do does doing don down during each either etc ever every few for from further get give given had has have ' +
    'having he help her here hers him his how i if im in into is it its itself just know let like ll m make may me might more ' +
    'most must my myself need no nor not now of off on once one only onto or other our ours out over own per please re s same ' +
    'shall she should show so some such t tell than that the their theirs them then there these they this those through to too ' +
    'under until up upon us use used using ve very via want was we were what when where whether which while who whom whose why ' +
    'will with within without would you your yours yourself hi hello thanks thank looking something anything tool tools user users ' +
    '我想 想要 我要 请问 请帮 帮我 我需 需要 一下 一个 一些 可以 能否 能不 不能 是否 什么 怎么 怎样 如何 这个 那个 我们 你们 他们 ' +
    '我的 你的 给我 为我 告诉 诉我 希望 打算 现在 目前 关于 进行 以及 并且 或者 还有 因为 所以 但是 如果 的话 是的 好的 谢谢 了解 要了'
  ).split(' '),
);
