import '@guichet/ui/styles/tokens.css';
import '@guichet/ui/styles/base.css';
import '@guichet/ui/styles/files.css';
import '../styles/page.css';
import '../styles/form.css';
import { show } from '../frame.tsx';
import { ContactPage } from './contact.tsx';

show(<ContactPage />);
