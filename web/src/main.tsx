import './shell/nonce';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { startI18n } from './i18n';
import './shell/base.css';
import './kit/kit.css';

const root = document.getElementById('root');
if (root) {
  void startI18n().then(() => createRoot(root).render(<App />));
}
