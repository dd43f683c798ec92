import type { ComponentChildren } from 'preact';
import { IconButton } from '@guichet/ui';
import { back, cross } from '@guichet/ui/icons.tsx';
import { useTexts } from '../texts.ts';
import type { Shell } from '../shell.ts';

export interface HeaderProps {
  readonly shell: Shell;
  readonly title: string;
  readonly detail: string | null;
  /** A face or several, before the title. */
  readonly children?: ComponentChildren;
}

export function Header({ shell, title, detail, children }: HeaderProps) {
  const { t } = useTexts();
  return (
    <div class="with">
      <IconButton label={t('panel.back')} path={back} onClick={() => shell.show({ name: 'home' })} />
      {children}
      <div>
        <h2 class="truncate">{title}</h2>
        {detail !== null && <p class="meta truncate">{detail}</p>}
      </div>
      <IconButton label={t('panel.close')} path={cross} onClick={() => shell.close()} />
    </div>
  );
}
