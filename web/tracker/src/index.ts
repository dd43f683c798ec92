/** The tracker as a component, for pages that have the request already; `element.tsx` is the one for any site. */
export { Tracker, type TrackerProps } from './tracker.tsx';
export { historyOf, type HistoryLine } from './events.ts';
export { answerExpectedAt, expectedAt, nowOf, stagesOf, type Stage, type StageName, type Tracked } from './stages.ts';
export { Followed, type FollowedPhase } from './followed.ts';
export { trackerCatalogues, useTrackerText, type TrackerKey, type TrackerSpeech } from './texts.ts';
export { dayName, when } from './when.ts';
