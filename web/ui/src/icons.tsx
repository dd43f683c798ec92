// Icons as single paths on a grid of 24; a page carries only those it names.
export const alert = 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5v5M12 16h.01';
export const at = 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM16 8v5a3 3 0 0 0 6 0v-1a10 10 0 1 0-4 8';
export const back = 'm15 18-6-6 6-6';
export const archive = 'M3 4h18v5H3zM5 9v10a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1V9M10 13h4';
export const bolt = 'M13 2 3 14h9l-1 8 10-12h-9z';
export const box = 'M21 8a2 2 0 0 0-1-1.7l-7-4a2 2 0 0 0-2 0l-7 4A2 2 0 0 0 3 8v8a2 2 0 0 0 1 1.7l7 4a2 2 0 0 0 2 0l7-4a2 2 0 0 0 1-1.7zM3.3 7l8.7 5 8.7-5M12 22V12';
export const calendar = 'M5 4h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM16 2v4M8 2v4M3 10h18';
export const car = 'M19 17h2a1 1 0 0 0 1-1v-3c0-.9-.7-1.7-1.5-1.9C18.7 10.6 16 10 16 10s-1.3-1.4-2.2-2.3A3 3 0 0 0 12 7H5c-.6 0-1.1.4-1.4.9l-1.4 2.9A3.7 3.7 0 0 0 2 12v4a1 1 0 0 0 1 1h2M7 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM9 17h6M17 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4z';
export const chat = 'M7.9 20A9 9 0 1 0 4 16.1L2 22z';
export const check = 'M20 6 9 17l-5-5';
export const checks = 'M18 6 7 17l-5-5M22 10l-7.5 7.5L13 16';
export const clip = 'm21 11-9 9a6 6 0 0 1-8-8l9-9a4 4 0 0 1 5 6l-9 8a2 2 0 0 1-2-2l8-9';
export const clock = 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2';
export const down = 'm6 9 6 6 6-6';
export const eye = 'M2 12s3.5-7 10-7 10 7 10 7-3.5 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z';
export const file = 'M15 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V7zM14 2v5h6M8 13h8M8 17h5';
export const filter = 'M3 6h18M7 12h10M10 18h4';
export const hand = 'M18 11V6a2 2 0 0 0-4 0M14 10V4a2 2 0 0 0-4 0v2M10 10.5V6a2 2 0 0 0-4 0v8M18 8a2 2 0 0 1 4 0v6a8 8 0 0 1-8 8h-2c-2.8 0-4.5-.9-6-2.3l-3.6-3.6a2 2 0 0 1 2.8-2.8L7 15';
export const inbox = 'M22 12h-6l-2 3h-4l-2-3H2M5.5 5.1 2 12v6a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-6l-3.5-6.9A2 2 0 0 0 16.8 4H7.2a2 2 0 0 0-1.7 1.1z';
export const keyboard = 'M4 5h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM6 9h.01M10 9h.01M14 9h.01M18 9h.01M6 13h.01M18 13h.01M9 15h6';
export const leave = 'M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4M16 17l5-5-5-5M21 12H9';
export const level = 'M5 20v-4M12 20v-9M19 20V4';
export const list = 'M8 6h13M8 12h13M8 18h13M3 6h.01M3 12h.01M3 18h.01';
export const lock = 'M6 11h12a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2zM8 11V7a4 4 0 0 1 8 0v4';
export const mail = 'M4 4h16a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM22 7l-10 6L2 7';
export const merge = 'M7 3v6a6 6 0 0 0 6 6h8M17 11l4 4-4 4M3 21V3';
export const moon = 'M12 3a6 6 0 0 0 9 9 9 9 0 1 1-9-9z';
export const more = 'M5 12h.01M12 12h.01M19 12h.01';
export const offline = 'm2 2 20 20M8 16a6 6 0 0 1 8 0M2 9a15 15 0 0 1 4-3M11 5a15 15 0 0 1 11 4M17 11a10 10 0 0 1 2 2M5 13a10 10 0 0 1 5-3M12 20h.01';
export const panel = 'M5 4h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM15 4v16';
export const pause = 'M9 5v14M15 5v14';
export const pen = 'M12 20h9M16.5 3.5a2.1 2.1 0 0 1 3 3L7 19l-4 1 1-4z';
export const phone = 'M22 16.9v3a2 2 0 0 1-2.2 2 19.8 19.8 0 0 1-8.6-3 19.5 19.5 0 0 1-6-6 19.8 19.8 0 0 1-3.1-8.7A2 2 0 0 1 4.1 2h3a2 2 0 0 1 2 1.7c.1 1 .4 1.9.7 2.8a2 2 0 0 1-.4 2.1L8.1 9.9a16 16 0 0 0 6 6l1.3-1.3a2 2 0 0 1 2.1-.4c.9.3 1.8.6 2.8.7a2 2 0 0 1 1.7 2z';
export const play = 'm7 4 13 8-13 8z';
export const plus = 'M12 5v14M5 12h14';
export const reopen = 'M9 14 4 9l5-5M4 9h10.5a5.5 5.5 0 0 1 0 11H11';
export const retry = 'M21 12a9 9 0 1 1-2.6-6.4L21 8M21 3v5h-5';
export const right = 'm9 18 6-6-6-6';
export const search = 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20.5 20.5 16 16';
export const save = 'M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4M7 10l5 5 5-5M12 15V3';
export const escalate = 'M12 19V5M5 12l7-7 7 7M5 21h14';
export const send = 'm22 2-7 20-4-9-9-4zM22 2 11 13';
export const settings = 'M4 21v-7M4 10V3M12 21v-9M12 8V3M20 21v-5M20 12V3M1 14h6M9 8h6M17 16h6';
export const sort = 'M7 20V4M3 8l4-4 4 4M17 4v16M13 16l4 4 4-4';
export const star = 'm12 3 2.7 5.8 6.3.8-4.6 4.4 1.2 6.3L12 17.2l-5.6 3.1 1.2-6.3L3 9.6l6.3-.8z';
export const sun = 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4';
export const trash = 'M3 6h18M8 6V4a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v2M6 6l1 14a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1l1-14M10 11v6M14 11v6';
export const screen = 'M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM8 21h8M12 17v4';
export const up = 'M12 19V5M5 12l7-7 7 7';
export const user = 'M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2M12 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8z';
export const cross = 'M18 6 6 18M6 6l12 12';

export interface IconProps {
  /** One of the paths of this module. */
  readonly path: string;
  readonly size?: 'small' | 'large';
  /** A thicker stroke, for marks made of dots and bars. */
  readonly heavy?: boolean;
}

/** Decoration only: what it means is said in words beside it or on its button. */
export function Icon({ path, size, heavy }: IconProps) {
  return (
    <svg class={`icon${size ? ` ${size}` : ''}${heavy ? ' heavy' : ''}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
