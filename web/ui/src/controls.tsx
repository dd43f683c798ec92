// Buttons, badges, skeletons, empty states.
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { Icon } from './icons.tsx';

export type Tone = 'accent' | 'danger' | 'warning' | 'success';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'primary' | 'quiet' | 'danger';
  readonly large?: boolean;
  readonly icon?: string;
  readonly type?: 'button' | 'submit';
  readonly disabled?: boolean;
}

export function Button({ look, large, icon, type = 'button', children, class: own, ...rest }: ButtonProps) {
  const classes = ['button', look, large && 'large', own].filter(Boolean).join(' ');
  return (
    <button type={type} class={classes} {...rest}>
      {icon !== undefined && <Icon path={icon} />} {children}
    </button>
  );
}

export interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does, in words: its name for screen readers and its tooltip. */
  readonly label: string;
  readonly path: string;
  readonly heavy?: boolean;
  readonly disabled?: boolean;
}

export function IconButton({ label, path, heavy, class: own, ...rest }: IconButtonProps) {
  return (
    <button type="button" class={`icon-button${own ? ` ${String(own)}` : ''}`} aria-label={label} title={label} {...rest}>
      <Icon path={path} {...(heavy ? { heavy } : {})} />
    </button>
  );
}

export interface BadgeProps {
  readonly tone?: Tone | undefined;
  readonly children: ComponentChildren;
}

export function Badge({ tone, children }: BadgeProps) {
  return (
    <span class="badge" data-tone={tone}>
      {children}
    </span>
  );
}

/** A line of text that is still to come; `width` is a share of the room, as CSS writes it. */
export function Skeleton({ width, height = '12px' }: { readonly width: string; readonly height?: string }) {
  return <i class="skeleton" style={{ inlineSize: width, blockSize: height, marginBlock: '4px' }} />;
}

export interface EmptyProps {
  readonly icon: string;
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}

/** Says what will be here and how to get it, or what happened and what to do. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div class="empty">
      <Icon path={icon} />
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}
