// A question before something is taken away for good.
import type { ComponentChildren } from 'preact';
import { Button } from '@guichet/ui';
import { Dialog } from '../shell/dialog.tsx';
import { useText } from '../texts.ts';

export interface SureProps {
  readonly title: string;
  /** What the button that does it says. */
  readonly action: string;
  readonly onClose: () => void;
  /** Called once the question is closed. */
  readonly onSure: () => void;
  readonly children: ComponentChildren;
}

export function Sure({ title, action, onClose, onSure, children }: SureProps) {
  const { t } = useText();
  const sure = () => {
    onClose();
    onSure();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button autofocus onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          <Button look="danger" onClick={sure}>
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
