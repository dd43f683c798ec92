import '@guichet/ui/styles/tokens.css';
import '@guichet/ui/styles/base.css';
import '@guichet/ui/styles/thread.css';
import '@guichet/ui/styles/files.css';
import './styles/page.css';
import './styles/shell.css';
import './styles/inbox.css';
import './styles/conversation.css';
import './styles/details.css';
import './styles/settings.css';
import { render } from 'preact';
import { BrowserSession } from '@guichet/sdk';
import { App } from './app.tsx';
import { applyToDocument, locale } from './preferences.ts';

applyToDocument();
const session = new BrowserSession({ language: () => locale.value });
const root = document.getElementById('console');
if (root !== null) render(<App session={session} />, root);
