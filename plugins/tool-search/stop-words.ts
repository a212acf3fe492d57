/** Words that say nothing about what a tool does: those of English, and those of asking for help. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about above after again all also am an and any are as at be because been before being below between both but by can ' +
    'could d did do does doing don down during each either etc ever every few for from further get give given had has have ' +
    'having he help her here hers him his how i if im in into is it its itself just know let like ll m make may me might more ' +
    'most must my myself need no nor not now of off on once one only onto or other our ours out over own per please re s same ' +
    'shall she should show so some such t tell than that the their theirs them then there these they this those through to too ' +
    'under until up upon us use used using ve very via want was we were what when where whether which while who whom whose why ' +
    'will with within without would you your yours yourself'
  ).split(' '),
);
