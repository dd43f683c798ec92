export { chooseLocale, createTranslator, locales, piecesOf, type Catalogue, type Locale, type Text, type Translator, type Values } from './i18n.ts';
export { age, stamp } from './short-time.ts';
export { createTimeFormat, type Instant, type TimeFormat, type TimeOptions } from './time.ts';
export { createSpeech, SpeechContext, useSpeech, type Speech, type UiKey } from './texts.ts';
export * as icons from './icons.tsx';
export { Icon, type IconProps } from './icons.tsx';
export { Avatar, hueOf, initials, type AvatarProps } from './person.tsx';
export { Badge, Button, Empty, IconButton, Skeleton, type BadgeProps, type ButtonProps, type Tone } from './controls.tsx';
export {
  groupWindow,
  layoutThread,
  showsReceipt,
  type DeliveryState,
  type GroupBlock,
  type ThreadBlock,
  type ThreadAside,
  type ThreadItem,
  type ThreadLine,
  type ThreadMessage,
} from './thread-layout.ts';
export { Bubble, Clock, DaySeparator, Group, Receipt, SystemLine, Thread, Typing, type MessageActions, type ThreadProps } from './thread.tsx';
export { RichText } from './rich-text.tsx';
export { parseBlocks, parseInline, type Block, type Inline } from './markdown.ts';
export { sends, useGrowing } from './composer.ts';
export { useThreadScroll, type ThreadScroll } from './thread-scroll.ts';
export { useLate, useNow } from './clock.ts';
